import type { Kysely } from "kysely";

/**
 * What a list is filtered by often is in the index of its order: a tab of an inbox of 100,000 is read and counted in that
 * index alone. An index for each filter would be written with every message, this one is anyway.
 */
export async function lists(db: Kysely<unknown>): Promise<void> {
  const again = async (name: string, columns: string[]) => {
    await db.schema.dropIndex(name).execute();
    await db.schema.createIndex(name).on("inbox_conversations").columns(columns).execute();
  };
  await again("inbox_conversations_list", [
    "inbox_id",
    "updated_at",
    "id",
    "status",
    "unread",
    "assigned_to",
  ]);
  await again("inbox_conversations_assigned", ["assigned_to", "inbox_id", "status"]);
  await db.schema
    .createIndex("inbox_customers_newest")
    .on("inbox_customers")
    .columns(["inbox_id", "id"])
    .execute();
}
