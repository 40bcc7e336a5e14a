import { expect, test } from "bun:test";
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { FakeClock } from "../../../../test/kit/clock.ts";
import type { InboxDependencies } from "../dependencies.ts";
import type { SendOutcome } from "../platform.ts";
import { Delivery } from "./delivery.ts";
import { Item } from "./item.ts";
import { Lane } from "./lane.ts";
import type { End } from "./telling.ts";

const away: SendOutcome = { kind: "retry", after: undefined, scope: "inbox", reason: "nobody answers" };

/** A database that finds nothing: what is sent is known without it. */
const db = new Kysely<never>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (any) => new SqliteIntrospector(any),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

function world(outcome: SendOutcome) {
  const clock = new FakeClock();
  const ends: End[] = [];
  const telling = { keep: async () => {}, end: async (_: Item, end: End) => void ends.push(end) };
  const deps = { store: { db }, clock, events: { emit: () => {} } } as unknown as InboxDependencies;
  const delivery = new Delivery(deps, telling);
  const platform = { pace: { chat: 0, inbox: 0 }, send: async () => outcome };
  const lane = new Lane(platform as never, clock, async () => false);
  const room = { conversation: { id: "c", inbox_id: "i" }, customer: { id: 1, source_id: "42" } };
  const item = new Item(room as never, { id: "m" } as never, ["text"]);
  return { clock, ends, item, attempt: () => delivery.attempt(lane, item) };
}

const day = 24 * 3_600_000;

test("a message that nobody takes is given up after a day, with the last reason", async () => {
  const { clock, ends, attempt } = world(away);
  expect(await attempt()).toBe(false);
  clock.advance(day);
  expect(await attempt()).toBe(false);
  clock.advance(1);
  expect(await attempt()).toBe(true);
  expect(ends).toEqual([{ state: "failed", error: "not taken within a day: nobody answers" }]);
});

test("a clock that is set gives up nothing, and makes nothing wait longer", async () => {
  const { clock, ends, item, attempt } = world(away);
  expect(await attempt()).toBe(false);
  for (const by of [3 * day, -6 * day]) {
    clock.set(by);
    expect(await attempt()).toBe(false);
    expect(item.dueAt - clock.monotonic()).toBeLessThan(30_000 * 1.25);
  }
  expect(ends).toEqual([]);
});

test("each refusal waits longer than the one before, up to half a minute for an inbox; what the platform asks counts", async () => {
  const { clock, item, attempt } = world(away);
  const pauses = [];
  for (let n = 0; n < 8; n++) {
    await attempt();
    pauses.push(item.dueAt - clock.monotonic());
  }
  for (const [n, pause] of pauses.entries()) {
    const expected = Math.min(30_000, 1_000 * 2 ** (n + 1));
    expect(pause).toBeGreaterThanOrEqual(expected * 0.75);
    expect(pause).toBeLessThanOrEqual(expected * 1.25);
  }
  const asked = world({ ...away, after: 77_000 });
  await asked.attempt();
  expect(asked.item.dueAt - asked.clock.monotonic()).toBe(77_000);
});
