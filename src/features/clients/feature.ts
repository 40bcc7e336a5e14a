import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Clock } from "../../core/clock.ts";
import type { Feature } from "../../core/feature.ts";
import type { HttpEnv, HttpKit } from "../../core/http.ts";
import { clientChannel } from "./channels/client.ts";
import { clientRoutes } from "./routes.ts";
import type { Clients } from "./service.ts";

/** Generic client sockets (seed 003). `host`: where every one-segment path is a client id. */
export const clientsFeature = (
  clients: Clients,
  clock: Clock,
  host: string,
  http: HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>,
): Feature<OpenAPIHono<HttpEnv>> => ({
  name: "clients",
  channels: [clientChannel(clients, clock, host)],
  routes: clientRoutes(clients, http),
});
