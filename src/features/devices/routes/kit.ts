import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv, HttpKit } from "../../../core/http.ts";

export type Kit = HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>;
export type Routes = OpenAPIHono<HttpEnv>;

export const DeviceId = z.object({ id: z.string().max(100).normalize("NFC") });

export const Page = (limit: number) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(1000).default(limit),
    offset: z.coerce.number().int().min(0).default(0),
  });

export const refusals = {
  401: { description: "No valid token" },
  403: { description: "Neither staff nor admin" },
};
export const unknown = { 404: { description: "No such device, or not of it" } };
export const tags = ["devices"];
