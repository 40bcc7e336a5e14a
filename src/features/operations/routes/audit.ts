import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { json, security } from "../../../core/http.ts";
import type { Audit } from "../audit.ts";
import { AuditEntry } from "../messages.ts";
import { type Kit, limit, type Routes, refusals, tags, word } from "./kit.ts";

const Entry = AuditEntry.openapi("AuditEntry");
const Filter = z.object({
  limit,
  before: z.coerce.number().int().min(1).optional().describe("An entry's id: only older ones"),
  who: word,
  what: word,
  target: word,
});

const listRoute = (middleware: [MiddlewareHandler]) =>
  createRoute({
    method: "get",
    path: "/api/audit",
    summary: "What staff did, newest first",
    request: { query: Filter },
    responses: { 200: json(z.object({ entries: z.array(Entry) }), "A page"), ...refusals },
    ...{ tags, security, middleware },
  });

export function addAuditRoutes(app: Routes, audit: Audit, { guard }: Kit): void {
  app.openapi(listRoute([guard("staff")]), async (c) =>
    c.json({ entries: await audit.page(c.req.valid("query")) }, 200),
  );
}
