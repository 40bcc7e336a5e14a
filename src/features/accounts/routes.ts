import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, type HttpEnv, type HttpKit, json, security } from "../../core/http.ts";
import { roles } from "../../core/identity.ts";
import { asFault } from "../../protocol/faults.ts";
import type { Accounts } from "./service.ts";

const Credentials = z.object({
  username: z.string().min(1).max(320).openapi({ example: "user@example.com" }),
  password: z.string().min(1).max(1024),
});

const Login = z
  .object({
    access_token: z.string(),
    token_type: z.literal("bearer"),
    expires_in: z.number().int().describe("Seconds that the access token is good for"),
    refresh_token: z.string().describe("Works once; the answer brings the next one"),
  })
  .openapi("Login");

const Detail = z.object({ detail: z.unknown() }).openapi("Detail");
const Refresh = z.object({ refresh_token: z.string().min(1).max(200) });
const Me = z
  .object({ id: z.string(), name: z.string(), role: z.enum(roles), expires_at: z.iso.datetime().nullable() })
  .openapi("Me");

const loginRoute = createRoute({
  method: "post",
  path: "/api/v1/login/access-token",
  tags: ["accounts"],
  summary: "Log in with email and password",
  request: {
    body: { required: true, content: { "application/x-www-form-urlencoded": { schema: Credentials } } },
  },
  responses: {
    200: json(Login, "Logged in"),
    400: json(Detail, "Wrong email or password, or a disabled account"),
    422: json(Detail, "A field is missing, or the body is no form"),
    429: json(Detail, "Too many failures; see Retry-After"),
  },
});

const refreshRoute = createRoute({
  method: "post",
  path: "/api/v1/login/refresh",
  tags: ["accounts"],
  summary: "Trade a refresh token for a new access token",
  request: { body: body(Refresh) },
  responses: { 200: json(Login, "A new pair"), 401: { description: "Unknown, used or revoked" } },
});

const meRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "post",
    path: "/api/v1/login/test-token",
    tags: ["accounts"],
    summary: "Say whose token this is",
    security,
    middleware: [guard],
    responses: { 200: json(Me, "The token's identity"), 401: { description: "No valid token" } },
  });

const logoutRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "post",
    path: "/api/v1/login/logout",
    tags: ["accounts"],
    summary: "End this session and close its sockets",
    security,
    middleware: [guard],
    responses: { 204: { description: "Ended" }, 401: { description: "No valid token" } },
  });

/** HTTP of the accounts. The login answers as the original of seed 003 does: 400 and 422 with `detail`. */
export function accountRoutes(
  accounts: Accounts,
  http: HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>,
) {
  const routes = http.newRoutes();
  const anybody = http.guard("admin", "staff", "driver", "passenger", "user");

  routes.openapi(
    loginRoute,
    async (c) => {
      const { username, password } = c.req.valid("form");
      try {
        return c.json(await accounts.login(username, password, c.env.peer.address), 200);
      } catch (error) {
        const { message, row, fields } = asFault(error);
        if (row.http === 429)
          return c.json({ detail: message }, 429, { "Retry-After": String(fields?.retry_after ?? 1) });
        if (row.http === 400 || row.http === 403) return c.json({ detail: message }, 400);
        throw error;
      }
    },
    (result, c) => {
      if (result.success) return;
      const detail = result.error.issues.map(({ path, message }) => ({
        loc: ["body", ...path],
        msg: message,
        type: "value_error",
      }));
      return c.json({ detail }, 422);
    },
  );

  routes.openapi(refreshRoute, async (c) =>
    c.json(await accounts.refresh(c.req.valid("json").refresh_token), 200),
  );

  routes.openapi(meRoute(anybody), (c) => {
    const { id, name, role, expiresAt } = c.get("identity");
    return c.json(
      { id, name, role, expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString() },
      200,
    );
  });

  routes.openapi(logoutRoute(anybody), async (c) => {
    const { id, session } = c.get("identity");
    if (session !== undefined) await accounts.endSession(Number(id), session);
    return c.body(null, 204);
  });

  return routes;
}
