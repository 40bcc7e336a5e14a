import { expect, test } from "bun:test";
import { Events } from "../../src/core/events.ts";
import { Journal } from "../../src/core/journal.ts";
import { type JournalTables, journalMigrations } from "../../src/core/journal-tables.ts";
import type { Change, Store } from "../../src/core/store.ts";
import { TopicIndex } from "../../src/core/topic-index.ts";
import { Fault } from "../../src/protocol/faults.ts";
import { FakeClock } from "../kit/clock.ts";
import { type CreateDatabase, onEachStore } from "../kit/databases.ts";
import { until } from "../kit/until.ts";

const rooms = 40;
/** A room for every other event, and a list that hears of all. */
const topicOf = (seq: number) => (seq % 2 === 0 ? "list" : `room:${(seq >> 1) % rooms}`);

interface Node {
  readonly journal: Journal;
  readonly store: Store<JournalTables>;
  readonly failures: unknown[];
}

/** A database and as many servers on it as a test starts. */
async function database(create: CreateDatabase) {
  const kept = await create(journalMigrations);
  const nodes: Node[] = [];
  let last = 0;

  async function start(wrap = (store: Store<JournalTables>): Store<JournalTables> => store): Promise<Node> {
    const store = await kept.open<JournalTables>();
    const failures: unknown[] = [];
    const events = new Events();
    events.on("failure", ({ error }) => failures.push(error));
    const others = () => nodes.map(({ journal }) => journal);
    const journal: Journal = new Journal({
      store: wrap(store),
      clock: new FakeClock(Date.now()),
      events,
      deliver: () => {},
      announce: (each) => {
        for (const other of others()) if (other !== journal) other.receive(each);
      },
    });
    await journal.start();
    nodes.push({ journal, store, failures });
    return nodes.at(-1)!;
  }

  async function say({ journal }: Node, count: number, topic = topicOf): Promise<void> {
    for (const end = last + count; last < end; ) {
      const batch = Array.from({ length: Math.min(500, end - last) }, () => topic(++last));
      await Promise.all(
        batch.map((each) => journal.commit({ events: [{ topic: each, type: "x", frame: '{"type":"x"}' }] })),
      );
    }
  }

  async function stop(node: Node): Promise<void> {
    nodes.splice(nodes.indexOf(node), 1);
    node.journal.stop();
    await node.store.close();
  }

  const close = async () => {
    for (const node of [...nodes]) await stop(node);
    await kept[Symbol.asyncDispose]();
  };
  return { start, say, stop, [Symbol.asyncDispose]: close };
}

/** A store whose commits are seen first; what `see` returns is the answer. */
const watched = (
  store: Store<JournalTables>,
  see: (change: Change) => Promise<never> | undefined,
): Store<JournalTables> => ({
  db: store.db,
  snapshot: (read) => store.snapshot(read),
  close: () => store.close(),
  commit: (change) => see(change) ?? store.commit(change),
});

const isIndex = ({ writes = [] }: Change) =>
  writes.some((write) => "rows" in write && write.query.compile().sql.includes("indexed"));

const indexed = async ({ store }: Node): Promise<number> =>
  (await store.db.selectFrom("journal_state").select("indexed").executeTakeFirstOrThrow()).indexed;

const segments = async ({ store }: Node) =>
  new Set(
    (await store.db.selectFrom("journal_topics").select("segment").execute()).map((row) => row.segment),
  );

const untilIndexed = (node: Node, seq: number) =>
  until(
    () => indexed(node),
    (last) => last >= seq,
  );

/** Every event of these topics, page by page, as a client that catches up gets them. */
async function all({ journal }: Node, topics: readonly string[], after: number, upTo: number) {
  const seqs: number[] = [];
  for (let at = after; at < upTo; ) {
    const page = await journal.since(topics, at, upTo);
    seqs.push(...page.map(({ seq }) => seq));
    at = page.at(-1)?.seq ?? upTo;
  }
  return seqs;
}

const expected = (topics: readonly string[], after: number, upTo: number) =>
  Array.from({ length: upTo - after }, (_, i) => after + i + 1).filter((seq) =>
    topics.includes(topicOf(seq)),
  );

const questions: (readonly [topics: readonly string[], after: number, upTo: number])[] = [
  [["room:7"], 0, 10_000],
  [["room:7", "room:8", "list"], 3_999, 9_100],
  [["list"], 4_090, 4_104],
  [["room:0", "room:39"], 8_192, 8_193],
  [["room:3"], 9_990, 10_000],
  [["nobody"], 0, 10_000],
  [[], 0, 10_000],
];

async function check(node: Node): Promise<void> {
  for (const [topics, after, upTo] of questions) {
    const right = expected(topics, after, upTo);
    expect(await all(node, topics, after, upTo)).toEqual(right);
    expect(await node.journal.count(topics, after, upTo, 20_000)).toBe(right.length);
    expect(await node.journal.count(topics, after, upTo, 3)).toBe(Math.min(3, right.length));
    expect(await node.journal.has(topics, ["x"], after, upTo)).toBe(right.length > 0);
    expect(await node.journal.has(topics, ["y"], after, upTo)).toBe(false);
  }
}

onEachStore("topic index", (create) => {
  test("a topic's events are found, from the store and from memory, and after a restart", async () => {
    await using db = await database(create);
    const node = await db.start();
    await db.say(node, 10_000);
    await untilIndexed(node, 8_192);
    // Two whole segments, and the rest in memory.
    expect([...(await segments(node))]).toEqual([4_096, 8_192]);
    await check(node);
    await db.stop(node);
    await check(await db.start());
  });

  test("events of very many topics are stored in small segments", async () => {
    await using db = await database(create);
    const node = await db.start();
    await db.say(node, 2_000, (seq) => `device:${seq}`);
    await untilIndexed(node, 1_792);
    expect((await segments(node)).size).toBe(7);
    expect(await all(node, ["device:100", "device:1999"], 0, 2_000)).toEqual([100, 1_999]);
  });

  test("two servers on one database find the same, whoever of them was faster", async () => {
    await using db = await database(create);
    let tries = 0;
    const counted = (store: Store<JournalTables>) =>
      watched(store, (change) => {
        if (isIndex(change)) tries++;
        return undefined;
      });
    const one = await db.start(counted);
    await db.say(one, 1_000);
    // It starts in the middle of a segment.
    const two = await db.start(counted);
    await db.say(two, 4_000);
    await db.say(one, 5_000);
    await untilIndexed(one, 8_192);
    await check(one);
    await check(two);
    const seqs = await one.store.db.selectFrom("journal_topics").select("seqs").execute();
    const stored = seqs.flatMap(({ seqs }): number[] => JSON.parse(seqs));
    expect(stored.length).toBe(new Set(stored).size);
    expect([...one.failures, ...two.failures]).toEqual([]);
    // Who was slower learns it, and does not try for ever.
    expect(tries).toBeLessThan(10);
  });

  test("an event that another server has indexed before we were told of it counts once", async () => {
    await using db = await database(create);
    const node = await db.start();
    await db.say(node, 5_000);
    await untilIndexed(node, 4_096);
    const late = new TopicIndex({ store: node.store, events: new Events() });
    await late.start(4_000);
    for (let seq = 4_001; seq <= 5_000; seq++) late.add(seq, topicOf(seq));
    expect(await late.first(["list"], 3_900, 5_000, 9_000)).toEqual(expected(["list"], 3_900, 5_000));
  });

  test("where segments cannot be stored, events are found all the same, and stored later", async () => {
    await using db = await database(create);
    let isFull = true;
    const node = await db.start((store) =>
      watched(store, (change) =>
        isFull && isIndex(change) ? Promise.reject(new Fault("unavailable")) : undefined,
      ),
    );
    await db.say(node, 9_999);
    expect(node.failures.length).toBeGreaterThan(0);
    expect(await indexed(node)).toBe(0);
    isFull = false;
    await db.say(node, 1);
    await untilIndexed(node, 8_192);
    await check(node);
  });

  test("what is pruned leaves nothing behind", async () => {
    await using db = await database(create);
    const node = await db.start();
    await db.say(node, 10_000);
    await untilIndexed(node, 8_192);
    await node.journal.prune({ maxAge: 0, maxEvents: 1_000 });
    expect([...(await segments(node))]).toEqual([]);
    expect(await all(node, ["list"], 9_000, 10_000)).toEqual(expected(["list"], 9_000, 10_000));
  });
});
