import { describe, expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { Migrations } from "../../src/core/feature.ts";
import type { JournalTables } from "../../src/core/journal-tables.ts";
import { prepared } from "../../src/core/prepared.ts";
import type { Store } from "../../src/core/store.ts";
import { faultOf } from "../kit/fault.ts";

export interface Tables extends JournalTables {
  things: { id: number; name: string; size: number };
}

export const migrations: Migrations = {
  "things/001": {
    async up(db: Kysely<Tables>) {
      await db.schema
        .createTable("things")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull().unique())
        .addColumn("size", "integer", (column) => column.notNull())
        .execute();
    },
  },
};

export interface Opened extends AsyncDisposable {
  readonly store: Store<Tables>;
  /** Another one on the same data, as another process would have it. */
  again(): Promise<Store<Tables>>;
}

/** What every store must do, whatever the database. */
export function storeSuite(name: string, open: () => Promise<Opened>): void {
  const insert = (db: Kysely<Tables>, id: number, thing = `t${id}`) =>
    db.insertInto("things").values({ id, name: thing, size: 1 });
  const names = async (store: Store<Tables>) =>
    (await store.db.selectFrom("things").select("name").orderBy("id").execute()).map((row) => row.name);
  const event = (topic: string, n: number) => ({ topic, type: "t", frame: `{"type":"t","n":${n}}` });

  describe(`store: ${name}`, () => {
    test("a change is read back once its promise resolves", async () => {
      await using opened = await open();
      const { store } = opened;
      const { results } = await store.commit({
        writes: [insert(store.db, 1).returning("id"), insert(store.db, 2)],
      });
      expect(results[0]!.rows).toEqual([{ id: 1 }]);
      expect(results[1]!.changed).toBe(1);
      expect(await names(store)).toEqual(["t1", "t2"]);
    });

    test("a prepared query writes and reads with the values of each call", async () => {
      await using opened = await open();
      const { store } = opened;
      const add = prepared((db: Kysely<Tables>, { id, name }: { id: number; name: string }) =>
        db.insertInto("things").values({ id, name, size: 7 }),
      );
      const named = prepared((db: Kysely<Tables>, { name }: { name: string }) =>
        db.selectFrom("things").selectAll().where("name", "=", name),
      );
      await store.commit({
        writes: [add(store.db, { id: 1, name: "a" }), add(store.db, { id: 2, name: "b" })],
      });
      await store.commit({ writes: [{ query: add(store.db, { id: 3, name: "c" }), rows: 1 }] });
      for (const [id, name] of [
        [2, "b"],
        [3, "c"],
        [1, "a"],
      ] as const)
        expect((await store.db.executeQuery(named(store.db, { name }))).rows).toEqual([
          { id, name, size: 7 },
        ]);
    });

    test("a change that fails in its middle leaves nothing", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.commit({ writes: [insert(store.db, 1)] });
      const bad = store.commit({
        writes: [insert(store.db, 2), insert(store.db, 1)],
        events: [event("a", 1)],
      });
      expect(await faultOf(bad)).toBe("conflict");
      expect(await names(store)).toEqual(["t1"]);
      expect(await store.db.selectFrom("journal").selectAll().execute()).toEqual([]);
    });

    test("a failing change does not touch its neighbours in the same batch", async () => {
      await using opened = await open();
      const { store } = opened;
      const outcomes = await Promise.allSettled([
        store.commit({ writes: [insert(store.db, 1)], events: [event("a", 1)] }),
        store.commit({ writes: [insert(store.db, 1)], events: [event("a", 2)] }),
        store.commit({ writes: [insert(store.db, 3)], events: [event("a", 3)] }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await names(store)).toEqual(["t1", "t3"]);
      const kept = await store.db.selectFrom("journal").select(["seq", "frame"]).orderBy("seq").execute();
      expect(kept.map(({ seq, frame }) => [seq, JSON.parse(frame).n])).toEqual([
        [1, 1],
        [2, 3],
      ]);
    });

    test("a guard that does not hold is a conflict, and one that does is not", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.commit({ writes: [insert(store.db, 1)] });
      const grow = (from: number) => ({
        writes: [
          {
            query: store.db
              .updateTable("things")
              .set({ size: from + 1 })
              .where("id", "=", 1)
              .where("size", "=", from),
            rows: 1,
          },
        ],
      });
      const outcomes = await Promise.allSettled([
        store.commit(grow(1)),
        store.commit(grow(1)),
        store.commit(grow(2)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await faultOf(store.commit(grow(7)))).toBe("conflict");
    });

    test("events are numbered without holes, in the order of the calls", async () => {
      await using opened = await open();
      const { store } = opened;
      const committed = await Promise.all(
        Array.from({ length: 300 }, (_, i) =>
          store.commit({ events: i % 3 === 0 ? [event("a", i), event("b", i)] : [event("a", i)] }),
        ),
      );
      const seqs = committed.flatMap(({ events }) => events.map(({ seq }) => seq));
      expect(seqs).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    });

    test("two on the same data never give one number twice", async () => {
      await using opened = await open();
      const { store } = opened;
      const other = await opened.again();
      const commits = Array.from({ length: 100 }, (_, i) =>
        (i % 2 === 0 ? store : other).commit({ events: [event("a", i)] }),
      );
      const seqs = (await Promise.all(commits)).flatMap(({ events }) => events.map(({ seq }) => seq));
      expect(new Set(seqs)).toEqual(new Set(Array.from({ length: 100 }, (_, i) => i + 1)));
      await other.close();
    });

    test("a snapshot does not change while it is read", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.commit({ writes: [insert(store.db, 1)] });
      const count = async (db: Kysely<Tables>) =>
        (await db.selectFrom("things").select("id").execute()).length;
      const seen = await store.snapshot(async (db) => {
        const before = await count(db);
        await store.commit({ writes: [insert(store.db, 2)] });
        return [before, await count(db), await count(store.db)];
      });
      expect(seen).toEqual([1, 1, 2]);
    });

    test("many snapshots at once all end, and one that throws gives its place back", async () => {
      await using opened = await open();
      const { store } = opened;
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, i) =>
          store.snapshot(async (db) => {
            await db.selectFrom("things").select("id").execute();
            if (i % 2 === 0) throw new Error("no");
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
    });

    test("the reading side refuses to write", async () => {
      await using opened = await open();
      const { store } = opened;
      await expect(insert(store.db, 1).execute()).rejects.toThrow();
      expect(await names(store)).toEqual([]);
    });

    test("closing lets what was handed in finish", async () => {
      await using opened = await open();
      const { store } = opened;
      const commits = Array.from({ length: 50 }, (_, i) => store.commit({ writes: [insert(store.db, i)] }));
      const other = await opened.again();
      await store.close();
      await Promise.all(commits);
      expect(await names(other)).toHaveLength(50);
      expect(await faultOf(store.commit({ writes: [] }))).toBe("unavailable");
      await other.close();
    });
  });
}
