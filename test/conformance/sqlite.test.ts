import { expect, test } from "bun:test";
import { join } from "node:path";
import { migrateSqlite, sqliteColumns } from "../../src/adapters/store/sqlite/migrate.ts";
import { SqliteStore } from "../../src/adapters/store/sqlite/store.ts";
import { journalMigrations } from "../../src/core/journal-tables.ts";
import { faultOf } from "../kit/fault.ts";
import { tempDir } from "../kit/temp.ts";
import { migrations, storeSuite, type Tables } from "./store.ts";

const all = { ...journalMigrations(sqliteColumns), ...migrations };

storeSuite("SQLite", async () => {
  const dir = tempDir();
  const file = join(dir.path, "test.db");
  await migrateSqlite(file, all);
  const again = () => SqliteStore.open<Tables>({ file });
  const store = await again();
  const dispose = async () => {
    await store.close();
    dir[Symbol.dispose]();
  };
  return { store, again, [Symbol.asyncDispose]: dispose };
});

test("migrations run once, and a later one of any feature runs beside them", async () => {
  using dir = tempDir();
  const file = join(dir.path, "x.db");
  expect(await migrateSqlite(file, all)).toEqual(["journal/001_journal", "journal/002_topics", "things/001"]);
  expect(await migrateSqlite(file, all)).toEqual([]);
  const later = { ...all, "accounts/001": { up: async () => {} } };
  expect(await migrateSqlite(file, later)).toEqual(["accounts/001"]);
});

test("a database of a newer version is refused with what to do", async () => {
  using dir = tempDir();
  const file = join(dir.path, "x.db");
  await migrateSqlite(file, { ...all, "things/999_future": { up: async () => {} } });
  await expect(migrateSqlite(file, all)).rejects.toThrow(/newer version of Peyk.*Install that version/);
});

test("a full disk is `unavailable`, and the writer goes on afterwards", async () => {
  using dir = tempDir();
  const file = join(dir.path, "x.db");
  await migrateSqlite(file, all);
  const store = await SqliteStore.open<Tables>({ file, maxPages: 40 });
  const fill = (id: number, length: number) =>
    store.commit({
      writes: [store.db.insertInto("things").values({ id, name: `${id}${"x".repeat(length)}`, size: 1 })],
    });
  await fill(1, 10);
  expect(await faultOf(fill(2, 400_000))).toBe("unavailable");
  await fill(3, 10);
  expect((await store.db.selectFrom("things").select("id").execute()).map(({ id }) => id)).toEqual([1, 3]);
  await store.close();
});
