import { expect, test } from "bun:test";
import { postgresColumns } from "../../src/adapters/store/postgres/columns.ts";
import { migratePostgres } from "../../src/adapters/store/postgres/migrate.ts";
import { maxReaders, maxSnapshots, PostgresStore } from "../../src/adapters/store/postgres/store.ts";
import { journalMigrations } from "../../src/core/journal-tables.ts";
import type { Fault } from "../../src/protocol/faults.ts";
import { describePostgres, postgresServer } from "../kit/databases.ts";
import { faultOf } from "../kit/fault.ts";
import { TcpProxy } from "../kit/tcp-proxy.ts";
import { until } from "../kit/until.ts";
import { migrations, type Tables } from "./store.ts";

const all = { ...journalMigrations(postgresColumns), ...migrations };
const server = postgresServer();

/** A store behind a way that can be made to swallow what the database answers. */
async function opened(query = "") {
  const url = new URL(await server().database());
  const database = url.pathname.slice(1);
  await migratePostgres(url.href, all);
  const proxy = await TcpProxy.start(server().port, {});
  url.port = String(proxy.port);
  const store = await PostgresStore.open<Tables>({ url: `${url.href}${query}` });
  const deafen = (isDeaf: boolean) => {
    proxy.between = { isDeaf: () => isDeaf };
  };
  return { store, proxy, deafen, database, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

type TestStore = PostgresStore<Tables>;

const write = (store: TestStore, id: number) =>
  store.commit({
    writes: [store.db.insertInto("things").values({ id, name: `t${id}`, size: 1 })],
    events: [{ topic: "a", type: "t", frame: `{"type":"t","n":${id}}` }],
  });
const read = ({ db }: TestStore) => db.selectFrom("things").select("id").orderBy("id").execute();
const snapshot = (store: TestStore) => store.snapshot((db) => db.selectFrom("things").select("id").execute());

/** As an operator may set it: the limit of a query's answer, so that a test need not wait for ours. */
const impatient = "?query_timeout=200";

describePostgres("a database that takes everything and answers nothing:", () => {
  test("who reads is told that it is away, by our own limit", async () => {
    await using way = await opened();
    const { store } = way;
    expect(await read(store)).toEqual([]);
    way.deafen(true);
    expect(await faultOf(read(store))).toBe("unavailable");
    way.deafen(false);
    expect(await read(store)).toEqual([]);
    await store.close();
  });

  test("a connection that swallowed an answer is thrown away, and the next reader gets his own rows", async () => {
    await using way = await opened(impatient);
    const { store } = way;
    await write(store, 1);
    expect([await read(store), await snapshot(store)]).toEqual([[{ id: 1 }], [{ id: 1 }]]);
    way.deafen(true);
    const readers = Array.from({ length: maxReaders }, () => faultOf(read(store)));
    const snapshots = Array.from({ length: maxSnapshots }, () => faultOf(snapshot(store)));
    expect(new Set(await Promise.all([...readers, ...snapshots]))).toEqual(new Set(["unavailable"]));
    way.deafen(false);
    expect([await read(store), await snapshot(store)]).toEqual([[{ id: 1 }], [{ id: 1 }]]);
    await store.close();
  });

  test("who stands in line behind readers without an answer is served over another connection", async () => {
    await using way = await opened("?query_timeout=1000");
    const { store } = way;
    const all = () => Array.from({ length: maxReaders }, () => read(store));
    await Promise.all(all());
    const { promise: areSwallowed, resolve } = Promise.withResolvers<void>();
    let swallowed = 0;
    way.proxy.between = {
      isDeaf() {
        if (++swallowed === maxReaders) resolve();
        return true;
      },
    };
    const asked = all().map(faultOf);
    await areSwallowed;
    way.deafen(false);
    expect(await read(store)).toEqual([]);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["unavailable"]));
    await store.close();
  });

  test("in the middle of a snapshot, it ends as well", async () => {
    await using way = await opened(impatient);
    const { store } = way;
    const within = store.snapshot(async (db) => {
      await db.selectFrom("things").select("id").execute();
      way.deafen(true);
      return db.selectFrom("things").select("id").execute();
    });
    expect(await faultOf(within)).toBe("unavailable");
    way.deafen(false);
    expect(await snapshot(store)).toEqual([]);
    await store.close();
  });

  test("the writer connects anew by itself, and a change is there once or not at all", async () => {
    await using way = await opened(impatient);
    const { store } = way;
    way.deafen(true);
    expect(await faultOf(write(store, 1))).toBe("unavailable");
    way.deafen(false);
    await until(
      () => faultOf(write(store, 2)),
      (fault) => fault === undefined,
    );
    expect(await read(store)).toEqual([{ id: 2 }]);
    await store.close();
  });

  test("an end comes, with readers and a change under way", async () => {
    await using way = await opened();
    const { store } = way;
    expect(await read(store)).toEqual([]);
    expect(await snapshot(store)).toEqual([]);
    way.deafen(true);
    const asked = [read(store), snapshot(store), write(store, 1), read(store)].map(faultOf);
    await store.close();
    expect(await Promise.all(asked)).toEqual(asked.map(() => "unavailable"));
  });

  test("an end in the middle of a commit says that nobody knows, and the change is there once", async () => {
    await using way = await opened();
    const { promise: isSent, resolve } = Promise.withResolvers<void>();
    way.proxy.between = {
      request(text) {
        if (!text.includes("commit\0")) return text;
        way.deafen(true);
        resolve();
        return text;
      },
    };
    const said = write(way.store, 1).catch(({ cause }: Fault) => (cause as Error).message);
    await isSent;
    await way.store.close();
    expect(await said).toContain("look before it is sent again");
    const rows = () => server().sql("select id from things", way.database);
    await until(rows, (found) => found.length > 0);
    expect((await rows()).map(({ id }) => Number(id))).toEqual([1]);
  });
});
