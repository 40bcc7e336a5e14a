import { type Kysely, PostgresAdapter } from "kysely";

/** The two kinds of database that we run on. What differs between them stands in a few files that are named after them. */
export type Dialect = "sqlite" | "postgres";

/** Which of them a query will run on. */
// biome-ignore lint/suspicious/noExplicitAny: the tables are of no matter here.
export const dialectOf = (db: Kysely<any>): Dialect =>
  db.getExecutor().adapter instanceof PostgresAdapter ? "postgres" : "sqlite";
