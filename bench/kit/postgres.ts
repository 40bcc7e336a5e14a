import { noPostgres, Postgres } from "../../test/kit/postgres.ts";
import type { Figure, Outcome } from "../rows/row.ts";

/** Rows about PostgreSQL are measured where there is one. */
export const hasPostgres = noPostgres === "";

/** Peyk on a PostgreSQL of the row's own, as it comes but that it waits for the disk; the control is Peyk on SQLite. */
export async function besideSqlite(
  measure: (env: Record<string, string>) => Promise<Figure>,
): Promise<Outcome> {
  const control = await measure({});
  await using server = await Postgres.start({ settings: { fsync: "on" } });
  const peyk = await measure({ DATABASE_URL: await server.database() });
  return { peyk, control };
}
