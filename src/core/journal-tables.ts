import type { Kysely } from "kysely";
import type { ColumnTypes, Migrations } from "./feature.ts";
import { randomId } from "./id.ts";

/** The tables of the journal. `seq` has no holes: it is counted in the transaction that writes the events. */
export interface JournalTables {
  journal: { seq: number; topic: string; type: string; frame: string; at: number };
  /**
   * `head`: the newest event's seq. `floor`: events up to here were pruned. `epoch`: random name of this numbering,
   * so that a cursor of another database is not taken for ours. `indexed`: the last event of the newest segment.
   */
  journal_state: { id: number; epoch: string; head: number; floor: number; indexed: number };
  /** A topic's events in one segment of the journal, which ends with `segment`: their seqs as a JSON list. */
  journal_topics: { topic: string; segment: number; seqs: string };
}

interface FirstTables {
  journal_state: Omit<JournalTables["journal_state"], "indexed">;
}

export const journalMigrations = (types: ColumnTypes): Migrations => ({
  "journal/001_journal": {
    async up(db: Kysely<FirstTables>) {
      await db.schema
        .createTable("journal")
        .addColumn("seq", types.bigint, (column) => column.primaryKey())
        .addColumn("topic", "text", (column) => column.notNull())
        .addColumn("type", "text", (column) => column.notNull())
        .addColumn("frame", "text", (column) => column.notNull())
        .addColumn("at", types.bigint, (column) => column.notNull())
        .execute();
      await db.schema.createIndex("journal_topic_seq").on("journal").columns(["topic", "seq"]).execute();
      await db.schema
        .createTable("journal_state")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("epoch", "text", (column) => column.notNull())
        .addColumn("head", types.bigint, (column) => column.notNull())
        .addColumn("floor", types.bigint, (column) => column.notNull())
        .execute();
      const start = { id: 1, epoch: randomId(8), head: 0, floor: 0 };
      await db.insertInto("journal_state").values(start).execute();
    },
  },
  "journal/002_topics": {
    async up(db: Kysely<JournalTables>) {
      await db.schema
        .createTable("journal_topics")
        .addColumn("topic", "text", (column) => column.notNull())
        .addColumn("segment", types.bigint, (column) => column.notNull())
        .addColumn("seqs", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("journal_topics_pk", ["topic", "segment"])
        .execute();
      await db.schema.createIndex("journal_topics_segment").on("journal_topics").column("segment").execute();
      await db.schema
        .alterTable("journal_state")
        .addColumn("indexed", types.bigint, (column) => column.notNull().defaultTo(0))
        .execute();
      await db
        .updateTable("journal_state")
        .set(({ ref }) => ({ indexed: ref("floor") }))
        .execute();
      await db.schema.dropIndex("journal_topic_seq").execute();
    },
  },
});
