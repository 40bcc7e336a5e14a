import type { Kysely } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";

export const operationsMigrations = (types: ColumnTypes): Migrations => ({
  "operations/001_audit": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("audit")
        .addColumn("id", types.bigint, types.identity)
        .addColumn("at", types.bigint, (column) => column.notNull())
        .addColumn("who", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("what", "text", (column) => column.notNull())
        .addColumn("target", "text", (column) => column.notNull())
        .addColumn("detail", "text", (column) => column.notNull())
        .execute();
      await db.schema.createIndex("audit_at").on("audit").column("at").execute();
    },
  },
});
