import type { Kysely } from "kysely";
import type { Migrations } from "../../../core/feature.ts";

/** What the writer needs: the last batch of each connection (`doubt.ts`). Rows of long ago go with the next connection. */
export const writerMigrations: Migrations = {
  "store/001_writers": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("store_writers")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("batch", "bigint", (column) => column.notNull())
        .addColumn("at", "bigint", (column) => column.notNull())
        .execute();
    },
  },
};
