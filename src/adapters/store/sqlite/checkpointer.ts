/** A thread that copies the write-ahead log into the database file: the writer goes on meanwhile. */
import { Database } from "bun:sqlite";
import { fdatasyncSync, openSync } from "node:fs";

declare const self: Worker;

/** What the writer hands over: the database's file. */
export type ToCheckpointer = string;
/** `null`: done. Else what SQLite said. */
export type FromCheckpointer = string | null;

let copier: Copier | undefined;

self.onmessage = ({ data: file }: MessageEvent<ToCheckpointer>) => {
  let answer: FromCheckpointer = null;
  try {
    copier ??= new Copier(file);
    copier.copy();
  } catch (error) {
    answer = error instanceof Error ? error.message : String(error);
  }
  postMessage(answer);
};

class Copier {
  readonly #db: Database;
  readonly #file: number;

  constructor(file: string) {
    this.#db = new Database(file, { create: false, readwrite: true });
    this.#db.run("PRAGMA synchronous = FULL");
    this.#file = openSync(file, "r+");
  }

  copy(): void {
    this.#db.run("PRAGMA wal_checkpoint(PASSIVE)");
    // SQLite waits for the disk only at the log's end, which the writer will reach: it would wait for all of this.
    fdatasyncSync(this.#file);
  }
}
