import { sql } from "kysely";
import { type Db, suspected } from "./tables.ts";

/** Few messages are suspected: they pay for this write, instead of each message for a column more. */
export const markMessage = (db: Db, id: string, suspicions: string) =>
  db.updateTable("inbox_messages").set({ suspicions }).where("id", "=", id);

/** Unless an agent has cleared it, be it in this very moment. The index of suspected ones needs the constant. */
export const suspect = (db: Db, conversation: string) =>
  db
    .updateTable("inbox_conversations")
    .set({ suspected: suspected.yes })
    .where("id", "=", conversation)
    .where("suspected", "=", sql.lit(suspected.no));
