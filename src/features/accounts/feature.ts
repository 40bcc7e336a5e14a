import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Connections } from "../../core/connections.ts";
import type { Events } from "../../core/events.ts";
import type { Feature } from "../../core/feature.ts";
import type { HttpEnv, HttpKit } from "../../core/http.ts";
import type { Hub } from "../../core/hub.ts";
import { Fault } from "../../protocol/faults.ts";
import { accountsTopic, Revoked } from "./messages.ts";
import { accountRoutes } from "./routes.ts";
import { addSeedRoutes } from "./seed-routes.ts";
import type { Accounts } from "./service.ts";

/** Users and logins: routes, and the end of the sockets of whoever is revoked, on every node. */
export function accountsFeature(
  accounts: Accounts,
  http: HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>,
  node: { hub: Hub; connections: Connections; events: Events },
): Feature<OpenAPIHono<HttpEnv>> {
  node.hub.join(accountsTopic, { deliver: ({ data }) => closeRevoked(node, String(data)) });
  return {
    name: "accounts",
    routes: addSeedRoutes(accountRoutes(accounts, http), accounts, http),
    jobs: [{ name: "accounts.forget_sessions", every: 3_600_000, run: () => accounts.forgetOldSessions() }],
  };
}

function closeRevoked(
  { connections, events }: { connections: Connections; events: Events },
  frame: string,
): void {
  const { user_id: user, session_id: session } = Revoked.parse(JSON.parse(frame));
  const ended = connections
    .of(user)
    .filter(({ identity }) => session === null || identity.session === session);
  for (const connection of ended) connection.close(new Fault("token_revoked"));
  events.emit("session.revoked", {
    user,
    ...(session === null ? {} : { session }),
    connections: ended.length,
  });
}
