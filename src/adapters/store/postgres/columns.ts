import type { ColumnTypes } from "../../../core/feature.ts";

export const postgresColumns: ColumnTypes = {
  dialect: "postgres",
  bigint: "bigint",
  identity: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
};
