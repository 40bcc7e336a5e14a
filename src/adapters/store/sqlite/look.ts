import { constants, Database } from "bun:sqlite";
import { existsSync } from "node:fs";

/** A database that is looked at, beside a running server or without one, and not changed. */
export interface Look {
  rows(sql: string): Record<string, unknown>[];
  [Symbol.dispose](): void;
}

/**
 * Opens a file to read. Where no server has it open it must not leave files of a log beside it: they would belong to
 * whoever looks, perhaps to root, and keep the server out. Throws what SQLite says.
 */
export function lookAt(file: string): Look {
  const isOpen = existsSync(`${file}-wal`) && existsSync(`${file}-shm`);
  const db = isOpen
    ? new Database(file, { readonly: true })
    : new Database(
        `file:${encodeURI(file).replaceAll("?", "%3f").replaceAll("#", "%23")}?immutable=1`,
        constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI,
      );
  return {
    rows: (sql) => db.query<Record<string, unknown>, []>(sql).all(),
    [Symbol.dispose]: () => db.close(),
  };
}

/** Whether another process holds the right to write at this moment. Nothing is written. */
export function isLocked(file: string): boolean {
  const db = new Database(file, { readwrite: true, create: false });
  try {
    db.run("PRAGMA busy_timeout = 0");
    db.run("BEGIN IMMEDIATE");
    db.run("ROLLBACK");
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "SQLITE_BUSY";
  } finally {
    db.close();
  }
}
