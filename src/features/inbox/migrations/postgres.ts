/** Steps on PostgreSQL that have another shape on SQLite. */
import { type Kysely, sql } from "kysely";

/** Columns are ordered by their bytes; this is how the database folds upper and lower case. */
const folded = sql.raw('collate "default"');

/**
 * Three letters in a row, in any script, are found wherever they stand (pg_trgm), as soon as they are stored. What is
 * looked through stands in small tables of its own, in lower case and with its inbox: a search of a small inbox reads
 * nothing of a huge one beside it, and comparing is some six times cheaper than where case is folded each time (bench I6).
 */
export async function search(db: Kysely<unknown>): Promise<void> {
  await addTrigrams(db);
  await db.schema
    .createTable("inbox_message_words")
    .addColumn("seq", "bigint", (column) => column.primaryKey())
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("conversation_id", "text", (column) => column.notNull())
    .addColumn("words", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("inbox_customer_words")
    .addColumn("customer_id", "bigint", (column) => column.primaryKey())
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("words", "text", (column) => column.notNull())
    .execute();
  const steps = [
    sql`create index inbox_message_words_inbox on inbox_message_words (inbox_id, seq)`,
    sql`create index inbox_customer_words_inbox on inbox_customer_words (inbox_id, customer_id)`,
    sql`create index inbox_message_words_trigrams on inbox_message_words using gin (words gin_trgm_ops)`,
    sql`create index inbox_customer_words_trigrams on inbox_customer_words using gin (words gin_trgm_ops)`,
    sql`create function inbox_index_message() returns trigger language plpgsql as $$
      begin
        insert into inbox_message_words (seq, inbox_id, conversation_id, words)
          select new.seq, c.inbox_id, c.id, lower(new.content ${folded})
          from inbox_conversations c where c.id = new.conversation_id
          on conflict (seq) do update set words = excluded.words;
        return null;
      end $$`,
    sql`create trigger inbox_messages_words after insert or update of content on inbox_messages
      for each row execute function inbox_index_message()`,
  ];
  for (const step of steps) await step.execute(db);
}

/** The extension comes with every PostgreSQL, often in a package of its own; the owner of a database may create it. */
async function addTrigrams(db: Kysely<unknown>): Promise<void> {
  try {
    await sql`create extension if not exists pg_trgm`.execute(db);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the search needs the extension pg_trgm (${detail}); install postgresql-contrib, let an administrator run "create extension pg_trgm" in this database, and start again`,
      { cause: error },
    );
  }
  const { rows } = await sql<{ can: boolean }>`
    select cardinality(show_trgm('سلام')) > 0 and 'ПРИВЕТ' ${folded} ilike 'привет' as can`.execute(db);
  if (rows[0]?.can !== true)
    throw new Error(
      "this database does not know the letters of all scripts, so a search would not find them; create another one: createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 NAME",
    );
}

/** The index goes by the messages themselves. */
export async function searchByInbox(): Promise<void> {}

/** PostgreSQL merges by itself. */
export async function searchMerges(): Promise<void> {}

/** The messages of a conversation are found by the index of step 003. What is asked often of a few has an index of those few. */
export async function filing(db: Kysely<unknown>): Promise<void> {
  const steps = [
    sql`create view inbox_conversation_messages as select seq, conversation_id from inbox_messages`,
    sql`create index inbox_messages_unread on inbox_messages (conversation_id, seq)
      where type = 'customer' and is_answered = 0`,
    sql`create index inbox_messages_untold on inbox_messages (conversation_id, seq) where announced = 0`,
  ];
  for (const step of steps) await step.execute(db);
}
