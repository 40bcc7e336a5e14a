import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../../../test/kit/temp.ts";
import { until } from "../../../../test/kit/until.ts";
import { Checkpoints } from "./checkpoints.ts";
import { setPragmas } from "./pragmas.ts";
import { threadUrl } from "./threads.ts";

/** A database whose log grows by a page and more with every row. */
function database(thread: string) {
  const dir = tempDir();
  const file = join(dir.path, "x.db");
  const db = new Database(file, { create: true });
  setPragmas(db);
  db.run("create table things (text text)");
  const checkpoints = new Checkpoints(db, file, thread);
  const insert = db.prepare("insert into things values (?)");
  const write = db.transaction((rows: number) => {
    for (let i = 0; i < rows; i++) insert.run("x".repeat(4_000));
  });
  const pages = (path: string) => statSync(path).size / 4_096;
  return {
    checkpoints,
    batch(rows: number) {
      write(rows);
      checkpoints.afterBatch();
    },
    inFile: () => pages(file),
    inLog: () => pages(`${file}-wal`),
    close() {
      checkpoints.close();
      const left = pages(`${file}-wal`);
      db.close();
      return left;
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

test("a thread copies the log while more is written, the log begins anew, and an end leaves none", async () => {
  using db = database(threadUrl("checkpointer.ts"));
  for (let i = 0; i < 600; i++) {
    db.batch(100);
    await Bun.sleep(0);
  }
  // 60,000 pages went through it.
  expect(db.inLog()).toBeLessThan(40_000);
  await until(db.inFile, (pages) => pages > 45_000);
  expect(db.close()).toBe(0);
});

test("a short log is left alone", async () => {
  using db = database(threadUrl("checkpointer.ts"));
  db.batch(3_000);
  await Bun.sleep(50);
  expect(db.inFile()).toBeLessThan(100);
  db.close();
});

test("where the thread cannot be started, the writer copies the log itself", async () => {
  using db = database("file:///nowhere/checkpointer.ts");
  db.batch(5_000);
  await until(db.inFile, (pages) => pages > 4_900);
  // And it goes on doing so.
  db.batch(5_000);
  await until(db.inFile, (pages) => pages > 9_900);
  db.close();
});
