import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { json, security } from "../../../core/http.ts";
import type { Identity } from "../../../core/identity.ts";
import { maxDays } from "../days.ts";
import { InboxStats } from "../messages.ts";
import type { Inbox } from "../service.ts";
import { Id, type Kit, type Routes, refusals, tags, unknown } from "./kit.ts";

const Range = z.object({
  from: z.iso.date().optional().describe("The first day, as 2026-11-21; by default 29 days before `to`"),
  to: z.iso.date().optional().describe("The last day; by default today"),
});

const statsRoute = (middleware: [MiddlewareHandler]) =>
  createRoute({
    method: "get",
    path: "/api/inboxes/{id}/stats",
    summary: `How an inbox does, day by day in UTC; at most ${maxDays} days at once`,
    request: { params: Id, query: Range },
    responses: {
      200: json(InboxStats, "Counts of the days, and of now"),
      400: { description: `More than ${maxDays} days, or none` },
      ...refusals,
      ...unknown,
    },
    ...{ tags, security, middleware },
  });

/** For members of the inbox, and for administrators; to all others it does not exist. */
export function addStatsRoutes(app: Routes, { stats, access, inboxes }: Inbox, { guard }: Kit): void {
  const visible = ({ id: user, role }: Identity, inbox: string) =>
    role === "admin" ? inboxes.row(inbox) : access.inbox(user, inbox);

  app.openapi(statsRoute([guard("user", "staff")]), async (c) => {
    const { id } = await visible(c.get("identity"), c.req.valid("param").id);
    return c.json(await stats.of(id, c.req.valid("query")), 200);
  });
}
