import { type Change, type Committed, type EventDraft, isGuarded } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";

/** One statement, as the writer runs it. */
export interface PlainWrite {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Rows that it must change, where that is a condition. */
  readonly rows?: number;
}

/** One change: all of it or nothing. */
export interface Unit {
  readonly writes: readonly PlainWrite[];
  readonly events: readonly EventDraft[];
}

export interface UnitDone {
  readonly results: readonly { rows: Record<string, unknown>[]; changed: number }[];
  /** Place in the journal of its first event; the others follow without a hole. */
  readonly firstSeq: number;
}

export interface UnitFailed {
  readonly failed: "conflict" | "unavailable" | "internal";
  readonly detail: string;
}

export type UnitOutcome = UnitDone | UnitFailed;

/** A guard that did not hold. */
export class GuardFailed extends Error {}

/** A change that somebody waits for. */
export interface Pending {
  readonly unit: Unit;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (fault: Fault) => void;
}

export function settle({ unit, resolve, reject }: Pending, outcome: UnitOutcome): void {
  if ("failed" in outcome) {
    const cause = new Error(outcome.detail);
    return reject(new Fault(outcome.failed, undefined, { cause }));
  }
  const events = unit.events.map((_, i) => ({ seq: outcome.firstSeq + i }));
  resolve({ results: outcome.results, events });
}

export const toUnit = ({ writes = [], events = [] }: Change): Unit => ({
  writes: writes.map(toPlain),
  events,
});

function toPlain(write: NonNullable<Change["writes"]>[number]): PlainWrite {
  const { sql, parameters } = (isGuarded(write) ? write.query : write).compile();
  return isGuarded(write) ? { sql, parameters, rows: write.rows } : { sql, parameters };
}
