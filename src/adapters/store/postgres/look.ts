import { connect, readerOptions, writerName } from "./connection.ts";
import { type Ask, hasTable, ranIn } from "./tables.ts";

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
    const ask: Ask = async (question) => (await client.query(question)).rows;
    return { ...rows[0], ran: await ranIn(ask), inboxes: await inboxesIn(ask) };
  } finally {
    await client.end();
  }
}

async function inboxesIn(ask: Ask): Promise<number> {
  if (!(await hasTable(ask, "inboxes"))) return 0;
  const [row] = await ask<{ n: number }>(
    "select count(*) as n from inboxes where kind in ('telegram', 'instagram') and removed_at is null",
  );
  return row!.n;
}
