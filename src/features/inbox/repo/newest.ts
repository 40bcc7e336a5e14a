import { type RawBuilder, sql } from "kysely";
import { type Dialect, dialectOf } from "../../../core/dialect.ts";
import type { Db } from "./tables.ts";

/** Which of a conversation's messages. */
export interface Newest {
  readonly conversation: string;
  /** So many at most. */
  readonly count: number;
  /** The newest of those up to this one. */
  readonly upTo?: number | undefined;
}

export interface MessagePage {
  readonly conversation: string;
  readonly limit: number;
  readonly offset: number;
}

/** After every message that there will be. */
const noEnd = Number.MAX_SAFE_INTEGER;

/**
 * The seqs of a conversation's newest messages, the newest first, as a query. What it costs goes by their count, not
 * by the length of the conversation: an old one may have a hundred thousand messages, and everybody who opens it asks
 * for the last fifty.
 */
export const newestSeqs = (db: Db, { conversation, count, upTo = noEnd }: Newest): RawBuilder<number> =>
  queries[dialectOf(db)](conversation, sql`${count}`, sql`${upTo}`);

/** The same of those that were told. What is being sent at this moment is not yet: few messages, as a rule none. */
export function newestTold(db: Db, { conversation, limit, offset }: MessagePage): RawBuilder<number> {
  const enough = sql`(${limit + offset} + (${countUntold(conversation)}))`;
  const newest = queries[dialectOf(db)](conversation, enough, sql`${noEnd}`);
  return sql`select seq from (${newest}) as newest where seq not in (select seq ${untold(conversation)})
    order by seq desc limit ${limit} offset ${offset}`;
}

/** SQLite takes an index of a few rows only where it sees the constants. */
const untold = (conversation: string) =>
  sql`from inbox_messages where conversation_id = ${conversation} and announced = 0`;
const countUntold = (conversation: string) => sql`select count(*) ${untold(conversation)}`;

type Query = (
  conversation: string,
  count: RawBuilder<unknown>,
  upTo: RawBuilder<unknown>,
) => RawBuilder<number>;

/**
 * From the index of conversations (filing.ts). The first row may hold nothing up to `upTo`, each of the others at least
 * one message: one row more than messages is enough, and of those only the first ones are unpacked. Then the messages
 * that are not in it yet.
 */
const fromIndex: Query = (conversation, count, upTo) => {
  const first = sql`(select min(segment) from inbox_message_index
    where conversation_id = ${conversation} and segment >= ${upTo})`;
  const rows = sql`select segment, seqs, json_array_length(seqs) as n from inbox_message_index
    where conversation_id = ${conversation} and segment <= coalesce(${first}, ${upTo})
    order by segment desc limit ${count} + 1`;
  const counted = sql`select seqs, sum(n) over before - first_value(n) over before as newer from (${rows})
    window before as (order by segment desc rows between unbounded preceding and 1 preceding)`;
  return sql`select seq from (
      select j.value as seq from (${counted}) i, json_each(i.seqs) j where coalesce(i.newer, 0) < ${count}
      union all
      select seq from inbox_messages
        where conversation_id = ${conversation} and seq > (select filed from inbox_filing))
    where seq <= ${upTo} order by seq desc limit ${count}`;
};

const fromTable: Query = (conversation, count, upTo) =>
  sql`select seq from inbox_messages where conversation_id = ${conversation} and seq <= ${upTo}
    order by seq desc limit ${count}`;

const queries: Readonly<Record<Dialect, Query>> = { sqlite: fromIndex, postgres: fromTable };

const counts: Readonly<Record<Dialect, (conversation: string) => RawBuilder<{ n: number }>>> = {
  sqlite: (conversation) => sql`select
    coalesce((select sum(json_array_length(seqs)) from inbox_message_index
      where conversation_id = ${conversation}), 0)
    + (select count(*) from inbox_messages
      where conversation_id = ${conversation} and seq > (select filed from inbox_filing))
    - (${countUntold(conversation)}) as n`,
  postgres: (conversation) => sql`select
    (select count(*) from inbox_messages where conversation_id = ${conversation})
    - (${countUntold(conversation)}) as n`,
};

/** How many messages of a conversation were told. */
export async function countMessages(db: Db, conversation: string): Promise<number> {
  const { rows } = await counts[dialectOf(db)](conversation).execute(db);
  return rows[0]!.n;
}

/** The last message that was stored, in whichever conversation. */
export const newestMessage = async (db: Db): Promise<number> =>
  (await db.selectFrom("inbox_messages").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst())
    ?.seq ?? 0;
