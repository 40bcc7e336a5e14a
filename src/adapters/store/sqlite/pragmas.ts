import type { Database } from "bun:sqlite";

/**
 * WAL: readers never wait for the writer. FULL: a commit that was answered survives a power cut. The busy time-out
 * lets `peyk user …` write beside a running server.
 */
export function setPragmas(db: Database): void {
  db.run("PRAGMA busy_timeout = 5000");
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  db.run("PRAGMA foreign_keys = ON");
  db.run("PRAGMA cache_size = -4000");
}

/** For a connection that only reads: the file's own settings hold. */
export function setReaderPragmas(db: Database): void {
  db.run("PRAGMA busy_timeout = 5000");
  db.run("PRAGMA query_only = ON");
}
