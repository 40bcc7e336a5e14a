import { sql } from "kysely";
import type { Compilable } from "../../../core/store.ts";
import { newestMessage } from "./search.ts";
import type { Db } from "./tables.ts";

/** How many messages are not in the index of conversations yet. */
export async function unfiled(db: Db): Promise<number> {
  const { filed } = await db.selectFrom("inbox_filing").select("filed").executeTakeFirstOrThrow();
  return (await newestMessage(db)) - filed;
}

/** Takes the next messages into the index of conversations, each conversation's in a row. */
export const fileMessages = (db: Db, limit: number): Compilable[] => {
  const filed = sql<number>`(select filed from inbox_filing)`;
  const newest = sql<number>`(select coalesce(max(seq), 0) from inbox_messages)`;
  return [
    db
      .insertInto("inbox_message_index")
      .columns(["conversation_id", "seq"])
      .expression(
        db
          .selectFrom("inbox_messages")
          .select(["conversation_id", "seq"])
          .where("seq", ">", filed)
          .where("seq", "<=", sql<number>`${filed} + ${limit}`)
          .orderBy("conversation_id")
          .orderBy("seq"),
      ),
    // Never past the newest: what is stored later would be neither here nor there.
    db.updateTable("inbox_filing").set({ filed: sql<number>`min(filed + ${limit}, ${newest})` }),
  ];
};
