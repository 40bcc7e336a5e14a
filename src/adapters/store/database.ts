import type { ColumnTypes, Migrations } from "../../core/feature.ts";
import type { Store } from "../../core/store.ts";
import { postgresColumns } from "./postgres/columns.ts";
import { migrateSqlite, sqliteColumns } from "./sqlite/migrate.ts";
import { SqliteStore } from "./sqlite/store.ts";

/** Where everything is kept, and how it is brought up to date and opened. */
export interface Database {
  readonly columns: ColumnTypes;
  /** Returns the names of the migrations that ran. Rejects with a sentence that ends with what to do. */
  migrate(migrations: Migrations): Promise<string[]>;
  /** `slowCommit`, for tests: milliseconds that each commit takes longer, as on a slow disk. */
  open<Tables>(options: { readonly slowCommit: number }): Promise<Store<Tables>>;
}

/** A file of SQLite's, made where it is missing, or a database of PostgreSQL's, which must be there. */
export const database = (place: { readonly file: string } | { readonly url: string }): Database =>
  "file" in place ? sqlite(place.file) : postgres(place.url);

const sqlite = (file: string): Database => ({
  columns: sqliteColumns,
  migrate: (migrations) => migrateSqlite(file, migrations),
  open: <Tables>({ slowCommit }: { slowCommit: number }) => SqliteStore.open<Tables>({ file, slowCommit }),
});

/** Its driver takes 25 ms to load, a tenth of a start that goes without it (bench P8). */
const postgres = (url: string): Database => ({
  columns: postgresColumns,
  migrate: async (migrations) => {
    const { migratePostgres } = await import("./postgres/migrate.ts");
    return migratePostgres(url, migrations);
  },
  open: async <Tables>({ slowCommit }: { slowCommit: number }) => {
    const { PostgresStore } = await import("./postgres/store.ts");
    return PostgresStore.open<Tables>({ url, slowCommit });
  },
});
