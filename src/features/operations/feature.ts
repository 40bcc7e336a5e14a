import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Core } from "../../core/core.ts";
import type { Feature } from "../../core/feature.ts";
import type { HttpEnv } from "../../core/http.ts";
import type { Audit } from "./audit.ts";
import { tapChannel } from "./channels/tap.ts";
import { Inspector } from "./inspector.ts";
import { addAuditRoutes } from "./routes/audit.ts";
import { addConnectionRoutes } from "./routes/connections.ts";
import type { Kit } from "./routes/kit.ts";
import { addRefusalRoutes } from "./routes/refusals.ts";
import { Taps } from "./taps.ts";

/** What operators need: why somebody was refused, who is connected, what is said there, and who of them did what. */
export function operationsFeature(
  core: Pick<Core, "connections" | "refusals" | "options">,
  audit: Audit,
  maxTaps: number,
  http: Kit,
): Feature<OpenAPIHono<HttpEnv>> {
  const { connections, refusals, options } = core;
  const { clock, limits } = options;
  const inspector = new Inspector({ connections, audit, clock });
  const { maxOutboxBytes } = limits;
  const taps = new Taps({ connections, inspector, audit, clock, maxTaps, maxOutboxBytes });
  const routes = http.newRoutes();
  addRefusalRoutes(routes, refusals, http);
  addConnectionRoutes(routes, inspector, http);
  addAuditRoutes(routes, audit, http);
  return {
    name: "operations",
    channels: [tapChannel(taps)],
    routes,
    jobs: [{ name: "operations.prune_audit", every: 3_600_000, run: () => audit.prune() }],
  };
}
