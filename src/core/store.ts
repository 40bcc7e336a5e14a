import type { Kysely } from "kysely";

/** A query that Kysely built and nobody ran yet. */
export interface Compilable {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] };
}

/** A write that must change exactly this many rows, or the whole change is undone with the fault `conflict`. */
export interface Guarded {
  readonly query: Compilable;
  readonly rows: number;
}

/** An event to be kept: the message's frame, to be told to the followers of a topic once it is on disk. */
export interface EventDraft {
  readonly topic: string;
  readonly type: string;
  readonly frame: string;
}

/** Everything that belongs together: all of it is on disk, or none. */
export interface Change {
  readonly writes?: readonly (Compilable | Guarded)[];
  readonly events?: readonly EventDraft[];
}

export interface WriteResult {
  /** Rows of a `returning` clause; empty without one. */
  readonly rows: readonly Record<string, unknown>[];
  readonly changed: number;
}

export interface Committed {
  readonly results: readonly WriteResult[];
  /** Place in the journal of each event, in the order of the drafts. */
  readonly events: readonly { readonly seq: number }[];
}

/**
 * What survives a restart. A change is a list of writes that succeed together, not an open transaction: read, decide,
 * write with a guard, and on `conflict` read again. So changes of one moment can share one fsync, and nobody can hold
 * a lock while he waits for something else.
 */
export interface Store<Tables = unknown> {
  /** For reading. Writes through it are refused: they belong in `commit`. */
  readonly db: Kysely<Tables>;
  /**
   * Resolves when the change is on disk, in the order of the calls. Rejects with the Fault `conflict` (a guard or a
   * unique key) or `unavailable` (disk full, store gone); then nothing of it happened. One case is left in which nobody
   * knows: the network to a database broke after the commit was sent, and for ten seconds nobody could ask what became
   * of it. That is `unavailable`, too, with a cause that says so; it may be there, and its events are told by the
   * journal when they are found. So who repeats a change must give it a name of its own (`client_message_id`,
   * `command_id`, a unique key), as for any answer that gets lost.
   */
  commit(change: Change): Promise<Committed>;
  /** Reads one state: what `read` sees does not change while it runs. */
  snapshot<T>(read: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export const isGuarded = (write: Compilable | Guarded): write is Guarded => "rows" in write;
