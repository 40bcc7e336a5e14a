import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestApp } from "../../kit/app.ts";
import { alone, examineHere, noRoot, serve, the, wrong } from "../../kit/doctor-local.ts";
import { peyk, ServerProcess } from "../../kit/process.ts";
import { freePorts, missing, Program, testUnless, warn } from "../../kit/program.ts";
import { RawClient } from "../../kit/raw.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";

const noMount =
  noRoot ||
  missing(["unshare", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"], "nothing can be mounted here");
/** Of version 1 and of version 2. */
const groups = ["memory/", ""].map((each) => `/sys/fs/cgroup/${each}peyk-${process.pid}`);
const noGroup = noRoot || (groups.some(canGroup) ? "" : "no control group for memory can be made here");
warn("peyk doctor --local", noMount, noGroup);

/** A control group of version 1 or 2 with a limit. */
function makeGroup(folder: string, bytes: number): boolean {
  try {
    mkdirSync(folder);
    const file = ["memory.limit_in_bytes", "memory.max"].find((name) => existsSync(join(folder, name)));
    if (file !== undefined) writeFileSync(join(folder, file), String(bytes));
    else rmdirSync(folder);
    return file !== undefined;
  } catch {
    return false;
  }
}

function canGroup(folder: string): boolean {
  const could = makeGroup(folder, 126 * 1024 * 1024);
  if (could) rmdirSync(folder);
  return could;
}

/** A folder that is a disk of its own. */
function smallDisk(size: string) {
  const dir = tempDir();
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir.path], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return {
    path: dir.path,
    [Symbol.dispose]() {
      // A thread that was told to end may still hold a file.
      spawnSync("umount", ["--lazy", dir.path]);
      dir[Symbol.dispose]();
    },
  };
}

describe("what it stands on", () => {
  test("few descriptors for many sockets", async () => {
    using dir = tempDir();
    const options = await alone(dir.path, { MAX_CONNECTIONS: "5000" });
    const found = await examineHere({ ...options, before: ["sh", "-c", 'ulimit -n 1024; exec "$@"', "sh"] });
    expect(the(found, "descriptors_few")).toMatchObject({
      saw: expect.stringContaining("gives 1024, MAX_CONNECTIONS=5000"),
      fix: expect.stringContaining("LimitNOFILE=5100"),
    });
  });

  testUnless(noMount, "a full disk, and one that is only read", async () => {
    using disk = smallDisk("8m");
    expect(the(await examineHere(await alone(disk.path)), "disk_full").saw).toContain("8 MB free");
    spawnSync("mount", ["-o", "remount,ro", disk.path]);
    const found = await examineHere(await alone(disk.path));
    expect(the(found, "data_dir_unusable")).toMatchObject({
      saw: expect.stringContaining("cannot be written to: EROFS"),
      fix: expect.stringContaining("DATA_DIR"),
    });
    expect(found.code).toBe(1);
  });

  testUnless(noMount, "a small disk that fills up, in health too", async () => {
    using disk = smallDisk("600m");
    await using app = await TestApp.start({ dataDir: disk.path });
    const health = await app.json(app.fetch("/api/websocket/health/"));
    expect(health.status).toBe("warning");
    expect(health.recommendations[0]).toContain("Make room");
    the(await examineHere(await alone(disk.path)), "disk_low");
  });

  testUnless(noRoot, "descriptors that are nearly used up, said by the server itself", async () => {
    using dir = tempDir();
    const options = await alone(dir.path);
    const port = Number(options.settings.PORT);
    const main = join(import.meta.dir, "..", "..", "..", "src", "main.ts");
    await using server = Program.start(
      ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh", process.execPath, main, "serve"],
      { cwd: dir.path, env: options.settings },
    );
    await server.prints("is listening");
    const used = () => readdirSync(`/proc/${server.pid}/fd`).length;
    const sockets = await Promise.all(Array.from({ length: 190 - used() }, () => RawClient.open(port)));
    // The kernel hands a connection over when its first bytes come.
    for (const { socket } of sockets) socket.write("GET /health HTTP/1.1\r\n");
    await until(used, (count) => count >= 185);
    const found = await examineHere(options);
    for (const socket of sockets) socket[Symbol.dispose]();
    expect(the(found, "descriptors_used_up").saw).toMatch(/1[89]\d of 200 in use/);
    expect(found.code).toBe(1);
  });

  testUnless(noGroup, "a control group with little memory", async () => {
    await using here = await serve();
    const group = groups.find((each) => makeGroup(each, 126 * 1024 * 1024))!;
    try {
      writeFileSync(join(group, "cgroup.procs"), String(here.server.pid));
      expect(the(await examineHere(here.options), "memory_small").saw).toContain("126 MB");
    } finally {
      await here.server.end();
      rmdirSync(group);
    }
  });

  test("a data folder below a file", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "file"), "");
    const found = await examineHere(await alone(join(dir.path, "file", "below")));
    expect(the(found, "data_dir_unusable").saw).toContain("is no folder");
  });

  test("a clock that was set back", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "peyk.toml.bak"), "");
    const later = Date.now() / 1000 + 86_400;
    utimesSync(join(dir.path, "peyk.toml.bak"), later, later);
    const found = await examineHere(await alone(dir.path));
    expect(the(found, "clock_behind").saw).toContain("peyk.toml.bak");
  });
});

describe("the database", () => {
  test("broken, written by a newer Peyk, and to be brought up to date", async () => {
    using dir = tempDir();
    const database = join(dir.path, "peyk.db");
    const look = async () => examineHere(await alone(dir.path));
    the(await look(), "database_to_come");
    writeFileSync(database, "this is no database, only some text that is long enough to be read".repeat(20));
    expect(the(await look(), "database_broken").saw).toContain("not a database");
    writeFileSync(database, "");
    await peyk(dir.path, "migrate");
    the(await look(), "database_good");
    const edit = (sql: string) => {
      using db = new Database(database);
      db.run(sql);
    };
    edit("delete from kysely_migration where name like 'dispatch/%'");
    expect(the(await look(), "database_to_update").saw).toContain("dispatch/");
    edit("insert into kysely_migration (name, timestamp) values ('dispatch/999_later', '')");
    expect(the(await look(), "database_newer")).toMatchObject({ saw: expect.stringContaining("999_later") });
  });

  test("a page that is torn", async () => {
    using dir = tempDir();
    await peyk(dir.path, "user", "add", "--email", "a@b.example", "--password", "password123");
    const database = join(dir.path, "peyk.db");
    const bytes = new Uint8Array(await Bun.file(database).arrayBuffer());
    for (let page = 2; page * 4096 < bytes.length; page++) bytes.fill(0xaa, page * 4096, page * 4096 + 200);
    writeFileSync(database, bytes);
    const found = await examineHere(await alone(dir.path));
    the(found, "database_broken");
    expect(found.code).toBe(1);
  });

  test("a file that opens, and whose pages do not add up", async () => {
    using dir = tempDir();
    await peyk(dir.path, "migrate");
    const database = join(dir.path, "peyk.db");
    const bytes = new Uint8Array(await Bun.file(database).arrayBuffer());
    // The number of free pages, in the file's header (https://www.sqlite.org/fileformat.html, 1.3.8).
    bytes[39] = 7;
    writeFileSync(database, bytes);
    const found = await examineHere(await alone(dir.path));
    expect(the(found, "database_broken").saw).toContain("Freelist");
  });

  test("somebody keeps everybody from writing", async () => {
    await using here = await serve();
    using other = new Database(join(here.server.dataDir, "peyk.db"));
    other.run("BEGIN IMMEDIATE");
    the(await examineHere(here.options), "database_locked");
    other.run("ROLLBACK");
    expect(wrong(await examineHere(here.options))).toEqual([]);
  });

  test("two servers on one data folder", async () => {
    await using here = await serve();
    const [port] = await freePorts(1);
    await using second = await ServerProcess.start({
      dataDir: here.server.dataDir,
      settings: { PORT: String(port) },
    });
    const { saw } = the(await examineHere(here.options), "nodes_share");
    expect(saw).toContain(`(${here.server.pid})`);
    expect(saw).toContain(`(${second.pid})`);
  });
});
