import { sql } from "kysely";
import { prepared } from "../../../core/prepared.ts";
import { type MessagePage, newestSeqs, newestTold } from "./newest.ts";
import type { Db, InboxTables, MessageRow, OutboxRow } from "./tables.ts";

type NewMessage = Omit<MessageRow, "seq">;

export const insertMessage = prepared((db: Db, row: NewMessage) =>
  db.insertInto("inbox_messages").values({
    id: row.id,
    conversation_id: row.conversation_id,
    type: row.type,
    content: row.content,
    author: row.author,
    author_name: row.author_name,
    client_message_id: row.client_message_id,
    kind: row.kind,
    media: row.media,
    state: row.state,
    error: row.error,
    is_answered: row.is_answered,
    announced: row.announced,
    created_at: row.created_at,
    edited_at: row.edited_at,
    deleted_at: row.deleted_at,
  }),
);

export const messageById = (db: Db, id: string): Promise<MessageRow | undefined> =>
  db.selectFrom("inbox_messages").selectAll().where("id", "=", id).executeTakeFirst();

export const messagesByIds = (db: Db, ids: readonly string[]): Promise<MessageRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom("inbox_messages").selectAll().where("id", "in", ids).execute();

const byClientId = prepared((db: Db, of: { conversation: string; author: string; clientId: string }) =>
  db
    .selectFrom("inbox_messages")
    .selectAll()
    .where("conversation_id", "=", of.conversation)
    .where("author", "=", of.author)
    .where("client_message_id", "=", of.clientId),
);

/** What an author said under an id of his own. */
export const messageByClientId = async (db: Db, conversation: string, author: string, clientId: string) =>
  (await db.executeQuery<MessageRow>(byClientId(db, { conversation, author, clientId }))).rows[0];

/** The newest ones first. */
export const messages = (db: Db, page: MessagePage): Promise<MessageRow[]> =>
  db
    .selectFrom("inbox_messages")
    .selectAll()
    .where("seq", "in", sql<number>`(${newestTold(db, page)})`)
    .orderBy("seq", "desc")
    .execute();

/** The newest message that was told. */
export async function newestSeq(db: Db, conversation: string): Promise<number> {
  const { rows } = await sql<{
    seq: number;
  }>`${newestTold(db, { conversation, limit: 1, offset: 0 })}`.execute(db);
  return rows[0]?.seq ?? 0;
}

/** Customers' messages of a conversation that nobody has seen. */
const unread = (db: Db, conversation: string) =>
  db
    .selectFrom("inbox_messages")
    .where("conversation_id", "=", conversation)
    .where("type", "=", sql.lit("customer"))
    .where("is_answered", "=", sql.lit(0));

/** Customers' messages up to this one are answered for. */
export const answerUpTo = (db: Db, conversation: string, seq: number) =>
  db
    .updateTable("inbox_messages")
    .set({ is_answered: 1 })
    .where("seq", "in", unread(db, conversation).where("seq", "<=", seq).select("seq"));

/** Messages that are looked at for what a customer sees, or a platform tells us again; older ones stay as they are. */
const recent = 2_000;

/** Our messages up to this one that the customer had not seen. */
const unseen = (db: Db, conversation: string, seq: number) =>
  db
    .selectFrom("inbox_messages")
    .where("seq", "in", sql<number>`(${newestSeqs(db, { conversation, count: recent, upTo: seq })})`)
    .where("state", "=", "sent")
    .where("type", "!=", "customer");

export const messageByRef = async (
  db: Db,
  inbox: string,
  platformId: string,
): Promise<MessageRow | undefined> =>
  db
    .selectFrom("inbox_messages")
    .innerJoin("inbox_message_refs", "inbox_message_refs.message_id", "inbox_messages.id")
    .selectAll("inbox_messages")
    .where("inbox_message_refs.inbox_id", "=", inbox)
    .where("inbox_message_refs.platform_id", "=", platformId)
    .executeTakeFirst();

export const insertRef = (db: Db, row: InboxTables["inbox_message_refs"]) =>
  db
    .insertInto("inbox_message_refs")
    .values(row)
    .onConflict((conflict) => conflict.columns(["inbox_id", "platform_id"]).doNothing());

export const earlyChange = (db: Db, inbox: string, platformId: string) =>
  db
    .selectFrom("inbox_early_changes")
    .select(["text", "at"])
    .where("inbox_id", "=", inbox)
    .where("platform_id", "=", platformId)
    .executeTakeFirst();

/** A deletion stays one, and of two edits the newer counts. */
export const insertEarlyChange = (db: Db, row: InboxTables["inbox_early_changes"]) =>
  db
    .insertInto("inbox_early_changes")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(["inbox_id", "platform_id"])
        .doUpdateSet({ text: row.text, at: row.at })
        .where("inbox_early_changes.text", "is not", null)
        .where((eb) => (row.text === null ? eb.lit(true) : eb("inbox_early_changes.at", "<=", row.at))),
    );

export const deleteEarlyChange = (db: Db, inbox: string, platformId: string) =>
  db.deleteFrom("inbox_early_changes").where("inbox_id", "=", inbox).where("platform_id", "=", platformId);

export const deleteEarlyChangesBefore = (db: Db, time: number) =>
  db.deleteFrom("inbox_early_changes").where("at", "<", time);

export const editMessage = (db: Db, id: string, content: string, edited_at: number) =>
  db.updateTable("inbox_messages").set({ content, edited_at }).where("id", "=", id);

export const deleteMessage = (db: Db, id: string, deleted_at: number) =>
  db.updateTable("inbox_messages").set({ content: "", media: null, deleted_at }).where("id", "=", id);

export const setMessageState = (db: Db, id: string, state: MessageRow["state"], error: string | null) =>
  db.updateTable("inbox_messages").set({ state, error }).where("id", "=", id);

/** A failed message waits again, with what was refused of it forgotten. */
export const requeue = (db: Db, id: string) =>
  db
    .updateTable("inbox_messages")
    .set({ state: "queued", error: null })
    .where("id", "=", id)
    .where("state", "=", "failed");

/** Parts of a message that a platform has taken. */
export async function countRefs(db: Db, message: string): Promise<number> {
  const { n } = await db
    .selectFrom("inbox_message_refs")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("message_id", "=", message)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Told now, and by nobody else: guarded by one row. */
export const announce = (db: Db, id: string) =>
  db.updateTable("inbox_messages").set({ announced: 1 }).where("id", "=", id).where("announced", "=", 0);

export const unseenUpTo = async (db: Db, conversation: string, seq: number): Promise<string[]> =>
  (await unseen(db, conversation, seq).select("id").execute()).map(({ id }) => id);

export const readUpTo = (db: Db, conversation: string, seq: number) =>
  db
    .updateTable("inbox_messages")
    .set({ state: "read" })
    .where("seq", "in", unseen(db, conversation, seq).select("seq"));

/** Our messages since then, oldest first, each with how many of its parts the platform is known to have. */
export const sentSince = (db: Db, conversation: string, since: number) =>
  db
    .selectFrom("inbox_messages")
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom("inbox_message_refs")
        .select((inner) => inner.fn.countAll<number>().as("n"))
        .whereRef("inbox_message_refs.message_id", "=", "inbox_messages.id")
        .as("refs"),
    )
    .where("seq", "in", sql<number>`(${newestSeqs(db, { conversation, count: recent })})`)
    .where("type", "!=", "customer")
    .where("author", "is not", null)
    .where("created_at", ">=", since)
    .orderBy("seq")
    .limit(200)
    .execute();

/** Whether there are customers' messages up to this one that nobody has seen. */
export const hasUnread = async (db: Db, conversation: string, seq: number): Promise<boolean> =>
  (await unread(db, conversation).where("seq", "<=", seq).select("seq").limit(1).executeTakeFirst()) !==
  undefined;

/** Customers' messages after this one that nobody has seen. */
export async function unreadAfter(db: Db, conversation: string, seq: number): Promise<number> {
  const { n } = await unread(db, conversation)
    .where("seq", ">", seq)
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}

export const insertOutbox = (db: Db, row: Omit<OutboxRow, "seq">) =>
  db.insertInto("inbox_outbox").values(row);
/** The first ones after `seq`, oldest first. */
export const outboxAfter = (db: Db, inbox: string, seq: number, limit: number): Promise<OutboxRow[]> =>
  db
    .selectFrom("inbox_outbox")
    .selectAll()
    .where("inbox_id", "=", inbox)
    .where("seq", ">", seq)
    .orderBy("seq")
    .limit(limit)
    .execute();
export const updateOutbox = (
  db: Db,
  message: string,
  change: Partial<Pick<OutboxRow, "next_part" | "attempts" | "due_at">>,
) => db.updateTable("inbox_outbox").set(change).where("message_id", "=", message);
export const outboxDueNow = (db: Db, inbox: string) =>
  db.updateTable("inbox_outbox").set({ due_at: 0 }).where("inbox_id", "=", inbox);
export const deleteOutbox = (db: Db, message: string) =>
  db.deleteFrom("inbox_outbox").where("message_id", "=", message);

/** What was stored in the moment in which its inbox was removed. */
export const deleteOutboxOfRemoved = (db: Db) =>
  db
    .deleteFrom("inbox_outbox")
    .where("inbox_id", "in", (eb) =>
      eb.selectFrom("inboxes").select("id").where("removed_at", "is not", null),
    );

export const deleteOutboxOf = (db: Db, inbox: string) =>
  db.deleteFrom("inbox_outbox").where("inbox_id", "=", inbox);
