import { type RawBuilder, sql } from "kysely";
import { newestMessage } from "./newest.ts";
import { maxHits, newestTitles, pattern, type Search } from "./search-kinds.ts";

/**
 * Rows of the index are numbered by inbox, then by message or customer: 2^40 of them have room in one. So a search
 * reads what its own inboxes have, and nothing of a huge one beside them.
 */
const room = sql.raw("1099511627776");

/** A row of the index as one of its own table. */
const within = sql.raw("f.rowid & 1099511627775");

const numberOf = (inbox: string): RawBuilder<number> => sql`(select number from inboxes where id = ${inbox})`;
const rowIn = (inbox: string, id: number): RawBuilder<number> => sql`(${numberOf(inbox)} * ${room} + ${id})`;

const inTitles = (inbox: string, text: string): RawBuilder<{ id: string }> =>
  sql`select id from (${newestTitles(inbox)}) c where title like ${pattern(text)} escape '\\'`;

function inIndex(inbox: string, text: string): RawBuilder<{ id: string }> {
  const phrase = `"${text.replaceAll('"', '""')}"`;
  const [from, to] = [sql`${numberOf(inbox)} * ${room}`, sql`(${numberOf(inbox)} + 1) * ${room} - 1`];
  const hits = (
    index: string,
  ) => sql`(select rowid from ${sql.table(index)} where ${sql.table(index)} match ${phrase}
    and rowid between ${from} and ${to} order by rowid desc limit ${maxHits})`;
  return sql`
    select m.conversation_id as id from ${hits("inbox_messages_fts")} f
      join inbox_messages m on m.seq = ${within}
    union select c.id from ${hits("inbox_customers_fts")} f
      join inbox_conversations c on c.customer_id = ${within}`;
}

const nextToIndex = (limit: number) =>
  sql`(select seq, conversation_id, content, deleted_at from inbox_messages
       where seq > (select indexed from inbox_search_state) order by seq limit ${limit})`;

/**
 * Pages of the index that are merged with each step. FTS5 would do it by itself, 256 pages at once at times, for which
 * everything else waits 17 ms; so much with each step keeps up with it in 2 ms (bench I5, migration 009).
 */
const mergePages = 16;

/** SQLite's FTS5. Messages are indexed a moment after they are stored: the index costs more than the message. */
export const sqliteSearch: Search = {
  inTitles,
  inIndex,
  isOneOf: (ids) => sql`id in (select value from json_each(${JSON.stringify(ids)}))`,

  customer: ({ inbox_id, source_id }, words) =>
    sql`insert or replace into inbox_customers_fts (rowid, words)
      select ${numberOf(inbox_id)} * ${room} + id, ${words} from inbox_customers
        where inbox_id = ${inbox_id} and source_id = ${source_id}`,

  messageChanged: (inbox, seq, content) => [
    sql`delete from inbox_messages_fts where rowid = ${rowIn(inbox, seq)}`,
    sql`insert into inbox_messages_fts (rowid, content) select ${rowIn(inbox, seq)}, ${content}
        where ${content} <> '' and ${seq} <= (select indexed from inbox_search_state)`,
  ],

  async waiting(db) {
    const { indexed } = await db.selectFrom("inbox_search_state").select("indexed").executeTakeFirstOrThrow();
    return (await newestMessage(db)) - indexed;
  },

  nextMessages: (limit) => [
    sql`insert into inbox_messages_fts (rowid, content)
      select i.number * ${room} + m.seq, m.content from ${nextToIndex(limit)} m
      join inbox_conversations c on c.id = m.conversation_id join inboxes i on i.id = c.inbox_id
      where m.deleted_at is null`,
    sql`update inbox_search_state
      set indexed = coalesce((select max(seq) from ${nextToIndex(limit)}), indexed)`,
    sql`insert into inbox_messages_fts (inbox_messages_fts, rank) values ('merge', ${mergePages})`,
  ],
};
