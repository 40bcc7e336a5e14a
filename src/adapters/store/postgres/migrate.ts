import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Migrations } from "../../../core/feature.ts";
import { isUpToDate, runMigrations } from "../run-migrations.ts";
import { complaint } from "./complaint.ts";
import { connectionConfig, placeOf } from "./connection.ts";
import { writerMigrations } from "./migrations.ts";
import { sameTypes } from "./same-types.ts";
import { ranIn } from "./tables.ts";

/** The first with extensions that the owner of a database may create. */
const oldest = 13;

/**
 * Brings the database up to date, which must exist. Returns the names of the migrations that ran. Throws a sentence for
 * the operator where it does not answer, is not fit for us, or was written by a newer program.
 */
export async function migratePostgres(url: string, features: Migrations): Promise<string[]> {
  const place = placeOf(url);
  const migrations = { ...writerMigrations, ...features };
  const pool = new pg.Pool({ ...connectionConfig(url, {}), max: 1 });
  pool.on("error", () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), plugins: [sameTypes] });
  try {
    const ran = await look(db, place);
    return isUpToDate(ran, migrations) ? [] : await runMigrations(db, place, migrations);
  } finally {
    await db.destroy();
  }
}

/** Names of the steps that the database has behind it. */
async function look(db: Kysely<unknown>, place: string): Promise<string[]> {
  try {
    await requireFit(db, place);
    return await ranIn(async (question) => (await sql.raw<never>(question).execute(db)).rows);
  } catch (error) {
    throw error instanceof Unfit ? error : new Error(complaint(error, place), { cause: error });
  }
}

class Unfit extends Error {}

async function requireFit(db: Kysely<unknown>, place: string): Promise<void> {
  const { rows } = await sql<{ version: number; encoding: string }>`
    select current_setting('server_version_num')::int / 10000 as version,
      current_setting('server_encoding') as encoding`.execute(db);
  const { version, encoding } = rows[0]!;
  if (version < oldest)
    throw new Unfit(
      `PostgreSQL at ${place} is version ${version}; Peyk needs ${oldest} or newer. Upgrade it.`,
    );
  if (encoding !== "UTF8")
    throw new Unfit(
      `${place} stores text as ${encoding}; Peyk needs UTF8. Create another one: createdb --encoding=UTF8 --template=template0 NAME`,
    );
}
