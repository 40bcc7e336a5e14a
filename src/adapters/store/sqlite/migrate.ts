import { Database } from "bun:sqlite";
import { Kysely, Migrator } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";
import { sqliteDialect } from "./dialect.ts";
import { setPragmas } from "./pragmas.ts";

export const sqliteColumns: ColumnTypes = {
  bigint: "integer",
  identity: (column) => column.primaryKey().autoIncrement(),
};

/**
 * Brings the file up to date, creating it where it is missing. Returns the names of the migrations that ran.
 * Throws a sentence for the operator where a newer program wrote the file, or a migration fails.
 */
export async function migrateSqlite(file: string, migrations: Migrations): Promise<string[]> {
  const database = new Database(file, { create: true, readwrite: true });
  setPragmas(database);
  if (isUpToDate(database, migrations)) {
    database.close();
    return [];
  }
  const db = new Kysely<unknown>({ dialect: sqliteDialect(database) });
  try {
    return await run(db, file, migrations);
  } finally {
    await db.destroy();
    database.close();
  }
}

/** The ordinary start, without the 20 ms that the migrator takes to look at every table. */
function isUpToDate(database: Database, migrations: Migrations): boolean {
  const known = database.query("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (known === null) return false;
  const ran = database.query<{ name: string }, []>("select name from kysely_migration").all();
  return (
    ran.length === Object.keys(migrations).length && ran.every(({ name }) => Object.hasOwn(migrations, name))
  );
}

async function run(db: Kysely<unknown>, file: string, migrations: Migrations): Promise<string[]> {
  // Features number their own migrations, so a new one may sort before another feature's that ran long ago.
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  const detail = error instanceof Error ? error.message : String(error);
  if (/previously executed migration .* is missing/.test(detail))
    throw new Error(
      `${file} was written by a newer version of Peyk (${detail}). Install that version, or put back a backup of before.`,
    );
  throw new Error(
    `${file} could not be brought up to date: ${detail}. Nothing was changed by the step that failed.`,
  );
}
