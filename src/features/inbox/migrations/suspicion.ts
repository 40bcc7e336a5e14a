import { type Kysely, sql } from "kysely";

/** What is suspicious about a message, and whether its conversation is suspected: `suspected` in repo/tables.ts. */
export async function suspicion(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("inbox_messages").addColumn("suspicions", "text").execute();
  await db.schema
    .alterTable("inbox_conversations")
    .addColumn("suspected", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  // In the list's order, and of suspected ones alone: an ordinary conversation never touches it.
  await db.schema
    .createIndex("inbox_conversations_suspected")
    .on("inbox_conversations")
    .columns(["inbox_id", "updated_at", "id"])
    .where(sql.ref("suspected"), "=", 1)
    .execute();
}
