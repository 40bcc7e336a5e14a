import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, type HttpEnv, type HttpKit, json, security } from "../../core/http.ts";
import type { Clients } from "./service.ts";

const Client = z
  .object({
    client_id: z.string(),
    user_id: z.string().nullable(),
    name: z.string().nullable(),
    connected_at: z.iso.datetime(),
    client: z.string().describe("User-Agent"),
  })
  .openapi("Client");

const Page = z.object({
  user_id: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
});

const Target = z.union([
  z.strictObject({ client_id: z.string().min(1).max(128), user_id: z.string().min(1).max(200).optional() }),
  z.strictObject({ user_id: z.string().min(1).max(200) }),
  z.strictObject({ all: z.literal(true) }),
]);

const Send = z
  .object({
    to: Target,
    data: z.unknown().describe("Any JSON; it arrives as `data` of a `message` (or `notice`)"),
    durable: z.boolean().default(true).describe("Kept for who is away; false: now or never"),
  })
  .openapi("Send");

const Sent = z
  .object({
    message_id: z.string(),
    connections: z.number().int().describe("Connections that it was sent to at once"),
    cursor: z.string().nullable().describe("Place in the journal; null where nothing is kept"),
  })
  .openapi("Sent");

const refusals = { 401: { description: "No valid token" }, 403: { description: "Neither staff nor admin" } };

const listRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "get",
    path: "/api/clients",
    tags: ["clients"],
    summary: "Who is connected, by client id and user",
    security,
    middleware: [guard],
    request: { query: Page },
    responses: {
      200: json(z.object({ count: z.number().int(), clients: z.array(Client) }), "A page"),
      ...refusals,
    },
  });

const userRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "get",
    path: "/api/clients/users/{user_id}",
    tags: ["clients"],
    summary: "Whether a user is online, and through which clients",
    security,
    middleware: [guard],
    request: { params: z.object({ user_id: z.string().max(200) }) },
    responses: {
      200: json(
        z.object({ user_id: z.string(), online: z.boolean(), client_ids: z.array(z.string()) }),
        "His presence",
      ),
      ...refusals,
    },
  });

const sendRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "post",
    path: "/api/clients/send",
    tags: ["clients"],
    summary: "Send to a client, to all sockets of a user, or to all",
    security,
    middleware: [guard],
    request: { body: body(Send) },
    responses: {
      200: json(Sent, "On its way; on disk, if durable"),
      404: { description: "This client is not connected and its user is not named" },
      422: { description: "The body does not fit" },
      ...refusals,
    },
  });

/** HTTP of the generic clients: for another back end that uses Peyk as its push server. */
export function clientRoutes(
  clients: Clients,
  http: HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>,
) {
  const routes = http.newRoutes();
  const staff = http.guard("staff");

  routes.openapi(listRoute(staff), async (c) => {
    const { user_id, limit, offset } = c.req.valid("query");
    const all = await clients.list(user_id);
    return c.json({ count: all.length, clients: all.slice(offset, offset + limit) }, 200);
  });

  routes.openapi(userRoute(staff), async (c) => {
    const { user_id } = c.req.valid("param");
    const client_ids = (await clients.list(user_id)).map(({ client_id }) => client_id);
    return c.json({ user_id, online: client_ids.length > 0, client_ids }, 200);
  });

  routes.openapi(sendRoute(staff), async (c) => {
    const { to, data, durable } = c.req.valid("json");
    return c.json(await clients.send(to, data, durable), 200);
  });

  return routes;
}
