import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv, HttpKit } from "../../../core/http.ts";

export type Kit = HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>;
export type Routes = OpenAPIHono<HttpEnv>;

export const Id = z.object({ id: z.string().max(100) });
export const refusals = { 401: { description: "No valid token" }, 403: { description: "Not for this role" } };
export const unknown = { 404: { description: "Not there, or none of yours" } };
export const done = { 204: { description: "Done" } };
export const tags = ["inbox"];
/** Filters are read with patience: what makes no sense is as if it were not there. */
const text = z.string().max(200).optional();
export const ListQuery = z.object({
  inbox_id: text,
  status: text,
  source: text,
  priority: text,
  assigned_to: text,
  unread_only: text,
  suspected: text.describe("true: suspected ones alone; false: all others"),
  search: text.describe("Three letters or more find them anywhere in messages and names"),
  date_from: text,
  date_to: text,
  order_by: text.describe("-updated_at by default"),
  page_size: text.describe("1 to 500; 50 by default"),
  page: text,
  offset: text,
});
export const PageQuery = z.object({ page_size: text, page: text, offset: text });
