import type { Kysely } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";

export const deviceMigrations = (types: ColumnTypes): Migrations => ({
  "devices/001_devices": { up: (db) => devices(db, types) },
  "devices/002_logs_and_commands": { up: (db) => logsAndCommands(db, types) },
  "devices/003_photos": { up: (db) => photos(db, types) },
  "devices/004_common_until": { up: (db) => commonUntil(db, types) },
  "devices/005_logs_by_time_and_level": { up: logsByTimeAndLevel },
});

async function devices(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("devices")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("own_token", "integer", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("address", "text")
    .addColumn("firmware", "text")
    .addColumn("info", "text", (column) => column.notNull())
    .addColumn("connected_at", bigint)
    .addColumn("last_seen", bigint)
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("revoked_at", bigint)
    .execute();
  await db.schema.createIndex("devices_state").on("devices").column("state").execute();
  await db.schema
    .createTable("device_tokens")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("device_id", "text", (column) => column.notNull().references("devices.id"))
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("ends_at", bigint)
    .execute();
  await db.schema.createIndex("device_tokens_device").on("device_tokens").column("device_id").execute();
  await db.schema
    .createTable("device_pairing")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("open_until", bigint, (column) => column.notNull())
    .execute();
}

async function logsAndCommands(db: Kysely<unknown>, { bigint, identity }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("device_logs")
    .addColumn("id", bigint, (column) => column.primaryKey())
    .addColumn("device_id", "text", (column) => column.notNull())
    .addColumn("level", "text", (column) => column.notNull())
    .addColumn("message", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("device_time", "text")
    .addColumn("at", bigint, (column) => column.notNull())
    .execute();
  await db.schema.createIndex("device_logs_device").on("device_logs").columns(["device_id", "id"]).execute();
  await db.schema
    .createTable("device_commands")
    .addColumn("seq", bigint, identity)
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("device_id", "text", (column) => column.notNull().references("devices.id"))
    .addColumn("command_id", "text")
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("request", "text", (column) => column.notNull())
    .addColumn("answers", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("detail", "text")
    .addColumn("created_by", "text", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("expires_at", bigint, (column) => column.notNull())
    .addColumn("sent_at", bigint)
    .addColumn("ended_at", bigint)
    .addUniqueConstraint("device_commands_once", ["device_id", "command_id"])
    .execute();
  await db.schema
    .createIndex("device_commands_queue")
    .on("device_commands")
    .columns(["device_id", "state", "seq"])
    .execute();
  await db.schema
    .createIndex("device_commands_expiry")
    .on("device_commands")
    .columns(["state", "expires_at"])
    .execute();
}

async function photos(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("device_photos")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("device_id", "text", (column) => column.notNull())
    .addColumn("file", "text", (column) => column.notNull())
    .addColumn("bytes", bigint, (column) => column.notNull())
    .addColumn("quality", "integer")
    .addColumn("flash", "integer", (column) => column.notNull())
    .addColumn("intensity", "integer")
    .addColumn("at", bigint, (column) => column.notNull())
    .execute();
  await db.schema.createIndex("device_photos_at").on("device_photos").column("at").execute();
  await db.schema
    .createIndex("device_photos_device")
    .on("device_photos")
    .columns(["device_id", "at"])
    .execute();
}

async function commonUntil(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema.alterTable("devices").addColumn("common_until", bigint).execute();
}

async function logsByTimeAndLevel(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex("device_logs_at").on("device_logs").columns(["device_id", "at"]).execute();
  await db.schema
    .createIndex("device_logs_level")
    .on("device_logs")
    .columns(["device_id", "level", "id"])
    .execute();
}
