/** A database of each kind that we run on, for suites that every store must pass. */
import { afterAll, beforeAll, describe } from "bun:test";
import { join } from "node:path";
import { type Database, database } from "../../src/adapters/store/database.ts";
import type { ColumnTypes, Migrations } from "../../src/core/feature.ts";
import type { Store } from "../../src/core/store.ts";
import { noPostgres, Postgres } from "./postgres.ts";
import { tempDir } from "./temp.ts";

export type MigrationsOf = (columns: ColumnTypes) => Migrations;

/** An empty database with its tables. Several stores may be open on it at once, as several processes would have them. */
export interface TestDatabase extends AsyncDisposable {
  open<Tables>(): Promise<Store<Tables>>;
}

export type CreateDatabase = (migrationsOf: MigrationsOf) => Promise<TestDatabase>;

async function prepare(
  kept: Database,
  migrationsOf: MigrationsOf,
  dispose: () => void,
): Promise<TestDatabase> {
  await kept.migrate(migrationsOf(kept.columns));
  return {
    open: <Tables>() => kept.open<Tables>({ slowCommit: 0 }),
    [Symbol.asyncDispose]: async () => dispose(),
  };
}

const sqlite: CreateDatabase = (migrationsOf) => {
  const dir = tempDir();
  const file = join(dir.path, "test.db");
  return prepare(database({ file }), migrationsOf, () => dir[Symbol.dispose]());
};

const postgres =
  (server: () => Postgres): CreateDatabase =>
  async (migrationsOf) =>
    prepare(database({ url: await server().database() }), migrationsOf, () => {});

/** A server for one file of tests: up before them, gone after them. */
export function postgresServer(): () => Postgres {
  let server: Postgres | undefined;
  if (noPostgres === "") {
    beforeAll(async () => {
      server = await Postgres.start();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
  }
  return () => server!;
}

/** Runs tests that need PostgreSQL, or says how to get it. */
export const describePostgres = (name: string, tests: () => void): void =>
  noPostgres === "" ? describe(name, tests) : describe.skip(`${name} (skipped: ${noPostgres})`, tests);

/** The same tests on each store. */
export function onEachStore(name: string, tests: (create: CreateDatabase) => void): void {
  describe(`${name} on SQLite`, () => tests(sqlite));
  const server = postgresServer();
  describePostgres(`${name} on PostgreSQL`, () => tests(postgres(server)));
}
