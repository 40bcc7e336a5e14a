import { sql } from "kysely";
import { dialectOf } from "../../../core/dialect.ts";
import type { Compilable } from "../../../core/store.ts";
import { newestMessage } from "./newest.ts";
import type { Db } from "./tables.ts";

/**
 * How many messages are not in the index of conversations yet. PostgreSQL keeps an ordinary index, so nothing waits: it
 * would have to guess how much of the table is newer than the last segment, and guesses a third.
 */
export async function unfiled(db: Db): Promise<number> {
  if (dialectOf(db) === "postgres") return 0;
  const { filed } = await db.selectFrom("inbox_filing").select("filed").executeTakeFirstOrThrow();
  return (await newestMessage(db)) - filed;
}

/** Takes the next messages into the index of conversations: a row for each conversation, with all of its messages. */
export function fileMessages(db: Db, limit: number): Compilable[] {
  const filed = sql<number>`(select filed from inbox_filing)`;
  // Never past the newest: what is stored later would be neither here nor there.
  const upTo = sql<number>`min(${filed} + ${limit}, (select coalesce(max(seq), 0) from inbox_messages))`;
  const rows = db
    .selectFrom("inbox_messages")
    .select(["conversation_id", upTo.as("segment"), sql<string>`'[' || group_concat(seq) || ']'`.as("seqs")])
    .where("seq", ">", filed)
    .where("seq", "<=", upTo)
    .groupBy("conversation_id");
  return [
    db.insertInto("inbox_message_index").columns(["conversation_id", "segment", "seqs"]).expression(rows),
    db.updateTable("inbox_filing").set({ filed: upTo }),
  ];
}
