import { Database } from "bun:sqlite";
import { Kysely } from "kysely";
import type { Change, Committed, Store } from "../../../core/store.ts";
import { sqliteDialect } from "./dialect.ts";
import type { WriterOptions } from "./messages.ts";
import { setReaderPragmas } from "./pragmas.ts";
import { WriterThread } from "./writer-thread.ts";

/** Snapshots that read at the same time; more wait. */
const maxSnapshots = 4;

/**
 * SQLite: reads on this thread, from memory as a rule; writes on a thread of their own, many to one fsync.
 * The file must exist and be migrated (`migrate.ts`).
 */
export class SqliteStore<Tables> implements Store<Tables> {
  readonly db: Kysely<Tables>;
  readonly #file: string;
  readonly #writer: WriterThread;
  readonly #readers: Database[] = [];
  readonly #spare: Kysely<Tables>[] = [];
  readonly #queue: ((db: Kysely<Tables>) => void)[] = [];
  #snapshots = 0;

  private constructor(file: string, writer: WriterThread) {
    this.#file = file;
    this.#writer = writer;
    this.db = this.#openReader();
  }

  /** Rejects with what SQLite says of the file. */
  static async open<Tables>(options: WriterOptions): Promise<SqliteStore<Tables>> {
    return new SqliteStore<Tables>(options.file, await WriterThread.start(options));
  }

  #openReader(): Kysely<Tables> {
    const db = new Database(this.#file, { readonly: true });
    setReaderPragmas(db);
    this.#readers.push(db);
    return new Kysely<Tables>({ dialect: sqliteDialect(db) });
  }

  commit(change: Change): Promise<Committed> {
    return this.#writer.commit(change);
  }

  async snapshot<T>(read: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    const db = await this.#borrow();
    try {
      return await db.transaction().execute(read);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#spare.push(db);
      else next(db);
    }
  }

  #borrow(): Kysely<Tables> | Promise<Kysely<Tables>> {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    if (this.#snapshots >= maxSnapshots) return new Promise((resolve) => this.#queue.push(resolve));
    const reader = this.#openReader();
    this.#snapshots++;
    return reader;
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.db.destroy();
    for (const reader of this.#readers) reader.close();
  }
}
