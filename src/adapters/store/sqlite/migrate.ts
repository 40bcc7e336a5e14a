import { Database } from "bun:sqlite";
import { Kysely } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";
import { isUpToDate, runMigrations } from "../run-migrations.ts";
import { sqliteDialect } from "./dialect.ts";
import { setPragmas } from "./pragmas.ts";

export const sqliteColumns: ColumnTypes = {
  dialect: "sqlite",
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
  if (isUpToDate(ranIn(database), migrations)) {
    database.close();
    return [];
  }
  const db = new Kysely<unknown>({ dialect: sqliteDialect(database) });
  try {
    return await runMigrations(db, file, migrations);
  } finally {
    await db.destroy();
    database.close();
  }
}

/** Names of the steps that a file has behind it. */
function ranIn(database: Database): string[] {
  const known = database.query("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (known === null) return [];
  return database
    .query<{ name: string }, []>("select name from kysely_migration")
    .all()
    .map(({ name }) => name);
}
