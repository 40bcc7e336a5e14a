import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { body, type HttpEnv, type HttpKit, json, security } from "../../core/http.ts";
import { asFault } from "../../protocol/faults.ts";
import type { User } from "./repo.ts";
import type { Accounts } from "./service.ts";

const Credentials = z.object({ email: z.string().min(1).max(320), password: z.string().min(1).max(1024) });
const Tokens = z.object({
  access: z.string(),
  refresh: z.string().describe("May be used again and again, until its session ends"),
});
/** Groups of staff as clients of seed 004 know them. */
const Group = z.enum(["admin", "dispatcher"]);
const LoggedIn = Tokens.extend({
  user: z.object({ id: z.number(), username: z.string(), email: z.string(), phone: z.string(), role: Group }),
  role: Group,
});
const Refused = z.object({ error: z.string() });

const loginRoute = createRoute({
  method: "post",
  path: "/api/auth/email-login",
  tags: ["accounts"],
  summary: "Log in as staff, as clients of seed 004 do",
  request: { body: body(Credentials) },
  responses: {
    200: json(LoggedIn, "Logged in"),
    401: json(Refused, "Wrong email or password"),
    403: json(Refused, "Not staff, or disabled"),
    429: json(Refused, "Too many failures; see Retry-After"),
  },
});

const refreshRoute = (path: string) =>
  createRoute({
    method: "post",
    path,
    tags: ["accounts"],
    summary: "A new access token for a refresh token, as clients of seed 004 ask for it",
    request: { body: body(z.object({ refresh: z.string().min(1).max(200) })) },
    responses: { 200: json(Tokens, "A new access token"), 401: { description: "Unknown or revoked" } },
  });

const logoutRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "post",
    path: "/api/auth/logout",
    tags: ["accounts"],
    summary: "End this session and close its sockets",
    security,
    middleware: [guard],
    responses: {
      200: json(z.object({ message: z.string() }), "Ended"),
      401: { description: "No valid token" },
    },
  });

/** The login of seed 004's clients. Theirs by SMS is not here: Peyk sends none. */
export function addSeedRoutes<R extends OpenAPIHono<HttpEnv>>(
  routes: R,
  accounts: Accounts,
  http: HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>,
): R {
  routes.openapi(loginRoute, async (c) => {
    const { email, password } = c.req.valid("json");
    try {
      const { user, login } = await accounts.loginOf(["staff", "admin"], email, password, c.env.peer.address);
      const { access_token: access, refresh_token: refresh } = login;
      return c.json({ access, refresh, ...shown(user) }, 200);
    } catch (error) {
      return refused(c, error);
    }
  });
  for (const path of ["/api/auth/refresh", "/api/auth/token/refresh"])
    routes.openapi(refreshRoute(path), async (c) => {
      const { access_token, refresh_token } = await accounts.renew(c.req.valid("json").refresh);
      return c.json({ access: access_token, refresh: refresh_token }, 200);
    });
  routes.openapi(logoutRoute(http.guard("admin", "staff", "driver", "passenger", "user")), async (c) => {
    const { id, session } = c.get("identity");
    if (session !== undefined) await accounts.endSession(Number(id), session);
    return c.json({ message: "logged out" }, 200);
  });
  return routes;
}

function shown({ id, name, email, role }: User) {
  const group = role === "admin" ? ("admin" as const) : ("dispatcher" as const);
  return { user: { id, username: name, email, phone: "", role: group }, role: group };
}

function refused(c: Context<HttpEnv>, thrown: unknown) {
  const { message: error, fault, fields } = asFault(thrown);
  if (fault === "bad_credentials") return c.json({ error }, 401);
  if (fault === "forbidden") return c.json({ error }, 403);
  if (fault === "too_many_attempts")
    return c.json({ error }, 429, { "Retry-After": String(fields?.retry_after ?? 1) });
  throw thrown;
}
