/** Steps on SQLite that have another shape on PostgreSQL. */
import { type Kysely, sql } from "kysely";

/**
 * Three letters in a row, in any script, are found wherever they stand (SQLite's FTS5 with the trigram tokenizer).
 * Messages are indexed a moment after they are stored: the index costs more than the message.
 */
export async function search(db: Kysely<unknown>): Promise<void> {
  await sql`create virtual table inbox_messages_fts using fts5(content, content='', contentless_delete=1, tokenize='trigram')`.execute(
    db,
  );
  await sql`create virtual table inbox_customers_fts using fts5(words, content='', contentless_delete=1, tokenize='trigram')`.execute(
    db,
  );
  await db.schema
    .createTable("inbox_search_state")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("indexed", "integer", (column) => column.notNull())
    .execute();
  await sql`insert into inbox_search_state (id, indexed) values (1, 0)`.execute(db);
}

/** The index in the order of inboxes (repo/search.ts): 2^40 rows for each. Messages are indexed anew by the job. */
export async function searchByInbox(db: Kysely<unknown>): Promise<void> {
  await sql`drop table inbox_messages_fts`.execute(db);
  await sql`drop table inbox_customers_fts`.execute(db);
  await sql`create virtual table inbox_messages_fts using fts5(content, content='', contentless_delete=1, tokenize='trigram')`.execute(
    db,
  );
  await sql`create virtual table inbox_customers_fts using fts5(words, content='', contentless_delete=1, tokenize='trigram')`.execute(
    db,
  );
  await sql`update inbox_search_state set indexed = 0`.execute(db);
  await sql`insert into inbox_customers_fts (rowid, words)
    select i.number * 1099511627776 + c.id, c.first_name || ' ' || c.last_name || ' ' || coalesce(c.username, '')
      || ' ' || coalesce(c.email, '') || ' ' || coalesce(c.phone_number, '')
    from inbox_customers c join inboxes i on i.id = c.inbox_id`.execute(db);
}

/**
 * Segments of the index are merged a few pages at a time, with what is indexed (repo/search.ts), and not by FTS5 when
 * it sees fit. Where nothing is indexed and much is edited, it still steps in.
 */
export async function searchMerges(db: Kysely<unknown>): Promise<void> {
  await sql`insert into inbox_messages_fts (inbox_messages_fts, rank) values ('automerge', 0)`.execute(db);
  await sql`insert into inbox_messages_fts (inbox_messages_fts, rank) values ('crisismerge', 64)`.execute(db);
}

/**
 * Which messages belong to a conversation: an index of our own, a row for a conversation's share of some thousand
 * messages (repo/filing.ts), and the newest messages beside it. SQLite stores one change after another, so nothing
 * comes later with a lower `seq`. What is asked often of a few messages has an index of those few.
 */
export async function filing(db: Kysely<unknown>): Promise<void> {
  const steps = [
    sql`create table inbox_message_index (conversation_id text not null, segment integer not null, seqs text not null,
      primary key (conversation_id, segment))`,
    sql`create table inbox_filing (id integer primary key, filed integer not null)`,
    sql`insert into inbox_message_index select conversation_id, max(seq), '[' || group_concat(seq) || ']'
      from inbox_messages group by conversation_id`,
    sql`insert into inbox_filing select 1, coalesce(max(seq), 0) from inbox_messages`,
    sql`drop index inbox_messages_conversation`,
    sql`create view inbox_conversation_messages as
      select j.value as seq, i.conversation_id from inbox_message_index i, json_each(i.seqs) j
      union all
      select seq, conversation_id from inbox_messages where seq > (select filed from inbox_filing)`,
    sql`create index inbox_messages_unread on inbox_messages (conversation_id, seq)
      where type = 'customer' and is_answered = 0`,
    sql`create index inbox_messages_untold on inbox_messages (conversation_id, seq) where announced = 0`,
  ];
  for (const step of steps) await step.execute(db);
}
