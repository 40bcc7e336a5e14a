import { type Json, listOf, numberOf, objectOf, parseObject, textOf } from "./json.ts";
import type { Words } from "./words.ts";

/** A refusal of the Graph API, its words cleaned. */
export interface MetaError {
  readonly status: number;
  readonly code: number | undefined;
  readonly subcode: number | undefined;
  readonly message: string;
  readonly transient: boolean;
  /** Milliseconds until Meta takes calls again, where it says so. */
  readonly regainAfter: number | undefined;
}

/** App, user and page limits, calls in a short time, and the business limits of Instagram and Messenger. */
const throttled = new Set([4, 17, 32, 613, 80002, 80006]);

export function metaError({ status, headers }: Response, body: Json | undefined, words: Words): MetaError {
  const error = objectOf(body?.error);
  return {
    status,
    code: numberOf(error?.code),
    subcode: numberOf(error?.error_subcode),
    message: words(textOf(error?.message) ?? `HTTP ${status}`),
    transient: error?.is_transient === true,
    regainAfter: regainAfter(headers) ?? retryAfter(headers),
  };
}

export const isTokenDead = ({ code, status }: MetaError): boolean =>
  code === 190 || (status === 401 && code === undefined);

export const isThrottled = ({ code, status }: MetaError): boolean =>
  status === 429 || (code !== undefined && throttled.has(code));

/** `{"<id>":[{"type":"messenger","estimated_time_to_regain_access":19,…}]}`, in minutes; the longest counts. */
function regainAfter(headers: Headers): number | undefined {
  const usage = parseObject(headers.get("x-business-use-case-usage") ?? "");
  const minutes = Object.values(usage ?? {})
    .flatMap(listOf)
    .map((each) => numberOf(objectOf(each)?.estimated_time_to_regain_access) ?? 0);
  return positive(Math.max(0, ...minutes) * 60_000);
}

const retryAfter = (headers: Headers): number | undefined =>
  positive((numberOf(headers.get("retry-after")) ?? 0) * 1000);

const day = 24 * 3_600_000;
const positive = (ms: number): number | undefined => (ms > 0 ? Math.min(ms, day) : undefined);
