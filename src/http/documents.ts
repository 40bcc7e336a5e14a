import { OpenAPIHono } from "@hono/zod-openapi";
import type { Channel } from "../core/channel.ts";
import type { HttpEnv } from "../core/http.ts";
import { asyncapi } from "./asyncapi.ts";
import { docsPage } from "./docs-page.ts";
import { openapi } from "./openapi.ts";

/** The documents, made from what the program checks: they cannot be out of date. Made at the first question. */
export function documentRoutes(
  app: OpenAPIHono<HttpEnv>,
  channels: readonly Channel[],
  version: string,
): OpenAPIHono<HttpEnv> {
  const routes = new OpenAPIHono<HttpEnv>();
  const http = once(() => openapi(app, version));
  const sockets = once(() => asyncapi(version, channels));
  const page = once(() => docsPage(version, channels, http() as never));
  routes.get("/openapi.json", (c) => c.json(http()));
  routes.get("/asyncapi.json", (c) => c.json(sockets()));
  routes.get("/docs", (c) => c.html(page()));
  routes.get("/", (c) => c.redirect("/docs"));
  return routes;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
