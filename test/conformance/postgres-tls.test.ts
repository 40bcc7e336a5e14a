import { expect, test } from "bun:test";
import { join } from "node:path";
import { sql } from "kysely";
import { postgresColumns } from "../../src/adapters/store/postgres/columns.ts";
import { migratePostgres } from "../../src/adapters/store/postgres/migrate.ts";
import { PostgresStore } from "../../src/adapters/store/postgres/store.ts";
import { type JournalTables, journalMigrations } from "../../src/core/journal-tables.ts";
import { describePostgres } from "../kit/databases.ts";
import { Postgres } from "../kit/postgres.ts";

const authority = join(import.meta.dir, "..", "kit", "certificates", "first.crt");

describePostgres("TLS to PostgreSQL", () => {
  test("with a certificate that is checked, with any, and never in the clear where it was asked for", async () => {
    await using server = await Postgres.start({ tls: true });
    const url = await server.database();
    const withMode = (mode: string) => `${url}?sslmode=${mode}`;
    await migratePostgres(withMode("no-verify"), journalMigrations(postgresColumns));
    const checked = `${withMode("verify-full")}&sslrootcert=${encodeURIComponent(authority)}`;
    for (const [address, isHidden] of [
      [checked, true],
      [withMode("no-verify"), true],
      [withMode("disable"), false],
      [url, false],
    ] as const) {
      const store = await PostgresStore.open<JournalTables>({ url: address });
      await store.commit({ events: [{ topic: "t", type: "x", frame: "{}" }] });
      const seen = await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl
        join pg_stat_activity using (pid) where datname = current_database()`.execute(store.db);
      expect(seen.rows.length).toBeGreaterThan(1);
      expect(seen.rows.every(({ ssl }) => ssl === isHidden)).toBe(true);
      await store.close();
    }
    const refused = PostgresStore.open({ url: withMode("verify-full") });
    expect(await refused.then(String, ({ message }: Error) => message)).toMatch(
      /self.signed certificate.*DATABASE_URL/,
    );
  });
});
