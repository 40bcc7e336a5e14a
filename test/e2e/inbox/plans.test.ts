import { expect, test } from "bun:test";
import {
  CompiledQuery,
  DummyDriver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { toFilter } from "../../../src/features/inbox/filters.ts";
import * as repo from "../../../src/features/inbox/repo.ts";
import { InboxWorld } from "./kit.ts";

/** Asks nobody, and keeps what it was asked. */
class Notebook extends DummyDriver {
  readonly asked: CompiledQuery[] = [];

  override async acquireConnection() {
    const connection = await super.acquireConnection();
    const note = async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      this.asked.push(query);
      return { rows: [{ n: 0 } as R] };
    };
    return Object.assign(connection, { executeQuery: note });
  }
}

/** How SQLite would find what these questions ask for. */
async function plan(world: InboxWorld, ask: (db: repo.Db) => Promise<unknown>): Promise<string> {
  const driver = new Notebook();
  const dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  await ask(new Kysely({ dialect }));
  const { db } = world.app.app.inbox.deps.store;
  const lines: string[] = [];
  for (const { sql, parameters } of driver.asked) {
    const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
    for (const { detail } of (await db.executeQuery<{ detail: string }>(explained)).rows) lines.push(detail);
  }
  return lines.join("\n");
}

/** Rows of the table itself: those of one page have been found by then, all others are a walk through the inbox. */
const readsRows =
  /(SCAN|SEARCH) inbox_(conversations|customers) (?!USING COVERING INDEX|USING INTEGER PRIMARY KEY|.*\(id=\?\))/;

test.each([
  {},
  { status: "active" },
  { status: "closed" },
  { unread_only: true },
  { assigned_to: "7" },
  { assigned_to: "7", status: "active" },
])("a list with %o is counted and put in order without a look at each conversation", async (filters) => {
  await using world = await InboxWorld.start();
  const filter = toFilter([world.inbox, "in_another"], filters);
  const found = await plan(world, (db) => repo.countConversations(db, filter));
  expect(found).toContain("COVERING INDEX");
  expect(found).not.toMatch(readsRows);
  const page = await plan(world, (db) => repo.conversations(db, filter));
  expect(page).not.toMatch(readsRows);
  expect(page).not.toContain("TEMP B-TREE");
});

test("agents' loads, what one of them has, and a page of customers are found in indices alone", async () => {
  await using world = await InboxWorld.start();
  for (const ask of [
    (db: repo.Db) => repo.loadOf(db, ["7", "8"]),
    (db: repo.Db) => repo.assignedIn(db, world.inbox, "7"),
    (db: repo.Db) => repo.customers(db, [world.inbox, "in_another"], 50, 0),
  ]) {
    const found = await plan(world, ask);
    expect(found).toContain("COVERING INDEX");
    expect(found).not.toMatch(readsRows);
  }
});

test("customers of several inboxes come newest first, page by page", async () => {
  await using world = await InboxWorld.start();
  const second = await world.app.json(world.post("/inboxes", { kind: "web", name: "B" }, world.staff));
  await world.join(second.id, world.ana);
  for (const inbox of [world.inbox, second.id, world.inbox, second.id, world.inbox]) {
    const visitor = await world.app.connect(`/ws/widget/${inbox}`);
    visitor.send({ type: "message", content: "hi" });
    await visitor.next("message");
  }
  const pages = [];
  for (const page of [1, 2, 3]) pages.push(await world.get(`/customers?page_size=2&page=${page}`));
  expect(pages.map(({ count }) => count)).toEqual([5, 5, 5]);
  const ids = pages.flatMap(({ customers }) => customers.map(({ id }: { id: number }) => id));
  expect(ids).toEqual([5, 4, 3, 2, 1].map((n) => ids[4]! - 1 + n));
});

test("an agent of very many inboxes has his list, his search and his customers", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation("where is it?");
  const many = Array.from({ length: 1_203 }, (_, n) => `in_of_others_${n}`);
  const { store } = world.app.app.inbox.deps;
  const inboxes = [...many.slice(0, 700), world.inbox, ...many.slice(700)];
  const found = new Map(inboxes.map((inbox) => [inbox, inbox === world.inbox ? [id] : []]));
  for (const filter of [toFilter(inboxes, {}), { ...toFilter(inboxes, {}), found }]) {
    expect((await repo.conversations(store.db, filter)).map((each) => each.id)).toEqual([id]);
    expect(await repo.countConversations(store.db, filter)).toBe(1);
  }
  expect(await repo.customers(store.db, inboxes, 50, 0)).toHaveLength(1);
});
