import { sql } from "kysely";
import { maxHits, pattern, type Search } from "./search-kinds.ts";

/** Columns are ordered by their bytes; this is how the database folds upper and lower case. */
const folded = sql.raw('collate "default"');

/** PostgreSQL's pg_trgm: its indices hold what is stored at once, so nothing waits. */
export const postgresSearch: Search = {
  inTitles: (inbox, text) =>
    sql`select id from inbox_conversations where inbox_id = ${inbox}
      and title ${folded} ilike ${pattern(text)} limit ${maxHits}`,

  inIndex: (inbox, text) =>
    sql`(select m.conversation_id as id from inbox_messages m
        join inbox_conversations c on c.id = m.conversation_id
        where c.inbox_id = ${inbox} and m.content ${folded} ilike ${pattern(text)}
        order by m.seq desc limit ${maxHits})
      union
      (select c.id from inbox_customer_words w join inbox_conversations c on c.customer_id = w.customer_id
        where w.inbox_id = ${inbox} and w.words ${folded} ilike ${pattern(text)}
        order by w.customer_id desc limit ${maxHits})`,

  oneOf: (ids) => sql`(select unnest(${ids}::text[]))`,

  customer: ({ id, inbox_id }, words) =>
    sql`insert into inbox_customer_words (customer_id, inbox_id, words) values (${id}, ${inbox_id}, ${words})
      on conflict (customer_id) do update set words = excluded.words`,

  messageChanged: () => [],
  waiting: async () => 0,
  nextMessages: () => [],
};
