import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json, security } from "../../../core/http.ts";
import { iso } from "../events.ts";
import type { Devices } from "../service.ts";
import { type Kit, type Routes, refusals, tags } from "./kit.ts";

const Tokens = z
  .object({
    status: z.literal("success"),
    pico_tokens: z.array(z.string()),
    esp32cam_tokens: z.array(z.string()),
    timestamp: z.string().describe("ISO 8601 without a zone; UTC"),
    message: z.string(),
  })
  .openapi("PublicTokens");

const tokensRoute = createRoute({
  method: "get",
  path: "/public/tokens",
  summary: "Tokens that all boards of a kind share; who gets them is the setting PUBLIC_TOKENS",
  responses: { 200: json(Tokens, "The tokens"), 403: { description: "No pairing window is open" } },
  tags,
});

const Window = z.object({ minutes: z.number().min(0).max(1440).default(10).describe("0 closes the window") });
const Opened = z.object({ open_until: z.iso.datetime() });

const pairRoute = (middleware: [MiddlewareHandler]) =>
  createRoute({
    method: "post",
    path: "/api/devices/pairing",
    summary: "Let everybody ask for the common tokens for some minutes",
    request: { body: body(Window) },
    responses: { 200: json(Opened, "Open until then"), ...refusals },
    ...{ tags, security, middleware },
  });

export function addPairingRoutes(app: Routes, { pairing }: Devices, { guard }: Kit): void {
  app.openapi(tokensRoute, async (c) => {
    const answer = await pairing.tokens(c.req.raw.headers, c.env.peer);
    return c.json(answer, 200, { "Cache-Control": "no-store" });
  });
  app.openapi(pairRoute([guard("admin")]), async (c) => {
    const until = await pairing.open(c.req.valid("json").minutes * 60_000);
    return c.json({ open_until: iso(until) }, 200);
  });
}
