import { Kysely, PostgresDialect } from "kysely";
import type { Change, Committed, Store } from "../../../core/store.ts";
import { Readers } from "./readers.ts";
import { Writer, type WriterOptions } from "./writer.ts";

/** Connections for single queries. */
export const maxReaders = 8;
/** Snapshots that read at the same time; more wait. They have connections of their own: within one, others are asked, too. */
export const maxSnapshots = 4;

/** PostgreSQL: reads over a few connections, writes over one. The database must be migrated (`migrate.ts`). */
export class PostgresStore<Tables> implements Store<Tables> {
  readonly db: Kysely<Tables>;
  readonly #snapshots: Kysely<Tables>;
  readonly #writer: Writer;

  private constructor(url: string, writer: Writer) {
    this.#writer = writer;
    this.db = kysely(new Readers(url, maxReaders));
    this.#snapshots = kysely(new Readers(url, maxSnapshots));
  }

  /** Rejects with a sentence where the database does not answer. */
  static async open<Tables>(options: WriterOptions): Promise<PostgresStore<Tables>> {
    return new PostgresStore<Tables>(options.url, await Writer.start(options));
  }

  commit(change: Change): Promise<Committed> {
    return this.#writer.commit(change);
  }

  snapshot<T>(read: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#snapshots
      .transaction()
      .setIsolationLevel("repeatable read")
      .setAccessMode("read only")
      .execute(read);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await Promise.all([this.db.destroy(), this.#snapshots.destroy()]);
  }
}

const kysely = <Tables>(pool: Readers): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
