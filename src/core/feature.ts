import type { ColumnDefinitionBuilder, Kysely } from "kysely";
import type { Channel } from "./channel.ts";
import type { Dialect } from "./dialect.ts";
import type { Check } from "./health.ts";

/** Work that repeats. A run that throws is logged as `job.failed`, once a minute, and tried again at its next time. */
export interface Job {
  readonly name: string;
  /** Milliseconds between runs. */
  readonly every: number;
  run(): Promise<void> | void;
}

/** What differs between the databases we run on. `integer` has 64 bits on both, `real` too, and text is ordered by its bytes. */
export interface ColumnTypes {
  /** For the few steps that are written for each database. */
  readonly dialect: Dialect;
  /** 64-bit integers; on SQLite `integer`, which alone makes a primary key the row id. */
  readonly bigint: "integer" | "bigint";
  /** Makes an integer column the primary key that the database counts itself, never using a number twice. */
  identity(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
}

/** Names are `<feature>/<number>_<what>`, so that features number their own. */
// biome-ignore lint/suspicious/noExplicitAny: each migration knows the tables of its own moment only.
export type Migrations = Readonly<Record<string, { up(db: Kysely<any>): Promise<void> }>>;

/** A slice of the product. `Routes` is the HTTP layer's router: core does not know which. */
export interface Feature<Routes = unknown> {
  readonly name: string;
  readonly channels?: readonly Channel[];
  readonly routes?: Routes;
  readonly jobs?: readonly Job[];
  readonly checks?: readonly Check[];
  /** Runs once before the ports open. */
  start?(): Promise<void>;
  /** Runs once after the last connection was closed, before the store is. */
  stop?(): Promise<void>;
}
