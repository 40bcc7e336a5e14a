import type { Database, Statement } from "bun:sqlite";
import type { FromCheckpointer, ToCheckpointer } from "./checkpointer.ts";

/** Pages of the log that are copied into the file at once: those that many messages touch, once for all of them. */
const due = 4_000;
/** Pages of a log (32 MB) that is to end: it begins anew when all of it has been copied. */
const tooLong = 8_000;
/** Pages that the writer may copy itself, some 2 ms; */
const few = 250;
/** or whatever is left when the thread has come after it so many times. */
const maxRounds = 5;

/** Milliseconds that an end waits for the thread. */
const closePatience = 2_000;

interface LogState extends Record<string, number> {
  /** Pages in the log. */
  readonly log: number;
  /** Those of them that are in the file. */
  readonly checkpointed: number;
}

/**
 * Copies the write-ahead log into the database file. It takes some 10 ms for 16 MB, most of it a wait for the disk,
 * and every commit waited for it when SQLite did it by itself (bench I5). So a thread does it, which is started when
 * there is something to do. It never reaches the end of a log that grows meanwhile, only nearer to it with each
 * round: the last few pages are copied by the writer, between two batches.
 */
export class Checkpoints {
  readonly #db: Database;
  readonly #file: string;
  readonly #thread: string;
  readonly #look: Statement<LogState, []>;
  #checkpointer: Worker | undefined;
  #running = false;
  #rounds = 0;

  /** @param thread address of checkpointer.ts */
  constructor(db: Database, file: string, thread: string) {
    this.#db = db;
    this.#file = file;
    this.#thread = thread;
    db.run("PRAGMA wal_autocheckpoint = 0");
    // It tells how long the log is, and copies nothing.
    this.#look = db.prepare<LogState, []>("PRAGMA wal_checkpoint(NOOP)");
  }

  afterBatch(): void {
    if (this.#running) return;
    const { log, checkpointed } = this.#look.get()!;
    if (log - checkpointed >= due) this.#copy();
  }

  #copy(): void {
    this.#running = true;
    this.#checkpointer ??= this.#start();
    this.#checkpointer.postMessage(this.#file satisfies ToCheckpointer);
  }

  #start(): Worker {
    const worker = new Worker(this.#thread, { smol: true });
    worker.onmessage = ({ data }: MessageEvent<FromCheckpointer>) => this.#done(data);
    worker.onerror = ({ message }) => {
      // It answers nothing any more; the next log gets another.
      this.#checkpointer = undefined;
      this.#done(message);
    };
    return worker;
  }

  /** Where the thread failed, the writer tries, as SQLite would have. */
  #done(failed: FromCheckpointer): void {
    this.#running = false;
    const { log, checkpointed } = this.#look.get()!;
    if (failed === null && log < tooLong) return;
    if (failed === null && log - checkpointed > few && ++this.#rounds < maxRounds) return this.#copy();
    this.#rounds = 0;
    this.#db.run("PRAGMA wal_checkpoint(PASSIVE)");
  }

  /**
   * Leaves no log behind, which the next start would have to read; unless somebody goes on reading the database. The
   * thread may be at it still: for that lock SQLite does not wait by itself.
   */
  close(): void {
    this.#checkpointer?.terminate();
    this.#db.run("PRAGMA busy_timeout = 100");
    const end = this.#db.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)");
    const until = performance.now() + closePatience;
    while (end.get()!.busy !== 0 && performance.now() < until) Bun.sleepSync(10);
  }
}
