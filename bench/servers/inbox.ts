/** Conversations of web inboxes straight into the server: over sockets, their making would take longer than the bench. */
import { type RawBuilder, sql } from "kysely";
import pg from "pg";
import type { App } from "../../src/app.ts";
import type { Config } from "../../src/config/schema.ts";
import { type Dialect, dialectOf } from "../../src/core/dialect.ts";
import { randomId } from "../../src/core/id.ts";

const operator = { id: "", seesAll: true };

/** What is found of its customers. */
const words: Readonly<Record<Dialect, (inbox: string) => RawBuilder<unknown>>> = {
  sqlite: (id) => sql`insert into inbox_customers_fts (rowid, words)
    select (select number from inboxes where id = ${id}) * 1099511627776 + id, first_name || ' ' || last_name
    from inbox_customers where inbox_id = ${id}`,
  postgres: (id) => sql`insert into inbox_customer_words (customer_id, inbox_id, words)
    select id, inbox_id, lower(first_name || ' ' || last_name) from inbox_customers where inbox_id = ${id}`,
};

/** A web inbox with so many conversations, each with a customer and one message; all have one word in common. */
export async function addInbox(
  app: App,
  member: string,
  name: string,
  conversations: number,
): Promise<string> {
  const { id } = await app.inbox.inboxes.add({ kind: "web", name }, member, operator);
  const batch = randomId(6);
  const now = Date.now();
  const numbers = numbersBelow(conversations);
  const conversation = sql`${`conv_${batch}`} || n`;
  const message = sql`${`msg_${batch}`} || n`;
  const text = sql`'my order ' || n || ' of ' || ${name} || ' has not arrived'`;
  const at = sql`cast(${now - conversations} as bigint) + n`;
  const writes = [
    sql`insert into inbox_customers (inbox_id, source_id, first_name, last_name, created_at, updated_at)
      ${numbers} select ${id}, ${batch} || n, 'Customer', n, ${at}, ${at} from numbers`,
    sql`insert into inbox_conversations (id, inbox_id, customer_id, title, source, status, priority, unread,
        last_id, last_content, last_type, last_at, last_customer_at, created_at, updated_at)
      ${numbers} select ${conversation}, ${id}, c.id, 'web - Customer ' || n, 'web', 'active', 1, 1,
        ${message}, ${text}, 'customer', ${at}, ${at}, ${at}, ${at}
      from numbers join inbox_customers c on c.inbox_id = ${id} and c.source_id = ${batch} || n`,
    sql`insert into inbox_messages (id, conversation_id, type, content, kind, state, is_answered, announced, created_at)
      ${numbers} select ${message}, ${conversation}, 'customer', ${text}, 'text', 'received', 0, 1, ${at} from numbers`,
    words[dialectOf(app.store.db)](id),
  ];
  await store(app, writes);
  return id;
}

/** So many messages more in one conversation, none of them unread. */
export async function addMessages(app: App, conversation: string, count: number): Promise<void> {
  const id = sql`${`msg_${randomId(6)}`} || n`;
  await store(app, [
    sql`insert into inbox_messages (id, conversation_id, type, content, kind, state, is_answered, announced, created_at)
      ${numbersBelow(count)} select ${id}, ${conversation}, 'support', 'yes, ' || n, 'text', 'sent', 1, 1,
        cast(${Date.now()} as bigint) from numbers`,
  ]);
}

const numbersBelow = (count: number) =>
  sql`with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < ${count - 1})`;

async function store(app: App, writes: readonly RawBuilder<unknown>[]): Promise<void> {
  const compiled = writes.map((write) => write.compile(app.store.db));
  await app.store.commit({ writes: compiled.map((query) => ({ compile: () => query })) });
  while (await app.inbox.conversations.index(5_000));
  await app.inbox.conversations.file(1_000);
}

/** What PostgreSQL does by itself within a minute: until then its plans and its indices do not know of the new rows. */
export async function tidy({ databaseUrl }: Config): Promise<void> {
  if (databaseUrl === undefined) return;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("vacuum analyze");
  await client.end();
}

/** The ids of an inbox's conversations. */
export async function conversationsOf(app: App, inbox: string): Promise<string[]> {
  const { db } = app.inbox.deps.store;
  const rows = await db
    .selectFrom("inbox_conversations")
    .select("id")
    .where("inbox_id", "=", inbox)
    .execute();
  return rows.map(({ id }) => id);
}
