import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { json, security } from "../../../core/http.ts";
import { LogLine } from "../events.ts";
import { levelName } from "../logs.ts";
import type { Devices } from "../service.ts";
import { DeviceId, type Kit, type Routes, refusals, tags, unknown } from "./kit.ts";

const time = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional();
const Filter = z.object({
  level: z
    .string()
    .max(200)
    .transform((text) => text.split(",").map(levelName))
    .optional()
    .describe("One level or several: error,warning"),
  since: time.describe("From this time on (ISO 8601)"),
  until: time.describe("Up to, and without, this time"),
  before: z.coerce.number().int().optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const LogPage = z.object({
  logs: z.array(LogLine).describe("Newest first"),
  next: z.number().int().nullable().describe("Hand it in as `before` for older lines; null: there are none"),
});

const logsRoute = (middleware: [MiddlewareHandler]) =>
  createRoute({
    method: "get",
    path: "/api/devices/{id}/logs",
    summary: "What a device logged, newest first",
    request: { params: DeviceId, query: Filter },
    responses: { 200: json(LogPage, "A page"), ...refusals, ...unknown },
    ...{ tags, security, middleware },
  });

export function addLogRoutes(app: Routes, devices: Devices, { guard }: Kit): void {
  app.openapi(logsRoute([guard("staff")]), async (c) => {
    const { id: device } = await devices.row(c.req.valid("param").id);
    const { level: levels, limit, ...range } = c.req.valid("query");
    // One more than asked for tells whether there are older ones.
    const lines = await devices.logs.page({ device, levels, ...range, limit: limit + 1 });
    const logs = lines.slice(0, limit);
    return c.json({ logs, next: lines.length > limit ? logs.at(-1)!.id : null }, 200);
  });
}
