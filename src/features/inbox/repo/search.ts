import type { RawBuilder, SqlBool } from "kysely";
import { type Dialect, dialectOf } from "../../../core/dialect.ts";
import type { Compilable } from "../../../core/store.ts";
import type { Search } from "./search-kinds.ts";
import { postgresSearch } from "./search-postgres.ts";
import { sqliteSearch } from "./search-sqlite.ts";
import type { CustomerRow, Db } from "./tables.ts";

const searches: Readonly<Record<Dialect, Search>> = { sqlite: sqliteSearch, postgres: postgresSearch };
const searchOf = (db: Db): Search => searches[dialectOf(db)];

/** Letters that the index can find: fewer than three are looked for in titles alone. */
const indexed = 3;

/** Conversations of one inbox whose messages, names or title have these letters in a row; upper and lower case alike. */
export async function conversationsFound(db: Db, inbox: string, search: string): Promise<string[]> {
  const text = search.trim();
  const { inTitles, inIndex } = searchOf(db);
  const found = [...text].length < indexed ? inTitles(inbox, text) : inIndex(inbox, text);
  return (await found.execute(db)).rows.map(({ id }) => id);
}

/** Whether a conversation is one of those that a search has found. */
export const isOneOf = (db: Db, ids: readonly string[]): RawBuilder<SqlBool> => searchOf(db).isOneOf(ids);

/** What is found of a customer. */
export const indexCustomer = (
  db: Db,
  customer: Pick<CustomerRow, "inbox_id" | "source_id">,
  words: string,
): Compilable => asWrite(db, searchOf(db).customer(customer, words));

/** Messages that no search finds yet. */
export const unindexed = (db: Db): Promise<number> => searchOf(db).waiting(db);

/** Takes the next messages into the search index. */
export const indexMessages = (db: Db, limit: number): Compilable[] =>
  searchOf(db)
    .nextMessages(limit)
    .map((query) => asWrite(db, query));

/** An edited message is found by its new text, a deleted one not at all. */
export const reindexMessage = (db: Db, inbox: string, seq: number, content: string): Compilable[] =>
  searchOf(db)
    .messageChanged(inbox, seq, content)
    .map((query) => asWrite(db, query));

/** As a write of a change. */
function asWrite(db: Db, query: RawBuilder<unknown>): Compilable {
  const compiled = query.compile(db);
  return { compile: () => compiled };
}
