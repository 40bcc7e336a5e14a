import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import type { Events } from "../core/events.ts";
import type { Feature } from "../core/feature.ts";
import type { HttpEnv } from "../core/http.ts";
import { randomId } from "../core/id.ts";
import { isThisMachine } from "../core/loopback.ts";
import type { Metrics } from "../core/metrics.ts";
import { refuseRequest } from "../core/receipt.ts";
import type { Router } from "../core/router.ts";
import type { Peer } from "../core/transport.ts";
import { asFault, Fault } from "../protocol/faults.ts";
import type { Check } from "../protocol/refusal.ts";
import { doctorPage } from "./doctor-page.ts";
import { documentRoutes } from "./documents.ts";
import { type HealthFacts, healthRoutes } from "./health.ts";
import { problem } from "./problem.ts";
import { widgetRoutes } from "./widget.ts";

export interface HttpDependencies {
  readonly features: readonly Feature<OpenAPIHono<HttpEnv>>[];
  readonly health: HealthFacts;
  readonly router: Router;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly allowedOrigins: readonly string[];
}

export type HttpApp = (request: Request, peer: Peer) => Response | Promise<Response>;

/** Everything that is no upgrade: the table of contents of the HTTP side. */
export function createHttp(deps: HttpDependencies): HttpApp {
  const app = new OpenAPIHono<HttpEnv>({ strict: false });
  const { allowedOrigins, features, health, metrics } = deps;
  // Before the rule for other origins, which is for the API alone.
  app.route("/", widgetRoutes());
  app.route("/", doctorPage());
  app.use(cors({ origin: allowedOrigins.length === 0 ? "*" : [...allowedOrigins] }));
  app.route("/", healthRoutes(health));
  for (const { routes } of features) if (routes !== undefined) app.route("/", routes);
  app.get("/metrics", async (c) => {
    requireOperator(c.req.raw.headers, c.env.peer);
    const { text, contentType } = await metrics.render();
    return c.text(text, 200, { "Content-Type": contentType });
  });
  app.route("/", documentRoutes(app, health.channels, health.version));
  app.get("/ws/*", (c) => refuse(deps.events, c, socketPath(deps.router, c.req.path)));
  app.notFound(() => problem(new Fault("not_found")));
  app.onError((error, c) => answerError(deps.events, c, error));
  return answer(app, deps.events);
}

/** Metrics tell how many clients there are and what goes wrong: not for strangers. */
function requireOperator(headers: Headers, peer: Peer): void {
  if (isThisMachine(headers, peer)) return;
  throw new Fault(
    "forbidden",
    "metrics are for this machine alone; scrape them from here, as http://localhost",
  );
}

/** A plain GET on a socket's path: says what to do, and whether the path is one at all. */
function socketPath(router: Router, path: string): Fault {
  const route = router.match(path, "");
  return route === undefined ? new Fault("not_found") : new Fault("upgrade_required");
}

function answerError(events: Events, c: Context<HttpEnv>, error: unknown): Response {
  const fault = toFault(error);
  if ([401, 403, 429].includes(fault.row.http)) return refuse(events, c, fault);
  if (fault.fault !== "internal") return problem(fault);
  const incident = `i_${randomId(6)}`;
  events.emit("failure", { where: "http", incident, error });
  return problem(fault, { incident });
}

/** A refusal has a receipt, as that of a socket has. */
function refuse(events: Events, { req, env }: Context<HttpEnv>, fault: Fault): Response {
  const { path, method } = req;
  const { headers, url } = req.raw;
  const query = new URL(url).searchParams;
  const request = { on: "http", method, path, query, headers, peer: env.peer } as const;
  return problem(fault, { receipt: refuseRequest(events, request, fault, checkOf(fault)) });
}

/** Which check it was, of those that a request can fail. */
function checkOf({ row, expected }: Fault): Check {
  if (row.http === 401) return "token";
  if (row.http === 404) return "route";
  if (row.http === 426) return "handshake";
  if (row.http === 429) return "limit";
  return expected?.roles === undefined ? "access" : "role";
}

/** Hono's own refusals are about bodies that cannot be parsed; their texts are safe to show. */
const toFault = (error: unknown): Fault =>
  error instanceof HTTPException && error.status < 500
    ? new Fault("bad_body", error.message)
    : asFault(error);

const answer =
  (app: OpenAPIHono<HttpEnv>, events: Events): HttpApp =>
  async (request, peer) => {
    const started = performance.now();
    const response = await app.fetch(request, { peer });
    const { pathname: path } = new URL(request.url);
    const ms = Math.round(performance.now() - started);
    events.emit("http.answered", {
      method: request.method,
      path,
      status: response.status,
      ms,
      peer: peer.address,
    });
    return response;
  };
