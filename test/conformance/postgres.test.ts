import { afterAll } from "bun:test";
import { migratePostgres, postgresColumns } from "../../src/adapters/store/postgres/migrate.ts";
import { PostgresStore } from "../../src/adapters/store/postgres/store.ts";
import { journalMigrations } from "../../src/core/journal-tables.ts";
import { Postgres } from "../kit/postgres.ts";
import { migrations, storeSuite, type Tables } from "./store.ts";

const all = { ...journalMigrations(postgresColumns), ...migrations };
const server = await Postgres.start();
afterAll(() => server[Symbol.asyncDispose]());
storeSuite("PostgreSQL", async () => {
  const url = await server.database();
  await migratePostgres(url, all);
  const again = () => PostgresStore.open<Tables>({ url });
  const store = await again();
  return { store, again, [Symbol.asyncDispose]: () => store.close() };
});
