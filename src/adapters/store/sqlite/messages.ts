import type { EventDraft } from "../../../core/store.ts";
import type { PackedOutcomes, PackedUnits } from "./packing.ts";

/** One statement, as it travels to the writer's thread. */
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

export interface WriterOptions {
  readonly file: string;
  /** For tests: milliseconds that every commit takes longer, as on a slow disk. */
  readonly slowCommit?: number;
  /** For tests: pages of 4 KB that the file may have, as on a full disk. */
  readonly maxPages?: number;
}

export type ToWriter =
  /** `checkpointer`: address of that thread. */
  | { readonly open: WriterOptions; readonly checkpointer: string }
  | { readonly packed: PackedUnits }
  | { readonly close: true };
export type FromWriter =
  | { readonly opened: true }
  | { readonly packed: PackedOutcomes }
  | { readonly closed: true }
  | { readonly broken: string };
