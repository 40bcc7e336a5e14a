import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { type HttpEnv, type HttpKit, security } from "../../../core/http.ts";
import { asFault, Fault } from "../../../protocol/faults.ts";

export type Kit = HttpKit<OpenAPIHono<HttpEnv>, MiddlewareHandler<HttpEnv>>;
export type Routes = OpenAPIHono<HttpEnv>;

/** What does not fit is 400 with `error` and a list for each field, as clients of seed 004 know it. */
export const newRoutes = (): Routes =>
  new OpenAPIHono<HttpEnv>({
    strict: false,
    defaultHook(result) {
      if (result.success) return;
      const fields = fieldsOf(result.error.issues.slice(0, 20));
      const texts = Object.entries(fields).map(([name, messages]) => `${name}: ${messages.join(", ")}`);
      throw new Fault("bad_request", texts.slice(0, 3).join("; "), { fields: { fields } });
    },
  });

function fieldsOf(issues: readonly { path: PropertyKey[]; message: string }[]): Record<string, string[]> {
  const fields: Record<string, string[]> = Object.create(null);
  for (const { path, message } of issues) {
    const name = path.join(".") || "body";
    fields[name] = [...(fields[name] ?? []), message];
  }
  return fields;
}

export const refusals = {
  400: { description: "Not possible; `error` says why" },
  401: { description: "No valid token" },
  403: { description: "Not yours, or not for this role" },
};
/** Says what a `conflict` is about, to hand to `catch`. */
export const otherwise =
  (text: string) =>
  (error: unknown): never => {
    throw asFault(error).fault === "conflict" ? new Fault("conflict", text, { cause: error }) : error;
  };

/** A moment, with its zone: a bare `10:00` is another one in each. */
export const Time = z.iso.datetime({
  offset: true,
  error:
    "must be a time with its zone, such as 2026-12-31T09:00:00Z or 2026-12-31T09:00:00+05:00 (in an address, write + as %2B)",
});
export const NumberId = z.object({ id: z.coerce.number().int().min(1) });
export const TextId = z.object({ id: z.string().max(60) });
/** Pages of seed 004's original: 20 by default, 100 at most. */
export const Page = z.object({
  page: z.coerce.number().int().min(1).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(20),
});
export const common = (middleware: MiddlewareHandler) => ({
  tags: ["dispatch"],
  security,
  middleware: [middleware] as [MiddlewareHandler],
});
/** `{count, next, previous, results}`, with addresses of the neighbouring pages. */
export function paged<T>(
  url: string,
  count: number,
  { page, page_size }: z.output<typeof Page>,
  results: T[],
) {
  const at = (number: number): string => {
    const next = new URL(url);
    next.searchParams.set("page", String(number));
    return next.pathname + next.search;
  };
  return {
    count,
    next: page * page_size < count ? at(page + 1) : null,
    previous: page > 1 ? at(page - 1) : null,
    results,
  };
}
