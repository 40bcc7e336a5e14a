import { Fault } from "../../protocol/faults.ts";
import type { InboxStats } from "./messages.ts";
import { dayLength, type Span } from "./repo.ts";

/** Days of one question; without any, as many as a month has at least. */
export const maxDays = 92;
const usualDays = 30;

export interface DayRange {
  readonly from: string;
  readonly to: string;
  readonly span: Span;
  /** Every day by its number since 1970, with nothing counted yet. */
  readonly days: Map<number, InboxStats["days"][number]>;
}

/**
 * The days from `from` to `to`, both with them, as `2026-11-21` in UTC; by default the thirty up to today. Throws
 * `bad_request` with what to ask instead.
 */
export function dayRange(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  now: number,
): DayRange {
  const last = to === undefined ? Math.floor(now / dayLength) : numberOf(to);
  const first = from === undefined ? last - usualDays + 1 : numberOf(from);
  if (first > last) throw new Fault("bad_request", "from is after to: exchange them");
  const count = last - first + 1;
  if (count > maxDays)
    throw new Fault(
      "bad_request",
      `${count} days are too many: ask for ${maxDays} at most, in several parts`,
    );
  const numbers = Array.from({ length: count }, (_, n) => first + n);
  const span = { from: first * dayLength, until: (last + 1) * dayLength };
  return { from: nameOf(first), to: nameOf(last), span, days: new Map(numbers.map((n) => [n, empty(n)])) };
}

const numberOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / dayLength;
const nameOf = (day: number): string => new Date(day * dayLength).toISOString().slice(0, 10);

const empty = (day: number): InboxStats["days"][number] => ({
  day: nameOf(day),
  opened: 0,
  customer: 0,
  support: 0,
  marketing: 0,
  AI: 0,
  failed_sends: 0,
});

/** The smallest of sorted values that this share of them does not exceed (nearest rank); `null` without any. */
export const percentile = (sorted: Float64Array, share: number): number | null =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
