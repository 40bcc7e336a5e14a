import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { json, security } from "../../../core/http.ts";
import type { Refusals } from "../../../core/refusals.ts";
import { Fault } from "../../../protocol/faults.ts";
import { FaultWord, RefusalStory } from "../messages.ts";
import { type Kit, limit, type Routes, refusals, tags, word } from "./kit.ts";

const Story = RefusalStory.openapi("Refusal");
const Filter = z.object({
  limit,
  before: word.describe("A receipt: only older ones"),
  fault: FaultWord.optional(),
  path: word.describe("How the path begins"),
  peer: word,
});
const Page = z.object({
  kept: z.number().int().describe("Refusals that are kept, of the last 10,000"),
  since: z.iso.datetime().describe("Nothing older is known: the server started then"),
  refusals: z.array(Story),
});

const routes = {
  list: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/refusals",
      summary: "The last refusals, newest first, each with the check that failed",
      request: { query: Filter },
      responses: { 200: json(Page, "A page"), ...refusals },
      ...{ tags, security, middleware },
    }),
  one: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/refusals/{id}",
      summary: "The story of one refusal, by the receipt in its close reason or body",
      request: { params: z.object({ id: z.string().max(40) }) },
      responses: { 200: json(Story, "The story"), 404: { description: "Not kept (any more)" }, ...refusals },
      ...{ tags, security, middleware },
    }),
};

export function addRefusalRoutes(app: Routes, known: Refusals, { guard }: Kit): void {
  const staff: [MiddlewareHandler] = [guard("staff")];
  const since = new Date(known.since).toISOString();

  app.openapi(routes.list(staff), (c) =>
    c.json({ kept: known.size, since, refusals: known.page(c.req.valid("query")).map(mutable) }, 200),
  );
  app.openapi(routes.one(staff), (c) => {
    const { id } = c.req.valid("param");
    const found = known.find(id);
    if (found !== undefined) return c.json(mutable(found), 200);
    throw new Fault(
      "not_found",
      `no refusal ${id} is kept; there are ${known.size} since the start at ${since}. Look for it in the log`,
    );
  });
}

/** What zod makes of a record is not read-only. */
const mutable = <S extends { readonly expected: object }>(story: S) => ({
  ...story,
  expected: { ...story.expected },
});
