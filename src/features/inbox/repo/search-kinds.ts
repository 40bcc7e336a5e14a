import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { CustomerRow, Db } from "./tables.ts";

/** Messages and names that a search looks at, the newest ones: a word that is everywhere must not hold up everybody. */
export const maxHits = 10_000;

export type Found = RawBuilder<{ id: string }>;

/** How a database searches: letters in a row, in any script, upper and lower case alike. */
export interface Search {
  /** Of one inbox's newest conversations those whose title has these letters. */
  inTitles(inbox: string, text: string): Found;
  /** Those whose messages, names or title have them; three letters at least. */
  inIndex(inbox: string, text: string): Found;
  /** Whether the column `id` is one of these, which may be thousands. */
  isOneOf(ids: readonly string[]): RawBuilder<SqlBool>;
  /** What is found of a customer, also of one whom the same change has just made. */
  customer(customer: Pick<CustomerRow, "inbox_id" | "source_id">, words: string): RawBuilder<unknown>;
  /** An edited message is found by its new text, a deleted one not at all. */
  messageChanged(inbox: string, seq: number, content: string): RawBuilder<unknown>[];
  /** Messages that are not in the index yet. */
  waiting(db: Db): Promise<number>;
  /** Takes the next of them into the index. */
  nextMessages(limit: number): RawBuilder<unknown>[];
}

/** Whoever types a word asks for its first letters, too: no index knows them, and not all of a huge inbox is read for that. */
export const newestTitles = (inbox: string): RawBuilder<unknown> =>
  sql`select id, title from inbox_conversations where inbox_id = ${inbox}
    order by updated_at desc, id desc limit ${maxHits}`;

/** For `like`: the letters wherever they stand. */
export const pattern = (text: string): string => `%${text.replace(/[%_\\]/g, "\\$&")}%`;
