import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "../../../core/feature.ts";

/** What stats are made of (repo/stats.ts): days that are counted beforehand, and indexes of what is asked now. */
export async function stats(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await days(db, bigint);
  await db.schema.alterTable("inbox_conversations").addColumn("first_response_at", bigint).execute();
  await db.schema
    .createIndex("inbox_conversations_opened")
    .on("inbox_conversations")
    .columns(["inbox_id", "created_at", "id", "first_response_at"])
    .execute();
  // Of few rows alone: an index of every status and state would be written with every message.
  await db.schema
    .createIndex("inbox_conversations_closed")
    .on("inbox_conversations")
    .column("inbox_id")
    .where(sql.ref("status"), "=", "closed")
    .execute();
  await db.schema
    .createIndex("inbox_messages_failed")
    .on("inbox_messages")
    .columns(["created_at", "conversation_id"])
    .where(sql.ref("state"), "=", "failed")
    .execute();
}

async function days(db: Kysely<unknown>, bigint: ColumnTypes["bigint"]): Promise<void> {
  await db.schema
    .createTable("inbox_daily_messages")
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("day", bigint, (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("author", "text", (column) => column.notNull())
    .addColumn("author_name", "text")
    .addColumn("messages", bigint, (column) => column.notNull())
    .addPrimaryKeyConstraint("inbox_daily_messages_pk", ["inbox_id", "day", "type", "author"])
    .execute();
  await db.schema
    .createTable("inbox_counting")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("counted", bigint, (column) => column.notNull())
    .execute();
  await sql`insert into inbox_counting (id, counted) values (1, 0)`.execute(db);
}
