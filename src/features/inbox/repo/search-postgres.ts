import { sql } from "kysely";
import { maxHits, newestTitles, pattern, type Search } from "./search-kinds.ts";

/** As the tables of words have it: columns are ordered by their bytes, the database's own order knows upper and lower case. */
const lower = (text: string) => sql`lower(${text} collate "default")`;

/** PostgreSQL's pg_trgm, over what migrations/postgres.ts keeps beside messages and customers: nothing waits. */
export const postgresSearch: Search = {
  inTitles: (inbox, text) =>
    sql`select id from (${newestTitles(inbox)}) c
      where lower(title collate "default") like ${lower(pattern(text))}`,

  inIndex: (inbox, text) =>
    sql`(select conversation_id as id from inbox_message_words
        where inbox_id = ${inbox} and words like ${lower(pattern(text))}
        order by seq desc limit ${maxHits})
      union
      select c.id from (select customer_id from inbox_customer_words
        where inbox_id = ${inbox} and words like ${lower(pattern(text))}
        order by customer_id desc limit ${maxHits}) w
      join inbox_conversations c on c.customer_id = w.customer_id`,

  isOneOf: (ids) => sql`id = any(${ids}::text[])`,

  customer: ({ inbox_id, source_id }, words) =>
    sql`insert into inbox_customer_words (customer_id, inbox_id, words)
      select id, inbox_id, ${lower(words)} from inbox_customers
        where inbox_id = ${inbox_id} and source_id = ${source_id}
      on conflict (customer_id) do update set words = excluded.words`,

  // A trigger does it.
  messageChanged: () => [],
  waiting: async () => 0,
  nextMessages: () => [],
};
