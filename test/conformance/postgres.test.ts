import { expect, test } from "bun:test";
import { sql } from "kysely";
import { postgresColumns } from "../../src/adapters/store/postgres/columns.ts";
import { migratePostgres } from "../../src/adapters/store/postgres/migrate.ts";
import { writerMigrations } from "../../src/adapters/store/postgres/migrations.ts";
import { PostgresStore } from "../../src/adapters/store/postgres/store.ts";
import { journalMigrations } from "../../src/core/journal-tables.ts";
import { type Tables as AllTables, migrations as allMigrations } from "../../src/services.ts";
import { describePostgres, postgresServer } from "../kit/databases.ts";
import { migrations, storeSuite, type Tables } from "./store.ts";

const all = { ...journalMigrations(postgresColumns), ...migrations };
const everything = { ...writerMigrations, ...allMigrations(postgresColumns) };
const server = postgresServer();

const complaint = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "",
    (error: Error) => error.message,
  );

describePostgres("PostgreSQL", () => {
  storeSuite("PostgreSQL", async () => {
    const url = await server().database();
    await migratePostgres(url, all);
    const again = () => PostgresStore.open<Tables>({ url });
    const store = await again();
    return { store, again, [Symbol.asyncDispose]: () => store.close() };
  });

  test("an empty database gets all tables, once, and a later step of any feature runs beside them", async () => {
    const url = await server().database();
    expect(await migratePostgres(url, everything)).toEqual(Object.keys(everything).toSorted());
    expect(await migratePostgres(url, everything)).toEqual([]);
    const later = { ...everything, "accounts/999": { up: async () => {} } };
    expect(await migratePostgres(url, later)).toEqual(["accounts/999"]);
  });

  test("two servers that start at once bring it up to date once", async () => {
    const url = await server().database();
    const ran = await Promise.all([migratePostgres(url, everything), migratePostgres(url, everything)]);
    expect(ran.flat().toSorted()).toEqual(Object.keys(everything).toSorted());
  });

  test("a database of a newer version is refused with what to do", async () => {
    const url = await server().database();
    await migratePostgres(url, { ...all, "things/999_future": { up: async () => {} } });
    expect(await complaint(migratePostgres(url, all))).toMatch(/newer version of Peyk.*Install that version/);
  });

  test("of two servers' changes, what has the lower number is there first", async () => {
    const url = await server().database();
    await migratePostgres(url, everything);
    const stores = [
      await PostgresStore.open<AllTables>({ url }),
      await PostgresStore.open<AllTables>({ url }),
    ];
    let isOver = false;
    const write = async (store: PostgresStore<AllTables>) => {
      const { db } = store;
      for (let round = 0; round < 60; round++)
        await Promise.all(
          Array.from({ length: 4 }, () =>
            store.commit({
              writes: [
                db
                  .insertInto("audit")
                  .values({ at: 1, who: "1", name: "", what: "", target: "", detail: "" }),
              ],
              events: [{ topic: "a", type: "x", frame: "{}" }],
            }),
          ),
        );
    };
    /** What stands in a table, with holes counted that a rolled back change leaves: none is rolled back here. */
    const look = async () => {
      const { rows } = await sql<{ events: number; head: number; rows: number; last: number }>`
        select (select count(*) from journal) as events, (select coalesce(max(seq), 0) from journal) as head,
          (select count(*) from audit) as rows, (select coalesce(max(id), 0) from audit) as last`.execute(
        stores[0]!.db,
      );
      return rows[0]!;
    };
    const looking = (async () => {
      for (; !isOver; ) {
        const { events, head, rows, last } = await look();
        expect([events, rows]).toEqual([head, last]);
      }
    })();
    await Promise.all(stores.map(write));
    isOver = true;
    await looking;
    expect(await look()).toEqual({ events: 480, head: 480, rows: 480, last: 480 });
    for (const store of stores) await store.close();
  });

  test("types are as wide as SQLite's, and text is ordered by its bytes", async () => {
    const url = await server().database();
    await migratePostgres(url, all);
    const store = await PostgresStore.open<Tables>({ url });
    const names = ["Zoe", "anna", "Émile", "Борис", "آرش", "_"];
    const rows = names.map((name, id) => ({ id, name, size: 2 ** 45 + id }));
    await store.commit({ writes: [store.db.insertInto("things").values(rows)] });
    const read = await store.db.selectFrom("things").selectAll().orderBy("name").execute();
    expect(read.map(({ name }) => name)).toEqual(
      names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    expect(read.every(({ id, size }) => size === 2 ** 45 + id)).toBe(true);
    await store.close();
  });

  test("text with the character NUL or half a surrogate pair is kept with a sign in its place", async () => {
    const url = await server().database();
    await migratePostgres(url, all);
    const store = await PostgresStore.open<Tables>({ url });
    const row = { id: 1, name: "a\0b\uD800c", size: 1 };
    const event = { topic: "t\0", type: "x", frame: `{"type":"x","text":${JSON.stringify(row.name)}}` };
    await store.commit({ writes: [store.db.insertInto("things").values(row)], events: [event] });
    const read = await store.db.selectFrom("things").select("name").where("name", "=", row.name).execute();
    expect(read).toEqual([{ name: "a\uFFFDb\uFFFDc" }]);
    const [kept] = await store.db.selectFrom("journal").selectAll().execute();
    // Escaped, as JSON has it, it is text like any other.
    expect(JSON.parse(kept!.frame).text).toBe(row.name);
    await store.close();
  });
});

describePostgres("a database that is not fit is refused with what to do:", () => {
  const password = "s3cret-of-the-test";
  const asOther = (url: string) => url.replace("postgres@", `other:${password}@`);

  test("another encoding", async () => {
    const url = await server().database("encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'");
    expect(await complaint(migratePostgres(url, everything))).toMatch(
      /stores text as LATIN1.*createdb --enc/,
    );
  });

  test("one that knows the letters of English alone", async () => {
    const url = await server().database("lc_collate 'C' lc_ctype 'C'");
    const said = await complaint(migratePostgres(url, everything));
    expect(said).toMatch(/letters of all scripts.*createdb --encoding=UTF8 --locale=C.UTF-8/);
  });

  test("without pg_trgm, and without the right to have it; with it, all goes well", async () => {
    await server().sql(`create role other login password '${password}'`);
    const url = await server().database();
    const name = new URL(url).pathname.slice(1);
    await server().sql("grant create on schema public to other", name);
    const said = await complaint(migratePostgres(asOther(url), everything));
    expect(said).toMatch(/needs the extension pg_trgm \(permission denied.*create extension pg_trgm/);
    expect(said).not.toContain(password);
    await server().sql("create extension pg_trgm", name);
    expect(await migratePostgres(asOther(url), everything)).toHaveLength(Object.keys(everything).length);
  });

  test("a wrong password, a name that there is not, and a server that is not there", async () => {
    const url = asOther(server().url("postgres"));
    const wrong = await complaint(migratePostgres(url.replace(password, "wr0ng-one"), all));
    expect(wrong).toMatch(/password authentication failed.*pg_hba.conf/);
    expect(wrong).not.toContain("wr0ng-one");
    const missing = await complaint(migratePostgres(server().url("nowhere"), all));
    expect(missing).toMatch(/"nowhere" does not exist.*createdb/);
    const silent = await complaint(migratePostgres("postgres://u:hush-hush@127.0.0.1:1/x", all));
    expect(silent).toMatch(/127.0.0.1:1\/x does not answer.*Start it/);
    expect(silent).not.toContain("hush-hush");
  });
});
