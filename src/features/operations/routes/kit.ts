import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv, HttpKit } from "../../../core/http.ts";

export type Kit = HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>;
export type Routes = OpenAPIHono<HttpEnv>;

export const limit = z.coerce.number().int().min(1).max(1000).default(100);
export const word = z.string().min(1).max(200).optional();

export const refusals = {
  401: { description: "No valid token" },
  403: { description: "Neither staff nor admin" },
};
export const tags = ["operations"];
