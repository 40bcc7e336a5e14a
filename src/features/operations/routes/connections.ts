import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { json, security } from "../../../core/http.ts";
import { Fault } from "../../../protocol/faults.ts";
import type { Inspector } from "../inspector.ts";
import { ConnectionView } from "../messages.ts";
import { type Kit, limit, type Routes, refusals, tags, word } from "./kit.ts";

const View = ConnectionView.openapi("Connection");
const Id = z.object({ id: z.string().max(40) });
const Filter = z.object({
  channel: word,
  identity: word.describe("An identity's id, or `anonymous`"),
  peer: word,
  path: word.describe("How the path begins"),
});
const Page = Filter.extend({ limit, offset: z.coerce.number().int().min(0).default(0) });
const reason = z
  .string()
  .trim()
  .min(1)
  .max(60)
  // It goes into a close frame and a log.
  .regex(/^[^\p{Cc}]*$/u, "must be one line")
  .optional()
  .describe("Told to the client; 123 bytes of a close frame are all there is");
const Several = z.object({ identity: word, peer: word, channel: word, reason });

const unknown = { 404: { description: "No such connection is open here" } };

const routes = {
  list: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/connections",
      summary: "The open connections of this node, the oldest first",
      request: { query: Page },
      responses: {
        200: json(z.object({ count: z.number().int(), connections: z.array(View) }), "A page"),
        ...refusals,
      },
      ...{ tags, security, middleware },
    }),
  one: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/connections/{id}",
      summary: "One open connection",
      request: { params: Id },
      responses: { 200: json(View, "The connection"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  kick: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "delete",
      path: "/api/connections/{id}",
      summary: "Close a connection with the fault `kicked`; audited",
      request: { params: Id, query: z.object({ reason }) },
      responses: { 200: json(View, "As it was"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  kickAll: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "delete",
      path: "/api/connections",
      summary: "Close all connections of an identity, an address or a channel; audited",
      request: { query: Several },
      responses: {
        200: json(z.object({ kicked: z.number().int() }), "How many"),
        422: { description: "Nothing says which" },
        ...refusals,
      },
      ...{ tags, security, middleware },
    }),
};

export function addConnectionRoutes(app: Routes, inspector: Inspector, { guard }: Kit): void {
  const staff: [MiddlewareHandler] = [guard("staff")];

  app.openapi(routes.list(staff), (c) => {
    const { limit, offset, ...filter } = c.req.valid("query");
    return c.json(inspector.page(filter, limit, offset), 200);
  });
  app.openapi(routes.one(staff), (c) => c.json(inspector.view(inspector.live(c.req.valid("param").id)), 200));
  app.openapi(routes.kick(staff), async (c) => {
    const { reason } = c.req.valid("query");
    return c.json(await inspector.kick(c.req.valid("param").id, c.get("identity"), reason), 200);
  });
  app.openapi(routes.kickAll(staff), async (c) => {
    const { reason, ...filter } = c.req.valid("query");
    if (Object.values(filter).every((each) => each === undefined))
      throw new Fault("bad_body", "name an identity, a peer or a channel: nobody kicks everybody by mistake");
    return c.json({ kicked: await inspector.kickAll(filter, c.get("identity"), reason) }, 200);
  });
}
