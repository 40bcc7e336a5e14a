import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Guard, HttpEnv, HttpKit } from "../core/http.ts";
import { type Authenticate, credentialOf, hasRole, type Identity } from "../core/identity.ts";
import { Fault } from "../protocol/faults.ts";

const noQuery = new URLSearchParams();

/** Hears of every request that somebody with a token made, and that was answered well. */
export type Witness = (identity: Identity, method: string, path: string) => Promise<void>;

/** Lets the given roles through. Tokens in queries are for what has no choice: sockets and pictures in pages. */
const guardBy =
  (authenticate: Authenticate, witness: Witness, takesQuery: boolean): Guard<MiddlewareHandler<HttpEnv>> =>
  (...roles) =>
  async (c, next) => {
    const { headers } = c.req.raw;
    const upgrade = { path: c.req.path, query: noQuery, headers, host: "", peer: c.env.peer };
    const query = takesQuery ? new URL(c.req.url).searchParams : noQuery;
    const identity = await authenticate(credentialOf(headers, query), upgrade);
    if (identity === undefined) throw new Fault("unauthorized", undefined, { expected: { roles } });
    const { role } = identity;
    if (!hasRole(identity, roles))
      throw new Fault("forbidden", `this needs the role ${roles.join(" or ")}`, {
        expected: { roles, role },
      });
    c.set("identity", identity);
    await next();
    if (c.res.ok) await witness(identity, c.req.method, c.req.path);
  };

const newRoutes = () =>
  new OpenAPIHono<HttpEnv>({
    strict: false,
    defaultHook(result) {
      if (result.success) return;
      const issues = result.error.issues
        .slice(0, 3)
        .map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
      throw new Fault("bad_body", issues.join("; "));
    },
  });

export const httpKit = (
  authenticate: Authenticate,
  witness: Witness,
): HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>> => ({
  newRoutes,
  guard: guardBy(authenticate, witness, false),
  mediaGuard: guardBy(authenticate, witness, true),
});
