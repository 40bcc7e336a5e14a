import type { PackedOutcomes, PackedUnits } from "./packing.ts";

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
