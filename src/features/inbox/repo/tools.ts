import type { CannedReplyRow, Db, InboxTables, NoteRow } from "./tables.ts";

export const tagsOf = async (db: Db, conversations: readonly string[]) =>
  conversations.length === 0
    ? []
    : db
        .selectFrom("inbox_conversation_tags")
        .innerJoin("inbox_tags", "inbox_tags.id", "inbox_conversation_tags.tag_id")
        .select([
          "inbox_conversation_tags.conversation_id",
          "inbox_tags.id",
          "inbox_tags.name",
          "inbox_tags.created_by",
          "inbox_tags.created_at",
        ])
        .where("inbox_conversation_tags.conversation_id", "in", conversations)
        .orderBy("inbox_tags.name")
        .execute();

export const tagsIn = (db: Db, inboxes: readonly string[]) =>
  db.selectFrom("inbox_tags").selectAll().where("inbox_id", "in", inboxes).orderBy("name").execute();

export const tagByName = (db: Db, inbox: string, name: string) =>
  db
    .selectFrom("inbox_tags")
    .selectAll()
    .where("inbox_id", "=", inbox)
    .where("name", "=", name)
    .executeTakeFirst();

export const insertTag = (db: Db, row: Omit<InboxTables["inbox_tags"], "id">) =>
  db
    .insertInto("inbox_tags")
    .values(row)
    .onConflict((conflict) => conflict.columns(["inbox_id", "name"]).doNothing());

/** By name, so that a new tag and its first use are one change. */
export const tagConversation = (db: Db, conversation: string, inbox: string, name: string) =>
  db
    .insertInto("inbox_conversation_tags")
    .columns(["conversation_id", "tag_id"])
    .expression((eb) =>
      eb
        .selectFrom("inbox_tags")
        .select([eb.val(conversation).as("conversation_id"), "id as tag_id"])
        .where("inbox_id", "=", inbox)
        .where("name", "=", name),
    )
    .onConflict((conflict) => conflict.columns(["conversation_id", "tag_id"]).doNothing());

export const untagConversation = (db: Db, conversation: string, inbox: string, name: string) =>
  db
    .deleteFrom("inbox_conversation_tags")
    .where("conversation_id", "=", conversation)
    .where("tag_id", "in", (eb) =>
      eb.selectFrom("inbox_tags").select("id").where("inbox_id", "=", inbox).where("name", "=", name),
    );

export const insertNote = (db: Db, row: NoteRow) => db.insertInto("inbox_notes").values(row);
export const notesOf = (db: Db, conversation: string): Promise<NoteRow[]> =>
  db
    .selectFrom("inbox_notes")
    .selectAll()
    .where("conversation_id", "=", conversation)
    .orderBy("created_at")
    .orderBy("id")
    .execute();

export const cannedReplies = (db: Db, inbox: string): Promise<CannedReplyRow[]> =>
  db
    .selectFrom("inbox_canned_replies")
    .selectAll()
    .where("inbox_id", "=", inbox)
    .orderBy("shortcut")
    .execute();
export const insertCannedReply = (db: Db, row: CannedReplyRow) =>
  db.insertInto("inbox_canned_replies").values(row);
export const deleteCannedReply = (db: Db, inbox: string, id: string) =>
  db.deleteFrom("inbox_canned_replies").where("inbox_id", "=", inbox).where("id", "=", id);
