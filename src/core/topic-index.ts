import type { Kysely } from "kysely";
import { Fault } from "../protocol/faults.ts";
import type { Events } from "./events.ts";
import type { JournalTables } from "./journal-tables.ts";
import { prepared } from "./prepared.ts";
import type { Store } from "./store.ts";

type Db = Kysely<JournalTables>;

/** A segment is stored when it has so many events, or so many topics, each of which is a row. */
const maxEvents = 4096;
const maxTopics = 256;
/** Events that are read at once when the server starts. */
const startPage = 10_000;

/** The events of `(from, to]`: which of them belong to each topic, in order. */
class Segment {
  readonly from: number;
  to: number;
  readonly seqs = new Map<string, number[]>();

  constructor(from: number) {
    this.from = from;
    this.to = from;
  }

  add(seq: number, topic: string): void {
    this.to = seq;
    const known = this.seqs.get(topic);
    if (known === undefined) this.seqs.set(topic, [seq]);
    else known.push(seq);
  }

  get isFull(): boolean {
    return this.to - this.from >= maxEvents || this.seqs.size >= maxTopics;
  }
}

/** What is not stored yet: full segments, oldest first, and the one that the next event goes to. */
class Recent {
  readonly full: Segment[] = [];
  current: Segment;

  constructor(from: number) {
    this.current = new Segment(from);
  }

  add(seq: number, topic: string): void {
    // Another server has stored it already, and we were told of it later.
    if (seq <= this.current.from) return;
    this.current.add(seq, topic);
    if (!this.current.isFull) return;
    this.full.push(this.current);
    this.current = new Segment(seq);
  }

  after(seq: number): Segment[] {
    return [...this.full, this.current].filter(({ to }) => to > seq);
  }
}

const insertTopic = prepared((db: Db, row: JournalTables["journal_topics"]) =>
  db.insertInto("journal_topics").values({ topic: row.topic, segment: row.segment, seqs: row.seqs }),
);

interface Dependencies {
  readonly store: Store<JournalTables>;
  readonly events: Events;
}

/**
 * Which events of the journal belong to a topic. The newest are known from memory; when there are enough of them they
 * are stored as one segment, a row for each topic. An index of the database would touch a page of its own for each
 * event, which cost a quarter of storing a chat message (bench I5). What a crash leaves out is read from the events themselves.
 */
export class TopicIndex {
  readonly #store: Store<JournalTables>;
  readonly #events: Events;
  /** Everything up to here is stored. */
  #stored = 0;
  #recent = new Recent(0);
  /** The newest event that we were told of. */
  #newest = 0;
  #storing = false;

  constructor({ store, events }: Dependencies) {
    this.#store = store;
    this.#events = events;
  }

  /** Learns what is not stored of the events up to `head`. */
  async start(head: number): Promise<void> {
    this.#newest = head;
    await this.#load();
    void this.#storeFull();
  }

  /** Reads what is not stored from the events, with those that are added meanwhile. */
  async #load(): Promise<void> {
    const { db } = this.#store;
    const { indexed } = await db.selectFrom("journal_state").select("indexed").executeTakeFirstOrThrow();
    const recent = new Recent(indexed);
    for (let at = indexed; at < this.#newest; ) {
      const upTo = Math.min(at + startPage, this.#newest);
      const page = db.selectFrom("journal").select(["seq", "topic"]).where("seq", ">", at);
      const rows = await page.where("seq", "<=", upTo).orderBy("seq").execute();
      for (const { seq, topic } of rows) recent.add(seq, topic);
      at = upTo;
    }
    this.#stored = indexed;
    this.#recent = recent;
  }

  /** The next event. */
  add(seq: number, topic: string): void {
    this.#newest = seq;
    this.#recent.add(seq, topic);
    if (this.#recent.full.length > 0) void this.#storeFull();
  }

  async #storeFull(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      for (let next = this.#recent.full[0]; next !== undefined; next = this.#recent.full[0])
        await this.#storeSegment(next);
    } catch (error) {
      // They stay in memory, and are tried again with the next event.
      this.#events.emit("failure", { where: "journal.index", incident: "-", error });
    } finally {
      this.#storing = false;
    }
  }

  async #storeSegment({ from, to, seqs }: Segment): Promise<void> {
    const { db } = this.#store;
    const advance = db.updateTable("journal_state").set({ indexed: to }).where("indexed", "=", from);
    const rows = [...seqs].map(([topic, list]) =>
      insertTopic(db, { topic, segment: to, seqs: JSON.stringify(list) }),
    );
    try {
      await this.#store.commit({ writes: [{ query: advance, rows: 1 }, ...rows] });
      this.#stored = to;
      this.#recent.full.shift();
    } catch (error) {
      if (!(error instanceof Fault && error.fault === "conflict")) throw error;
      // Another process on the same database was faster.
      await this.#load();
    }
  }

  /** The first events of these topics in `(after, upTo]`, in order; at most `limit`. All up to `upTo` must be known. */
  async first(topics: readonly string[], after: number, upTo: number, limit: number): Promise<number[]> {
    const found: number[] = [];
    if (topics.length === 0) return found;
    // A segment has a row for each topic at most: so many rows are a whole one at least.
    let rows = topics.length + 1;
    for (let at = after; at < upTo && found.length < limit; rows *= 2) {
      const { seqs, complete } = await this.#next(topics, at, upTo, rows);
      for (const seq of seqs) found.push(seq);
      at = complete;
    }
    return found.length > limit ? found.slice(0, limit) : found;
  }

  /** Everything of these topics in `(after, complete]`, of which the store gives so many rows. */
  async #next(topics: readonly string[], after: number, upTo: number, limit: number) {
    // Taken before we wait: a segment that is stored meanwhile would be in neither.
    const recent = this.#recent.after(after);
    const stored = this.#stored;
    const rows = after >= stored ? [] : await this.#rows(topics, after, stored, limit);
    const last = rows.at(-1)?.segment ?? 0;
    const isAll = rows.length < limit;
    const whole = isAll ? rows : rows.filter(({ segment }) => segment < last);
    const lists = whole.map(({ seqs }): readonly number[] => JSON.parse(seqs));
    if (isAll) for (const { seqs } of recent) for (const topic of topics) lists.push(seqs.get(topic) ?? []);
    const complete = isAll ? upTo : whole.at(-1)!.segment;
    const isAsked = (seq: number) => seq > after && seq <= upTo;
    return { seqs: lists.flatMap((list) => list.filter(isAsked)).sort((a, b) => a - b), complete };
  }

  #rows(topics: readonly string[], after: number, upTo: number, limit: number) {
    return this.#store.db
      .selectFrom("journal_topics")
      .select(["segment", "seqs"])
      .where("topic", "in", topics)
      .where("segment", ">", after)
      .where("segment", "<=", upTo)
      .orderBy("segment")
      .limit(limit)
      .execute();
  }
}
