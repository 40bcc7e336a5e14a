import { type CompiledQuery, type RawBuilder, sql } from "kysely";
import type { Compilable } from "../../../core/store.ts";
import type { CustomerRow, Db } from "./tables.ts";

/** Letters that the index can find: fewer than three are looked for in titles alone. */
const indexed = 3;
/** Messages and names that a search looks at, the newest ones: a word that is everywhere must not hold up everybody. */
const maxHits = 10_000;
/**
 * Rows of the index are numbered by inbox, then by message or customer: 2^40 of them have room in one. So a search
 * reads what its own inboxes have, and nothing of a huge one beside them.
 */
const room = sql.raw("1099511627776");

/** A row of the index as one of its own table. */
const within = sql.raw("f.rowid & 1099511627775");

const numberOf = (inbox: string): RawBuilder<number> => sql`(select number from inboxes where id = ${inbox})`;
const rowIn = (inbox: string, id: number): RawBuilder<number> => sql`(${numberOf(inbox)} * ${room} + ${id})`;

/** Conversations of one inbox whose messages, names or title have these letters in a row; upper and lower case alike. */
export async function conversationsFound(db: Db, inbox: string, search: string): Promise<string[]> {
  const text = search.trim();
  const found = [...text].length < indexed ? inTitles(inbox, text) : inIndex(inbox, text);
  return (await found.execute(db)).rows.map(({ id }) => id);
}

const inTitles = (inbox: string, text: string): RawBuilder<{ id: string }> =>
  sql`select id from inbox_conversations where inbox_id = ${inbox}
      and title like ${`%${text.replace(/[%_\\]/g, "\\$&")}%`} escape '\\' limit ${maxHits}`;

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

/** What is found of a customer. */
export const indexCustomer = (
  db: Db,
  { id, inbox_id }: Pick<CustomerRow, "id" | "inbox_id">,
  words: string,
): Compilable =>
  asWrite(
    sql`insert or replace into inbox_customers_fts (rowid, words) values (${rowIn(inbox_id, id)}, ${words})`.compile(
      db,
    ),
  );

const nextToIndex = (limit: number) =>
  sql`(select seq, conversation_id, content, deleted_at from inbox_messages
       where seq > (select indexed from inbox_search_state) order by seq limit ${limit})`;

/**
 * Pages of the index that are merged with each step. FTS5 would do it by itself, 256 pages at once at times, for which
 * everything else waits 17 ms; so much with each step keeps up with it in 2 ms (bench I5, migration 009).
 */
const mergePages = 16;

/** Takes the next messages into the search index. */
export const indexMessages = (db: Db, limit: number): Compilable[] =>
  [
    sql`insert into inbox_messages_fts (rowid, content)
      select i.number * ${room} + m.seq, m.content from ${nextToIndex(limit)} m
      join inbox_conversations c on c.id = m.conversation_id join inboxes i on i.id = c.inbox_id
      where m.deleted_at is null`,
    sql`update inbox_search_state
      set indexed = coalesce((select max(seq) from ${nextToIndex(limit)}), indexed)`,
    sql`insert into inbox_messages_fts (inbox_messages_fts, rank) values ('merge', ${mergePages})`,
  ].map((query) => asWrite(query.compile(db)));

export const newestMessage = async (db: Db): Promise<number> =>
  (await db.selectFrom("inbox_messages").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst())
    ?.seq ?? 0;

export const searchState = async (db: Db): Promise<number> =>
  (await db.selectFrom("inbox_search_state").select("indexed").executeTakeFirst())?.indexed ?? 0;

/** An edited message is found by its new text, a deleted one not at all. */
export const reindexMessage = (db: Db, inbox: string, seq: number, content: string): Compilable[] => [
  asWrite(sql`delete from inbox_messages_fts where rowid = ${rowIn(inbox, seq)}`.compile(db)),
  asWrite(
    sql`insert into inbox_messages_fts (rowid, content) select ${rowIn(inbox, seq)}, ${content}
        where ${content} <> '' and ${seq} <= (select indexed from inbox_search_state)`.compile(db),
  ),
];

/** What is compiled already, as a write of a change. */
function asWrite(query: CompiledQuery): Compilable {
  return { compile: () => query };
}
