import { type Kysely, Migrator } from "kysely";
import type { Migrations } from "../../core/feature.ts";

/**
 * Runs what has not run yet, and returns its names. `name`: what the operator calls this database. Throws a sentence
 * where a newer program wrote it, or a migration fails.
 */
export async function runMigrations(
  db: Kysely<unknown>,
  name: string,
  migrations: Migrations,
): Promise<string[]> {
  // Features number their own migrations, so a new one may sort before another feature's that ran long ago.
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  const detail = error instanceof Error ? error.message : String(error);
  if (/previously executed migration .* is missing/.test(detail))
    throw new Error(
      `${name} was written by a newer version of Peyk (${detail}). Install that version, or put back a backup of before.`,
    );
  throw new Error(
    `${name} could not be brought up to date: ${detail}. Nothing was changed by the step that failed.`,
  );
}

/** The ordinary start, without the time that the migrator takes to look at every table. */
export const isUpToDate = (ran: readonly string[], migrations: Migrations): boolean =>
  ran.length === Object.keys(migrations).length && ran.every((name) => Object.hasOwn(migrations, name));
