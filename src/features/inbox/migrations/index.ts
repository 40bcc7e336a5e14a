import { type Kysely, sql } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";
import { lists } from "./lists.ts";
import * as postgres from "./postgres.ts";
import * as sqlite from "./sqlite.ts";
import { stats } from "./stats.ts";
import { suspicion } from "./suspicion.ts";

/** Indices that each database has of its own kind. */
const own = { sqlite, postgres };

export const inboxMigrations = (types: ColumnTypes): Migrations => ({
  "inbox/001_inboxes": { up: (db) => inboxes(db, types) },
  "inbox/002_conversations": { up: (db) => conversations(db, types) },
  "inbox/003_messages": { up: (db) => messages(db, types) },
  "inbox/004_tools": { up: (db) => tools(db, types) },
  "inbox/005_search": { up: own[types.dialect].search },
  "inbox/006_accounts": { up: accounts },
  "inbox/007_late": { up: (db) => late(db, types) },
  "inbox/008_search_by_inbox": { up: own[types.dialect].searchByInbox },
  "inbox/009_search_merges": { up: own[types.dialect].searchMerges },
  "inbox/010_filing": { up: own[types.dialect].filing },
  "inbox/011_suspicion": { up: suspicion },
  "inbox/012_stats": { up: (db) => stats(db, types) },
  "inbox/013_newest": { up: newest },
  "inbox/014_lists": { up: lists },
});

async function inboxes(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("inboxes")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("secrets", "text", (column) => column.notNull())
    .addColumn("info", "text", (column) => column.notNull())
    .addColumn("auto_assign", "integer", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("removed_at", bigint)
    .execute();
  await db.schema
    .createTable("inbox_members")
    .addColumn("inbox_id", "text", (column) => column.notNull().references("inboxes.id"))
    .addColumn("user_id", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("inbox_members_pk", ["inbox_id", "user_id"])
    .execute();
  await db.schema.createIndex("inbox_members_user").on("inbox_members").column("user_id").execute();
}

async function conversations(db: Kysely<unknown>, { bigint, identity }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("inbox_customers")
    .addColumn("id", bigint, identity)
    .addColumn("inbox_id", "text", (column) => column.notNull().references("inboxes.id"))
    .addColumn("source_id", "text", (column) => column.notNull())
    .addColumn("first_name", "text", (column) => column.notNull())
    .addColumn("last_name", "text", (column) => column.notNull())
    .addColumn("username", "text")
    .addColumn("email", "text")
    .addColumn("phone_number", "text")
    .addColumn("description", "text")
    .addColumn("picture", "text")
    .addColumn("unreachable", "text")
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("updated_at", bigint, (column) => column.notNull())
    .addUniqueConstraint("inbox_customers_source", ["inbox_id", "source_id"])
    .execute();
  await db.schema
    .createTable("inbox_conversations")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("inbox_id", "text", (column) => column.notNull().references("inboxes.id"))
    .addColumn("customer_id", bigint, (column) => column.notNull().unique().references("inbox_customers.id"))
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("priority", "integer", (column) => column.notNull())
    .addColumn("assigned_to", "text")
    .addColumn("unread", "integer", (column) => column.notNull())
    .addColumn("last_id", "text")
    .addColumn("last_content", "text")
    .addColumn("last_type", "text")
    .addColumn("last_at", bigint)
    .addColumn("last_customer_at", bigint)
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("updated_at", bigint, (column) => column.notNull())
    .execute();
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(name).on("inbox_conversations").columns(columns).execute();
  await index("inbox_conversations_list", ["inbox_id", "updated_at", "id"]);
  await index("inbox_conversations_assigned", ["assigned_to", "status"]);
}

// biome-ignore lint/suspicious/noExplicitAny: a partial index names a column of a table that has no type here.
async function messages(db: Kysely<any>, { bigint, identity }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("inbox_messages")
    .addColumn("seq", bigint, identity)
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("conversation_id", "text", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("content", "text", (column) => column.notNull())
    .addColumn("author", "text")
    .addColumn("author_name", "text")
    .addColumn("client_message_id", "text")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("media", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("error", "text")
    .addColumn("is_answered", "integer", (column) => column.notNull())
    .addColumn("announced", "integer", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("edited_at", bigint)
    .addColumn("deleted_at", bigint)
    .execute();
  // Of messages without an id of their sender's, nothing needs to be unique.
  await db.schema
    .createIndex("inbox_messages_once")
    .unique()
    .on("inbox_messages")
    .columns(["conversation_id", "author", "client_message_id"])
    .where("client_message_id", "is not", null)
    .execute();
  await db.schema
    .createIndex("inbox_messages_conversation")
    .on("inbox_messages")
    .columns(["conversation_id", "seq"])
    .execute();
  await db.schema
    .createTable("inbox_message_refs")
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("platform_id", "text", (column) => column.notNull())
    .addColumn("message_id", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("inbox_message_refs_pk", ["inbox_id", "platform_id"])
    .execute();
  await db.schema
    .createTable("inbox_outbox")
    .addColumn("seq", bigint, identity)
    .addColumn("message_id", "text", (column) => column.notNull().unique())
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("conversation_id", "text", (column) => column.notNull())
    .addColumn("chat", "text", (column) => column.notNull())
    .addColumn("parts", "text", (column) => column.notNull())
    .addColumn("next_part", "integer", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("due_at", bigint, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("inbox_updates")
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("at", bigint, (column) => column.notNull())
    .addPrimaryKeyConstraint("inbox_updates_pk", ["inbox_id", "key"])
    .execute();
  await db.schema.createIndex("inbox_updates_at").on("inbox_updates").column("at").execute();
}

async function tools(db: Kysely<unknown>, { bigint, identity }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("inbox_tags")
    .addColumn("id", bigint, identity)
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("created_by", "text", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addUniqueConstraint("inbox_tags_name", ["inbox_id", "name"])
    .execute();
  await db.schema
    .createTable("inbox_conversation_tags")
    .addColumn("conversation_id", "text", (column) => column.notNull())
    .addColumn("tag_id", bigint, (column) => column.notNull())
    .addPrimaryKeyConstraint("inbox_conversation_tags_pk", ["conversation_id", "tag_id"])
    .execute();
  await db.schema
    .createIndex("inbox_conversation_tags_tag")
    .on("inbox_conversation_tags")
    .column("tag_id")
    .execute();
  await db.schema
    .createTable("inbox_notes")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("conversation_id", "text", (column) => column.notNull())
    .addColumn("author", "text", (column) => column.notNull())
    .addColumn("author_name", "text", (column) => column.notNull())
    .addColumn("content", "text", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("inbox_notes_conversation")
    .on("inbox_notes")
    .columns(["conversation_id", "created_at"])
    .execute();
  await db.schema
    .createTable("inbox_canned_replies")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("shortcut", "text", (column) => column.notNull())
    .addColumn("content", "text", (column) => column.notNull())
    .addUniqueConstraint("inbox_canned_replies_shortcut", ["inbox_id", "shortcut"])
    .execute();
}

/** One inbox for each account; inboxes are counted, which the search index goes by. */
async function accounts(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("inboxes").addColumn("account_key", "text").execute();
  await db.schema.alterTable("inboxes").addColumn("number", "integer").execute();
  await sql`update inboxes set number = (select count(*) from inboxes o where o.id <= inboxes.id)`.execute(
    db,
  );
  await db.schema.createIndex("inboxes_number").unique().on("inboxes").column("number").execute();
  await sql`create unique index inboxes_account on inboxes (account_key) where removed_at is null`.execute(
    db,
  );
}

/** Edits that come before their message, names that agents gave, and how a message finds its platform's ids. */
async function late(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("inbox_early_changes")
    .addColumn("inbox_id", "text", (column) => column.notNull())
    .addColumn("platform_id", "text", (column) => column.notNull())
    .addColumn("text", "text")
    .addColumn("at", bigint, (column) => column.notNull())
    .addPrimaryKeyConstraint("inbox_early_changes_pk", ["inbox_id", "platform_id"])
    .execute();
  await db.schema.createIndex("inbox_early_changes_at").on("inbox_early_changes").column("at").execute();
  await db.schema
    .alterTable("inbox_customers")
    .addColumn("named_by_agent", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex("inbox_message_refs_message")
    .on("inbox_message_refs")
    .column("message_id")
    .execute();
}

/** Conversations are read from their newest end (repo/newest.ts), and not all of each through a view. */
async function newest(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropView("inbox_conversation_messages").execute();
}
