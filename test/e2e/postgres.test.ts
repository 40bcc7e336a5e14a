/** PostgreSQL in place of SQLite: whole files of tests again, then what is its own. */
import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { database } from "../../src/adapters/store/database.ts";
import { migrations } from "../../src/services.ts";
import { TestClient } from "../kit/client.ts";
import { templateName } from "../kit/database.ts";
import { describePostgres, postgresServer } from "../kit/databases.ts";
import { examineHere, the } from "../kit/doctor-local.ts";
import { peyk, ServerProcess } from "../kit/process.ts";
import { TcpProxy } from "../kit/tcp-proxy.ts";
import { tempDir } from "../kit/temp.ts";
import { until } from "../kit/until.ts";
import { InboxWorld } from "./inbox/kit.ts";

const server = postgresServer();
const root = join(import.meta.dir, "..", "..");

/** Files that run side by side: most of their time is waiting. */
const again = [
  ["devices/commands", "inbox/acceptance"],
  ["catch-up", "inbox/search", "inbox/newest"],
  ["kill", "dispatch/acceptance"],
  ["inbox/stats", "inbox/suspicion", "dispatch/offers"],
];

async function runFile(name: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "test", `./test/e2e/${name}.test.ts`, "--timeout=20000"], {
    cwd: root,
    env: { ...process.env, TEST_POSTGRES: server().url() },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const report = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(report);
  expect(report).toMatch(/^ *0 fail$/m);
}

describePostgres("on PostgreSQL:", () => {
  beforeAll(async () => {
    await server().sql(`create database ${templateName}`);
    const template = database({ url: server().url(templateName) });
    await template.migrate(migrations(template.columns));
  });

  test.each(again.map((names) => [names.join(", "), names] as const))(
    "%s",
    async (_, names) => void (await Promise.all(names.map(runFile))),
    120_000,
  );
});

const password = "hush.Secret_of_the_test";

/** A database of a user with a password, as an operator has it. */
async function ownDatabase(): Promise<string> {
  const name = `own_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  await server().sql(`create role ${name} login password '${password}'`);
  await server().database(`owner ${name}`, name);
  return server().url(name, `${name}:${password}`);
}

async function send(url: URL, token: string, data: number): Promise<void> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ to: { user_id: "1" }, data });
  const answer = await fetch(new URL("/api/clients/send", url), { method: "POST", headers, body });
  expect(answer.status).toBe(200);
}

const findings = async (url: URL): Promise<{ check: string; verdict: string; saw: string; fix: string }[]> =>
  ((await (await fetch(new URL("/api/websocket/health/", url))).json()) as { findings: [] }).findings;

describePostgres("PostgreSQL", () => {
  test("two servers on one database: everybody hears everything, in one order without holes", async () => {
    const settings = {
      DATABASE_URL: await ownDatabase(),
      JWT_SECRET: "one secret for all of the servers here",
    };
    await using one = await ServerProcess.start({ settings });
    await using two = await ServerProcess.start({ settings });
    const issue = ["token", "issue", "--user", "admin@localhost.localdomain"];
    const flags = ["--database-url", settings.DATABASE_URL, "--jwt-secret", settings.JWT_SECRET];
    const token = (await peyk(one.dataDir, ...issue, ...flags)).trim();
    const listen = ({ url }: ServerProcess) =>
      TestClient.open(`ws://127.0.0.1:${url.port}/ws/phone?token=${token}`);
    const clients = [await listen(one), await listen(two)];
    for (const client of clients) await client.next("connected");
    const examined = await examineHere({ settings: { ...settings, DATA_DIR: one.dataDir } });
    expect(the(examined, "nodes_share_server").facts).toMatchObject({ writers: 2 });
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    await Promise.all(numbers.map((n) => send(n % 2 === 0 ? one.url : two.url, token, n)));
    const heard: { seq: number; data: number }[][] = [];
    for (const client of clients) {
      const frames: { seq: number; data: number }[] = [];
      while (frames.length < numbers.length) {
        const { cursor, data } = await client.next("message");
        frames.push({ seq: Number(cursor.split("-")[1]), data });
      }
      heard.push(frames);
    }
    expect(heard[0]).toEqual(heard[1]!);
    const seqs = heard[0]!.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
    expect(heard[0]!.map(({ data }) => data).toSorted((a, b) => a - b)).toEqual(numbers);
  }, 60_000);

  test("a customer's text with characters that it cannot hold is stored and shown all the same", async () => {
    await using world = await InboxWorld.start({ flags: { "database-url": await ownDatabase() } });
    const { id, visitor } = await world.conversation("before \0 after");
    expect((await world.get(`/conversations/${id}/messages`)).messages[0].content).toBe(
      "before \uFFFD after",
    );
    const { title } = await world.get(`/conversations/${id}`);
    const answer = await world.send("PATCH", `/conversations/${id}`, { title: `${title}\0\uD800` });
    expect(answer.status).toBe(200);
    expect((await world.get(`/conversations/${id}`)).title).toBe(`${title}\uFFFD\uFFFD`);
    // It goes on, whatever is asked for.
    expect((await world.get("/conversations?search=nobody%00says")).pagination.count).toBe(0);
    expect((await world.app.fetch("/api/conversations/%00", { token: world.ana.token })).status).toBe(404);
    visitor.send({ type: "message", content: "still here" });
    while ((await visitor.next("message")).content !== "still here");
  });

  test("a database that is down is said in words, the server goes on when it is back, and no password is shown", async () => {
    using dir = tempDir();
    const settings = { DATABASE_URL: await ownDatabase(), LOG_LEVEL: "trace" };
    const shown: string[] = [];
    const examine = async () => {
      const examined = await examineHere({ settings: { ...settings, DATA_DIR: dir.path } });
      shown.push(JSON.stringify(examined));
      return examined;
    };
    const process = await ServerProcess.start({ dataDir: dir.path, settings });
    const { url } = process;
    const store = async () => (await findings(url)).find(({ check }) => check === "store")!;
    expect(await store()).toMatchObject({ verdict: "ok" });
    expect(the(await examine(), "database_server_good").saw).toContain("PostgreSQL");

    await server().down("fast");
    const down = await until(store, ({ verdict }) => verdict === "error");
    expect(down.saw).toContain("PostgreSQL at 127.0.0.1:");
    expect(down.fix).toContain("Start PostgreSQL");
    // What cannot be looked at meanwhile points there; a restart would help nobody.
    const others = (await findings(url)).filter(({ check }) => check !== "store");
    expect(others.find(({ check }) => check === "platforms")!.fix).toContain("advice for store");
    expect(others.map(({ fix }) => fix).join()).not.toContain("restart");
    expect(the(await examine(), "database_down").fix).toContain("DATABASE_URL");
    const login = new URLSearchParams({ username: "a@b.c", password: "password123" });
    const refused = await fetch(new URL("/api/v1/login/access-token", url), { method: "POST", body: login });
    expect(refused.status).toBe(503);
    expect((await fetch(new URL("/ready", url))).status).toBe(503);
    shown.push(JSON.stringify(await findings(url)), await refused.text());

    await server().up();
    await until(store, ({ verdict }) => verdict === "ok");
    expect((await fetch(new URL("/ready", url))).status).toBe(200);
    shown.push(await (await fetch(new URL("/metrics", url))).text());
    await process[Symbol.asyncDispose]();
    shown.push(process.output);
    expect(process.output).toContain("journal.poll");

    const wrong = { ...settings, DATABASE_URL: settings.DATABASE_URL.replace(password, `${password}-wrong`) };
    shown.push(await ServerProcess.start({ settings: wrong }).then(String, ({ message }: Error) => message));
    expect(shown.at(-1)).toContain("password authentication failed");
    const broken = { DATABASE_URL: `postgres:/user:${password}@host` };
    shown.push(await ServerProcess.start({ settings: broken }).then(String, ({ message }: Error) => message));
    expect(shown.at(-1)).toContain("DATABASE_URL: must be");
    for (const text of shown) expect(text).not.toContain(password);
  }, 60_000);

  test("a database that hangs is not taken for a server that hangs", async () => {
    using dir = tempDir();
    const url = new URL(await ownDatabase());
    let isDeaf = false;
    await using way = await TcpProxy.start(Number(url.port), { isDeaf: () => isDeaf });
    url.port = String(way.port);
    const settings = { DATABASE_URL: url.href };
    await using process = await ServerProcess.start({ dataDir: dir.path, settings });
    const find = async (name: string) => (await findings(process.url)).find(({ check }) => check === name)!;
    expect(await find("store")).toMatchObject({ verdict: "ok" });
    isDeaf = true;
    expect(await find("store")).toMatchObject({
      verdict: "error",
      fix: expect.stringContaining("PostgreSQL"),
    });
    expect((await find("platforms")).fix).toContain("advice for store");
    const here = { ...settings, DATA_DIR: dir.path, HOST: "127.0.0.1", PORT: process.url.port };
    const examined = await examineHere({ settings: here });
    const groups = (wanted: string) => examined.findings.filter(({ check }) => check === wanted);
    expect(groups("ports").map(({ cause }) => cause)).toEqual(["port_loopback_only"]);
    expect(groups("server").map(({ cause }) => cause)).toContain("server_fails");
    isDeaf = false;
    way.cut();
  }, 60_000);

  test("a database that hangs: who asks is answered, an end comes, and once it answers no restart is needed", async () => {
    const url = new URL(await ownDatabase());
    let isDeaf = false;
    await using way = await TcpProxy.start(Number(url.port), { isDeaf: () => isDeaf });
    url.port = String(way.port);
    await using process = await ServerProcess.start({ settings: { DATABASE_URL: url.href } });
    const login = async () => {
      const body = new URLSearchParams({ username: "admin@localhost.localdomain", password: "no password" });
      const at = new URL("/api/v1/login/access-token", process.url);
      return (await fetch(at, { method: "POST", body })).status;
    };
    const known = await login();
    expect(known).not.toBe(503);
    isDeaf = true;
    // The answer comes before a request is cut for its length.
    expect(await login()).toBe(503);
    isDeaf = false;
    expect(await login()).toBe(known);
    const board = await TestClient.open(`ws://127.0.0.1:${process.url.port}/ws/pico`);
    await board.next("connection_ack");
    board.send({ type: "connect", device: "a-board" });
    await board.next("connection_ack");
    board.send({ type: "ping" });
    await board.next("pong");
    // Several connections, of which some rest at the end; there is something to put on record, and somebody who reads.
    await Promise.all(Array.from({ length: 4 }, () => findings(process.url)));
    isDeaf = true;
    const asked = login().catch(() => "cut");
    expect(await process.end()).toBe(0);
    expect(await asked).toBe("cut");
    expect(process.output).toContain('"where":"stop"');
  }, 60_000);
});
