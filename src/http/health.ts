import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Channel } from "../core/channel.ts";
import { type Check, type Finding, type Health, worst } from "../core/health.ts";
import type { HttpEnv } from "../core/http.ts";
import { type Authenticate, credentialOf, hasRole } from "../core/identity.ts";
import { isThisMachine } from "../core/loopback.ts";
import type { Peer } from "../core/transport.ts";

export interface HealthFacts {
  readonly health: Health;
  /** Without these it cannot serve. */
  readonly checks: readonly Check[];
  /** What else an operator should know; it serves all the same. */
  readonly notices: readonly Check[];
  readonly channels: readonly Channel[];
  readonly authenticate: Authenticate;
  /** How nodes are connected: `memory` or `redis`. */
  readonly broker: string;
  readonly version: string;
}

const Verdict = z.enum(["ok", "warning", "error"]);
const Report = z
  .object({
    status: Verdict,
    server_type: z.literal("peyk"),
    asgi_application: z.boolean().describe("The server answers; the name is that of the clients of seed 004"),
    channels_configured: z.boolean(),
    websocket_routing: z.boolean().describe("A socket to /ws/test/ was opened just now, and it greeted"),
    recommendations: z.array(z.string()).describe("What to do; empty when the status is ok"),
    websocket_test_endpoint: z.string(),
    websocket_test_info: z.string(),
    version: z.string().optional().describe("From here on: loopback or staff only"),
    channel_layer: z.string().optional(),
    channel_layer_available: z.boolean().optional(),
    asgi_application_path: z.string().optional(),
    websocket_endpoints: z.array(z.string()).optional(),
    findings: z
      .array(
        z.object({
          check: z.string(),
          verdict: Verdict,
          saw: z.string(),
          fix: z.string(),
          cause: z.string().optional().describe("Its name in the doctor's catalogue"),
          facts: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
        }),
      )
      .optional(),
  })
  .openapi("WebSocketHealth");

const healthRoute = createRoute({
  method: "get",
  // Served with and without the slash at the end: the app is not strict about it.
  path: "/api/websocket/health",
  tags: ["health"],
  summary: "Whether WebSocket works here, checked now, and what to do if not",
  responses: { 200: { content: { "application/json": { schema: Report } }, description: "The findings" } },
});

const Status = z.object({ status: z.string() });
const simple = (path: string, summary: string) =>
  createRoute({
    method: "get",
    path,
    tags: ["health"],
    summary,
    responses: {
      200: { content: { "application/json": { schema: Status } }, description: "Yes" },
      503: { content: { "application/json": { schema: Status } }, description: "Not now" },
    },
  });

/** Health that says ok only when it is. Details are for loopback and staff; the rest is for everybody (DESIGN 6). */
export function healthRoutes(facts: HealthFacts): OpenAPIHono<HttpEnv> {
  const routes = new OpenAPIHono<HttpEnv>();
  routes.openapi(simple("/health", "Whether the process answers"), (c) => c.json({ status: "ok" }, 200));
  routes.openapi(simple("/ready", "Whether it can serve: store and sockets work"), async (c) => {
    const status = worst(await facts.health.findings(facts.checks));
    return status === "error" ? c.json({ status }, 503) : c.json({ status }, 200);
  });
  routes.openapi(healthRoute, async (c) => {
    const found = await facts.health.findings([...facts.checks, ...facts.notices]);
    const detailed = await mayKnow(facts.authenticate, c.req.raw.headers, c.env.peer);
    return c.json(report(facts, found, detailed), 200);
  });
  return routes;
}

/** Details are for whoever sits at this machine, and for staff. */
async function mayKnow(authenticate: Authenticate, headers: Headers, peer: Peer): Promise<boolean> {
  if (isThisMachine(headers, peer)) return true;
  const query = new URLSearchParams();
  const credential = credentialOf(headers, query);
  if (credential === undefined) return false;
  try {
    const identity = await authenticate(credential, { path: "", query, headers, host: "", peer });
    return identity !== undefined && hasRole(identity, ["staff"]);
  } catch {
    return false;
  }
}

function report(facts: HealthFacts, found: readonly Finding[], detailed: boolean): z.input<typeof Report> {
  const isOk = (check: string) => found.some((each) => each.check === check && each.verdict !== "error");
  const wrong = found.filter(({ verdict }) => verdict !== "ok");
  return {
    status: worst(found),
    server_type: "peyk",
    asgi_application: true,
    channels_configured: isOk("store"),
    websocket_routing: isOk("websocket"),
    recommendations: wrong.map(({ check, fix }) =>
      detailed ? fix : `${check}: ask the operator to look at this page from the server`,
    ),
    websocket_test_endpoint: "/ws/test/",
    websocket_test_info:
      "Open it with any WebSocket client; it greets with test_message and answers ping with pong.",
    ...(detailed ? details(facts, found) : {}),
  };
}

const details = ({ version, broker, channels }: HealthFacts, found: readonly Finding[]) => ({
  version,
  channel_layer: broker,
  channel_layer_available: true,
  asgi_application_path: "peyk serve",
  websocket_endpoints: channels.map(({ path }) => path.replace(/^\//, "").replace(/:\w+/g, "{param}")),
  findings: [...found],
});
