import type { Kysely } from "kysely";
import { withCursor } from "../protocol/codec.ts";
import type { Publication } from "./broker.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { Events } from "./events.ts";
import type { JournalTables } from "./journal-tables.ts";
import type { Change, EventDraft, Store, WriteResult } from "./store.ts";
import { TopicIndex } from "./topic-index.ts";

/** An event as the journal keeps it, its frame already carrying the cursor. */
export interface JournalEvent {
  readonly seq: number;
  readonly topic: string;
  readonly type: string;
  readonly frame: string;
}

export interface Retention {
  /** Milliseconds that an event is kept at least, as long as `maxEvents` allows. */
  readonly maxAge: number;
  readonly maxEvents: number;
}

interface Dependencies {
  readonly store: Store<JournalTables>;
  readonly clock: Clock;
  readonly events: Events;
  /** Tells this node's followers; the journal calls it strictly in the order of `seq`. */
  readonly deliver: (publication: Publication) => void;
  /** Tells the other nodes. */
  readonly announce: (publication: Publication) => void;
}

/** How often the store is asked for events that nobody announced: another process's, or a lost announcement's. */
const pollMs = 400;
const page = 200;
const pruneStep = 1000;

/**
 * The one ordered stream of everything that must not be lost. A change and its events are one transaction; followers
 * hear of an event only once it is on disk, and strictly in the order of `seq`, which has no holes. So a missing
 * number is noticed at once, filled from the store, and a cursor means: everything up to here.
 */
export class Journal {
  readonly #deps: Dependencies;
  readonly #topics: TopicIndex;
  #epoch = "";
  #head = 0;
  /** Events that arrived while an earlier one is still being read from the store. */
  readonly #held = new Map<number, Publication>();
  #filling = false;
  /** The newest change that is being written here. What is on disk of such changes is told by them: it is no gap. */
  #writing: Promise<unknown> = Promise.resolve();
  #isPolling = false;
  #isPollFailing = false;
  #pollTimer: Cancel = () => {};

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#topics = new TopicIndex(deps);
  }

  async start(): Promise<void> {
    const state = await this.#state(this.#deps.store.db);
    this.#epoch = state.epoch;
    this.#head = state.head;
    await this.#topics.start(state.head);
    this.#pollTimer = this.#deps.clock.every(pollMs, () => void this.#poll());
  }

  stop(): void {
    this.#pollTimer();
  }

  /** The newest event that this node's followers were told of. */
  get head(): number {
    return this.#head;
  }

  /** What a client keeps and hands back as `?since=`. Opaque to clients. */
  cursor(seq: number): string {
    return `${this.#epoch}-${seq}`;
  }

  /** A client's cursor as a place in this journal; `undefined` for one of another database, or for junk. */
  place(cursor: string): number | undefined {
    const [epoch, seq, ...rest] = cursor.split("-");
    if (epoch !== this.#epoch || rest.length > 0 || !/^\d{1,15}$/.test(seq ?? "")) return undefined;
    return Number(seq);
  }

  /**
   * Writes a change with its events and tells the followers. Resolves when it is on disk and told.
   * Rejects as `Store.commit` does; then nothing happened and nobody was told.
   */
  async commit(change: Change): Promise<{ results: readonly WriteResult[]; cursors: readonly string[] }> {
    const written = this.#deps.store.commit(change);
    this.#writing = written;
    const { results, events } = await written;
    const drafts = change.events ?? [];
    return { results, cursors: events.map(({ seq }, i) => this.#announce(drafts[i]!, seq)) };
  }

  /** Tells an event that is on disk to everybody. Returns its cursor. */
  #announce({ topic, type, frame }: EventDraft, seq: number): string {
    const cursor = this.cursor(seq);
    const publication = { seq, topic, type, frame: withCursor(frame, cursor) };
    this.receive(publication);
    this.#deps.announce(publication);
    return cursor;
  }

  /** An event is on disk, here or told by another node. Delivers it, after what is missing before it. */
  receive(publication: Publication): void {
    const seq = publication.seq!;
    if (seq <= this.#head) return;
    if (seq === this.#head + 1 && !this.#filling) return this.#pass(publication);
    this.#held.set(seq, publication);
    void this.#fill(seq);
  }

  #pass(publication: Publication): void {
    this.#head = publication.seq!;
    this.#topics.add(publication.seq!, publication.topic);
    this.#deps.deliver(publication);
  }

  /** Reads what is missing up to `to` from the store, and passes everything on in order. */
  async #fill(to: number): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      const from = this.#head;
      let filled = 0;
      while (this.#head < to) filled += await this.#step(to);
      if (filled > 0) this.#deps.events.emit("journal.gap", { from, to, filled });
      this.#filling = false;
      const newest = Math.max(0, ...this.#held.keys());
      if (newest > this.#head) void this.#fill(newest);
    } catch (error) {
      // The next poll tries again; until then nothing after the hole is told, so nothing is lost.
      this.#filling = false;
      this.#deps.events.emit("failure", { where: "journal.fill", incident: "-", error });
    }
  }

  /** One event if it is at hand, else a page from the store. Returns how many the store gave. */
  async #step(to: number): Promise<number> {
    const held = this.#held.get(this.#head + 1);
    if (held !== undefined) {
      this.#held.delete(this.#head + 1);
      this.#pass(held);
      return 0;
    }
    const events = await this.#read(this.#head, to);
    for (const event of events) this.#take(event);
    // Pruned before we read them: there is nothing left to tell.
    if (events.length < page) this.#head = Math.max(this.#head, to);
    return events.length;
  }

  #take(event: JournalEvent): void {
    this.#held.delete(event.seq);
    this.#head = event.seq - 1;
    this.#pass(event);
  }

  async #poll(): Promise<void> {
    if (this.#filling || this.#isPolling) return;
    this.#isPolling = true;
    try {
      const { head } = await this.#state(this.#deps.store.db);
      this.#isPollFailing = false;
      // Changes end in the order in which they began: after the newest one, every event of ours up to `head` is told.
      if (head > this.#head) await this.#writing.catch(() => {});
      if (head > this.#head) await this.#fill(head);
    } catch (error) {
      // Once, until the store answers again: it is asked more than twice a second.
      if (this.#isPollFailing) return;
      this.#isPollFailing = true;
      this.#deps.events.emit("failure", { where: "journal.poll", incident: "-", error });
    } finally {
      this.#isPolling = false;
    }
  }

  async #state(db: Kysely<JournalTables>) {
    return db.selectFrom("journal_state").select(["epoch", "head", "floor"]).executeTakeFirstOrThrow();
  }

  /** The first events in `(after, upTo]`, oldest first, at most a page. */
  async #read(after: number, upTo: number): Promise<JournalEvent[]> {
    const rows = await this.#events()
      .where("seq", ">", after)
      .where("seq", "<=", upTo)
      .orderBy("seq")
      .limit(page)
      .execute();
    return rows.map((row) => this.#publication(row));
  }

  #events() {
    return this.#deps.store.db.selectFrom("journal").select(["seq", "topic", "type", "frame"]);
  }

  #publication(event: JournalEvent): JournalEvent {
    const { seq, topic, type } = event;
    return { seq, topic, type, frame: withCursor(event.frame, this.cursor(seq)) };
  }

  /** The newest event that `db` shows, and the oldest that is gone. Within a snapshot: the place of that snapshot. */
  async position(db: Kysely<JournalTables> = this.#deps.store.db): Promise<{ head: number; floor: number }> {
    const { head, floor } = await this.#state(db);
    return { head, floor };
  }

  /**
   * How many events of these topics stand in `(after, upTo]`; counting stops at `limit`, it is a stranger's question.
   * `upTo`, here and below: at most `head`.
   */
  async count(topics: readonly string[], after: number, upTo: number, limit: number): Promise<number> {
    return (await this.#topics.first(topics, after, upTo, limit)).length;
  }

  /** Whether an event of one of these types stands in `(after, upTo]` of these topics. */
  async has(
    topics: readonly string[],
    types: readonly string[],
    after: number,
    upTo: number,
  ): Promise<boolean> {
    for (let at = after; at < upTo; ) {
      const events = await this.since(topics, at, upTo);
      if (events.some(({ type }) => types.includes(type))) return true;
      at = events.at(-1)?.seq ?? upTo;
    }
    return false;
  }

  /** The first events of these topics in `(after, upTo]`, oldest first, at most a page. */
  async since(topics: readonly string[], after: number, upTo: number): Promise<JournalEvent[]> {
    const seqs = await this.#topics.first(topics, after, upTo, page);
    if (seqs.length === 0) return [];
    const rows = await this.#events().where("seq", "in", seqs).orderBy("seq").execute();
    return rows.map((row) => this.#publication(row));
  }

  /** Removes what is older or more than `retention` keeps, in small steps that let other writes through. */
  async prune(retention: Retention): Promise<number> {
    const start = await this.position();
    let floor = start.floor;
    while (await this.#prunable(floor, start.head, retention)) {
      floor += pruneStep;
      await this.#deps.store.commit({
        writes: [
          this.#deps.store.db.deleteFrom("journal").where("seq", "<=", floor),
          this.#deps.store.db.deleteFrom("journal_topics").where("segment", "<=", floor),
          this.#deps.store.db.updateTable("journal_state").set({ floor }),
        ],
      });
    }
    if (floor > start.floor) this.#deps.events.emit("journal.pruned", { events: floor - start.floor, floor });
    return floor - start.floor;
  }

  /** Whether a whole step above `floor` may go: steps keep the question cheap, and retention is a lower bound. */
  async #prunable(floor: number, head: number, { maxAge, maxEvents }: Retention): Promise<boolean> {
    const last = floor + pruneStep;
    if (last > head) return false;
    if (head - last >= maxEvents) return true;
    const row = await this.#deps.store.db
      .selectFrom("journal")
      .select("at")
      .where("seq", "<=", last)
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    return row === undefined || row.at < this.#deps.clock.now() - maxAge;
  }
}
