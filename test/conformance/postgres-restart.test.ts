import { expect, test } from "bun:test";
import { postgresColumns } from "../../src/adapters/store/postgres/columns.ts";
import { migratePostgres } from "../../src/adapters/store/postgres/migrate.ts";
import { PostgresStore } from "../../src/adapters/store/postgres/store.ts";
import { journalMigrations } from "../../src/core/journal-tables.ts";
import type { Fault } from "../../src/protocol/faults.ts";
import { describePostgres, postgresServer } from "../kit/databases.ts";
import { faultOf } from "../kit/fault.ts";
import { TcpProxy } from "../kit/tcp-proxy.ts";
import { until } from "../kit/until.ts";
import { migrations, type Tables } from "./store.ts";

const all = { ...journalMigrations(postgresColumns), ...migrations };
const server = postgresServer();

type TestStore = PostgresStore<Tables>;

async function opened(port?: number): Promise<TestStore> {
  const url = await server().database();
  await migratePostgres(url, all);
  const { pathname } = new URL(url);
  return PostgresStore.open<Tables>({ url: server().url(pathname.slice(1), "postgres", port) });
}

const say = (store: TestStore, id: number) =>
  store.commit({
    writes: [store.db.insertInto("things").values({ id, name: `t${id}`, size: 1 })],
    events: [{ topic: "a", type: "t", frame: `{"type":"t","n":${id}}` }],
  });

/** What is kept: the things, and the journal's events in order, which must have no holes. */
async function kept(store: TestStore): Promise<number[]> {
  const things = await store.db.selectFrom("things").select("id").orderBy("id").execute();
  const events = await store.db.selectFrom("journal").select(["seq", "frame"]).orderBy("seq").execute();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  const ids = things.map(({ id }) => id);
  expect(events.map(({ frame }) => JSON.parse(frame).n).toSorted((a, b) => a - b)).toEqual(ids);
  return ids;
}

/** The database answers again: a change is taken. Returns how many were refused meanwhile. */
async function untilUp(store: TestStore): Promise<number> {
  let refused = -1;
  const ask = async () => {
    refused++;
    return faultOf(store.commit({}));
  };
  await until(ask, (fault) => fault === undefined);
  return refused;
}

describePostgres("a connection that breaks:", () => {
  test.each(["fast", "immediate"] as const)(
    "a server that restarts (%s) among commits: what was promised is there, once, and nothing else",
    async (how) => {
      const store = await opened();
      const promised: number[] = [];
      const faults = new Set<string>();
      let [next, isOver] = [0, false];
      const talk = async () => {
        while (!isOver) {
          const id = ++next;
          const fault = await faultOf(say(store, id));
          if (fault === undefined) promised.push(id);
          else faults.add(fault);
          await Bun.sleep(fault === undefined ? 0 : 5);
        }
      };
      const talking = Array.from({ length: 30 }, talk);
      while (promised.length < 500) await Bun.sleep(5);
      await server().down(how);
      expect(await faultOf(store.db.selectFrom("things").select("id").execute())).toBe("unavailable");
      await server().up();
      await untilUp(store);
      const before = promised.length;
      while (promised.length < before + 200) await Bun.sleep(5);
      isOver = true;
      await Promise.all(talking);
      // All of them may have waited for one answer, and got it.
      expect([...faults].filter((fault) => fault !== "unavailable")).toEqual([]);
      expect(await kept(store)).toEqual(promised.toSorted((a, b) => a - b));
      await store.close();
    },
  );

  /** What becomes of a change whose `commit` meets this on its way. The text of a statement goes out at its first use. */
  async function atCommit(meet: (proxy: TcpProxy, text: string) => string | undefined) {
    await using proxy = await TcpProxy.start(server().port, {});
    const store = await opened(proxy.port);
    proxy.between = {
      ...proxy.between,
      request: (text) => (text.includes("commit\0") ? meet(proxy, text) : text),
    };
    const fault = await say(store, 1).then(
      () => undefined,
      (error: Fault) => `${error.fault}: ${(error.cause as Error).message}`,
    );
    proxy.between = {};
    await untilUp(store);
    const ids = await kept(store);
    await store.close();
    return { fault, ids };
  }

  test("the answer to a commit is lost: it is stored, and said to be", async () => {
    const outcome = await atCommit((proxy, text) => {
      proxy.between = { isDeaf: () => true };
      setTimeout(() => {
        proxy.between = {};
        proxy.cut();
      }, 50);
      return text;
    });
    expect(outcome).toEqual({ fault: undefined, ids: [1] });
  });

  test("a commit is lost: nothing is stored, and that is said", async () => {
    const outcome = await atCommit((proxy) => {
      proxy.between = {};
      return undefined;
    });
    expect(outcome.ids).toEqual([]);
    expect(outcome.fault).toStartWith("unavailable: the connection broke before the change was stored");
  });

  test("where nobody can be asked any more, it is said that nobody knows", async () => {
    await using proxy = await TcpProxy.start(server().port, {});
    const store = await opened(proxy.port);
    const { promise: isOver, resolve } = Promise.withResolvers<void>();
    proxy.between = {
      request(text) {
        if (!text.includes("commit\0")) return text;
        // From now on nothing goes through any more.
        void proxy[Symbol.asyncDispose]();
        resolve();
        return undefined;
      },
    };
    const said = say(store, 1).catch((error: Fault) => (error.cause as Error).message);
    await isOver;
    while ((await faultOf(store.commit({}))) !== "unavailable");
    await store.close();
    expect(await said).toContain("look before it is sent again");
  });

  test("an end does not wait for changes that no connection will take any more", async () => {
    await using proxy = await TcpProxy.start(server().port, {});
    const store = await opened(proxy.port);
    const { promise: isUnderWay, resolve } = Promise.withResolvers<void>();
    proxy.between = {
      request(text) {
        if (!text.includes("insert into")) return text;
        resolve();
        return undefined;
      },
    };
    const first = faultOf(say(store, 1));
    await isUnderWay;
    const second = faultOf(say(store, 2));
    const closed = store.close();
    proxy.cut();
    await closed;
    expect([await first, await second]).toEqual(["unavailable", "unavailable"]);
  });
});
