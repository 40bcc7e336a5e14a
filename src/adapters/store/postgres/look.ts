import type pg from "pg";
import { connect, readerOptions, writerName } from "./connection.ts";

/** What there is to see of a database, beside a running server or without one. Nothing is changed. */
export interface ServerLook {
  readonly version: string;
  readonly bytes: number;
  /** Names of the migrations that it has behind it. */
  readonly ran: readonly string[];
  /** Inboxes that talk to a platform. */
  readonly inboxes: number;
  /** Servers that write to it at this moment. */
  readonly writers: number;
}

/** Rejects where it does not answer: with a sentence, and with what the system says as its cause. */
export async function lookAtServer(url: string): Promise<ServerLook> {
  const client = await connect(url, readerOptions);
  try {
    const { rows } = await client.query(
      `select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
        (select count(*) from pg_stat_activity
          where datname = current_database() and application_name = $1) as writers`,
      [writerName],
    );
    return { ...rows[0], ran: await ranIn(client), inboxes: await inboxesIn(client) };
  } finally {
    await client.end();
  }
}

async function ranIn(client: pg.Client): Promise<string[]> {
  if (!(await hasTable(client, "kysely_migration"))) return [];
  const { rows } = await client.query<{ name: string }>("select name from kysely_migration");
  return rows.map(({ name }) => name);
}

async function inboxesIn(client: pg.Client): Promise<number> {
  if (!(await hasTable(client, "inboxes"))) return 0;
  const { rows } = await client.query<{ n: number }>(
    "select count(*) as n from inboxes where kind in ('telegram', 'instagram') and removed_at is null",
  );
  return rows[0]!.n;
}

async function hasTable(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>("select to_regclass($1) is not null as is", [name]);
  return rows[0]!.is;
}
