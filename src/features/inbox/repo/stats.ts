import { sql } from "kysely";
import type { Compilable, Guarded } from "../../../core/store.ts";
import type { ConversationRow, Db } from "./tables.ts";

export const dayLength = 86_400_000;

/** The last message that is counted. */
export const countedUpTo = async (db: Db): Promise<number> =>
  Number((await db.selectFrom("inbox_counting").select("counted").executeTakeFirstOrThrow()).counted);

/** Counts the messages after `from`, up to and with `upTo`; each once, whoever else counts at the same time. */
export const countMessagesOfDays = (db: Db, from: number, upTo: number): (Compilable | Guarded)[] => [
  {
    query: db.updateTable("inbox_counting").set({ counted: upTo }).where("counted", "=", from),
    rows: 1,
  },
  addToDays(db, from, upTo),
  noteFirstResponses(db, from, upTo),
];

/** UTC's days since 1970. Constants, since a group must be the same expression twice. */
const dayOf = sql<number>`m.created_at / ${sql.lit(dayLength)}`;
/** Customers are very many, and nobody asks how much each of them wrote. */
const authorOf = sql<string>`case when m.type = 'customer' then '' else coalesce(m.author, '') end`;

const addToDays = (db: Db, from: number, upTo: number): Compilable =>
  db
    .insertInto("inbox_daily_messages")
    .columns(["inbox_id", "day", "type", "author", "author_name", "messages"])
    .expression(
      db
        .selectFrom("inbox_messages as m")
        .innerJoin("inbox_conversations as c", "c.id", "m.conversation_id")
        .select(["c.inbox_id", dayOf.as("day"), "m.type", authorOf.as("author")])
        .select((eb) => [
          eb.fn.max("m.author_name").as("author_name"),
          eb.fn.countAll<number>().as("messages"),
        ])
        .where("m.seq", ">", from)
        .where("m.seq", "<=", upTo)
        .groupBy(["c.inbox_id", dayOf, "m.type", authorOf]),
    )
    .onConflict((conflict) =>
      conflict.columns(["inbox_id", "day", "type", "author"]).doUpdateSet((eb) => ({
        messages: eb("inbox_daily_messages.messages", "+", eb.ref("excluded.messages")),
        author_name: eb.ref("excluded.author_name"),
      })),
    );

const noteFirstResponses = (db: Db, from: number, upTo: number): Compilable =>
  db
    .updateTable("inbox_conversations")
    .from(
      db
        .selectFrom("inbox_messages")
        .select((eb) => ["conversation_id", eb.fn.min("created_at").as("at")])
        .where("seq", ">", from)
        .where("seq", "<=", upTo)
        .where("type", "=", "support")
        .groupBy("conversation_id")
        .as("first"),
    )
    .set((eb) => ({ first_response_at: eb.ref("first.at") }))
    .whereRef("first.conversation_id", "=", "inbox_conversations.id")
    .where("inbox_conversations.first_response_at", "is", null);

/** A span of time in milliseconds; `until` is not in it any more. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** What was counted of an inbox, a row for each day, type and author. */
export const daysOf = (db: Db, inbox: string, { from, until }: Span) =>
  db
    .selectFrom("inbox_daily_messages")
    .selectAll()
    .where("inbox_id", "=", inbox)
    .where("day", ">=", from / dayLength)
    .where("day", "<", until / dayLength)
    .orderBy("day")
    .execute();

export type Opened = Pick<ConversationRow, "id" | "created_at" | "first_response_at">;

/** Conversations that began within a span, in that order, after this one: from the index alone. */
export const openedAfter = (
  db: Db,
  inbox: string,
  { from, until }: Span,
  last: Opened | undefined,
  limit: number,
): Promise<Opened[]> =>
  db
    .selectFrom("inbox_conversations")
    .select(["id", "created_at", "first_response_at"])
    .where("inbox_id", "=", inbox)
    .where("created_at", ">=", last?.created_at ?? from)
    .where("created_at", "<", until)
    .$if(last !== undefined, (all) =>
      all.where((eb) => eb.or([eb("created_at", ">", last!.created_at), eb("id", ">", last!.id)])),
    )
    .orderBy("created_at")
    .orderBy("id")
    .limit(limit)
    .execute();

/** Messages of a span that did not reach their customer, by day. The index of failed ones needs the constant. */
export const failedByDay = (db: Db, inbox: string, { from, until }: Span) =>
  db
    .selectFrom("inbox_messages as m")
    .innerJoin("inbox_conversations as c", "c.id", "m.conversation_id")
    .select((eb) => [dayOf.as("day"), eb.fn.countAll<number>().as("messages")])
    .where("m.state", "=", sql.lit("failed"))
    .where("m.created_at", ">=", from)
    .where("m.created_at", "<", until)
    .where("c.inbox_id", "=", inbox)
    .groupBy(dayOf)
    .execute();

/** How many conversations of an inbox there are now, or how many of them are closed. */
export async function countNow(db: Db, inbox: string, isClosed: boolean): Promise<number> {
  const { n } = await db
    .selectFrom("inbox_conversations")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("inbox_id", "=", inbox)
    .$if(isClosed, (all) => all.where("status", "=", sql.lit("closed")))
    .executeTakeFirstOrThrow();
  return Number(n);
}
