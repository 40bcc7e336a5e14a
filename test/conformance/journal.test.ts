import { describe, expect, test } from "bun:test";
import type { Publication } from "../../src/core/broker.ts";
import { Events } from "../../src/core/events.ts";
import { Journal } from "../../src/core/journal.ts";
import { type JournalTables, journalMigrations } from "../../src/core/journal-tables.ts";
import type { Store } from "../../src/core/store.ts";
import { FakeClock } from "../kit/clock.ts";
import { type CreateDatabase, onEachStore } from "../kit/databases.ts";
import { holds } from "../kit/until.ts";

type Announce = (publication: Publication, to: (publication: Publication) => void) => void;

/** Two nodes on one database; what one announces reaches the other as `announce` pleases. */
async function twoNodes(create: CreateDatabase, announce: Announce) {
  const database = await create(journalMigrations);
  const clock = new FakeClock();
  const told: number[] = [];
  const stores = [await database.open<JournalTables>(), await database.open<JournalTables>()] as const;
  const there = new Journal({
    store: stores[1],
    clock,
    events: new Events(),
    deliver: ({ seq }) => told.push(seq!),
    announce: () => {},
  });
  const here = new Journal({
    store: stores[0],
    clock,
    events: new Events(),
    deliver: () => {},
    announce: (publication) => announce(publication, (each) => there.receive(each)),
  });
  await Promise.all([here.start(), there.start()]);
  const say = (n: number) =>
    here.commit({ events: [{ topic: "t", type: "x", frame: `{"type":"x","n":${n}}` }] });
  const close = async () => {
    for (const journal of [here, there]) journal.stop();
    for (const store of stores) await store.close();
    await database[Symbol.asyncDispose]();
  };
  return { say, there, told, clock, [Symbol.asyncDispose]: close };
}

const deferred = () => Promise.withResolvers<void>();
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** Lets reads of the store finish, moving the clock so that the poll runs. */
async function until(done: () => boolean, clock: FakeClock): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) {
    clock.advance(100);
    await Bun.sleep(2);
  }
}

onEachStore("journal", (create) => {
  describe("a node tells every event once, in order, when the broker", () => {
    const brokers: [string, Announce][] = [
      ["is perfect", (each, to) => to(each)],
      ["drops every third", (each, to) => each.seq! % 3 !== 0 && to(each)],
      ["drops all but one in fifty", (each, to) => each.seq! % 50 === 0 && to(each)],
      ["drops everything", () => {}],
      ["doubles everything", (each, to) => [each, each].forEach(to)],
      [
        "delays every second",
        (each, to) => void (each.seq! % 2 === 0 ? setTimeout(() => to(each), 5) : to(each)),
      ],
    ];

    test.each(brokers)("%s", async (_, announce) => {
      await using nodes = await twoNodes(create, announce);
      for (let n = 0; n < 30; n++)
        await Promise.all(Array.from({ length: 20 }, (_, i) => nodes.say(n * 20 + i)));
      await until(() => nodes.told.length >= 600, nodes.clock);
      expect(nodes.told).toEqual(upTo(600));
      expect(nodes.there.head).toBe(600);
    });
  });

  test("an event waits for the one before it, and comes as soon as that is read", async () => {
    await using nodes = await twoNodes(create, (each, to) => each.seq !== 2 && to(each));
    for (const n of [1, 2]) await nodes.say(n);
    expect(nodes.told).toEqual([1]);
    await nodes.say(3);
    // No clock moves here: the hole itself makes the node look.
    await holds(() => expect(nodes.told).toEqual([1, 2, 3]));
  });

  test("what is on disk and about to be told by its own change is no gap", async () => {
    await using database = await create(journalMigrations);
    const real = await database.open<JournalTables>();
    const [clock, events, onDisk, gate] = [new FakeClock(), new Events(), deferred(), deferred()];
    const [told, gaps]: [number[], unknown[]] = [[], []];
    events.on("journal.gap", (gap) => gaps.push(gap));
    const store: Store<JournalTables> = {
      db: real.db,
      async commit(change) {
        const committed = await real.commit(change);
        onDisk.resolve();
        await gate.promise;
        return committed;
      },
      snapshot: (read) => real.snapshot(read),
      close: () => real.close(),
    };
    const deliver = ({ seq }: Publication) => told.push(seq!);
    const journal = new Journal({ store, clock, events, deliver, announce: () => {} });
    await journal.start();
    const said = journal.commit({ events: [{ topic: "t", type: "x", frame: '{"type":"x"}' }] });
    await onDisk.promise;
    clock.advance(400);
    // As long as the poll's own reads take, and more.
    for (let i = 0; i < 20; i++) await real.db.selectFrom("journal_state").selectAll().execute();
    expect(told).toEqual([]);
    gate.resolve();
    await said;
    expect(told).toEqual([1]);
    journal.stop();
    expect(gaps).toEqual([]);
    await store.close();
  });
});
