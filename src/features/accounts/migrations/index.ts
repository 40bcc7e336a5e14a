import type { Kysely } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";

export const accountMigrations = (types: ColumnTypes): Migrations => ({
  "accounts/001_users_and_sessions": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("users")
        .addColumn("id", types.bigint, types.identity)
        .addColumn("email", "text", (column) => column.notNull().unique())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("role", "text", (column) => column.notNull())
        .addColumn("password_hash", "text", (column) => column.notNull())
        .addColumn("active", "integer", (column) => column.notNull())
        .addColumn("created_at", types.bigint, (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("sessions")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("user_id", types.bigint, (column) => column.notNull().references("users.id"))
        .addColumn("refresh_hash", "text", (column) => column.unique())
        .addColumn("previous_hash", "text")
        .addColumn("created_at", types.bigint, (column) => column.notNull())
        .addColumn("expires_at", types.bigint, (column) => column.notNull())
        .addColumn("revoked_at", types.bigint)
        .execute();
      await db.schema.createIndex("sessions_user").on("sessions").column("user_id").execute();
      await db.schema.createIndex("sessions_previous").on("sessions").column("previous_hash").execute();
    },
  },
});
