import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TestClient } from "../../kit/client.ts";
import { runDoctor } from "../../kit/doctor.ts";
import { peyk, ServerProcess } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { receiptIn } from "./kit.ts";

const complaint = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "",
    (error: Error) => error.message,
  );

const root = join(import.meta.dir, "..", "..", "..");
const certificates = join(root, "test", "kit", "certificates");

async function explained(dataDir: string, ...args: readonly string[]): Promise<string> {
  const { out, complaint, code } = await runDoctor(["--explain", ...args], {
    cwd: dataDir,
    settings: { DATA_DIR: dataDir },
  });
  if (code !== 0) throw new Error(`${code}: ${complaint}`);
  return out;
}

const connect = (server: ServerProcess, path: string) =>
  TestClient.open(`ws://127.0.0.1:${server.url.port}${path}`);

async function receiptOf(server: ServerProcess): Promise<string> {
  return receiptIn((await (await connect(server, "/ws/dispatch-map/?token=abc")).closed).reason);
}

test("a receipt is explained beside the server, without an account, and from elsewhere with a token", async () => {
  await using server = await ServerProcess.start();
  const { dataDir, url } = server;
  const receipt = await receiptOf(server);
  const told = await explained(dataDir, `[${receipt}]`);
  for (const part of [
    receipt,
    "127.0.0.1",
    "/ws/dispatch-map/",
    "in the query",
    "close 4001",
    "Log in again",
  ])
    expect(told).toContain(part);
  expect(JSON.parse(await explained(dataDir, receipt, "--json"))).toMatchObject({
    id: receipt,
    check: "token",
  });
  expect(server.output).toContain(receipt);

  const add = (email: string, role: string) =>
    peyk(dataDir, "user", "add", "--email", email, "--password", "password123", "--role", role);
  const tokenOf = async (email: string) =>
    (await peyk(dataDir, "token", "issue", "--user", email, "--ttl", "5m")).trim();
  await add("s@example.com", "staff");
  await add("u@example.com", "user");
  using elsewhere = tempDir();
  const remote = (token: string) => explained(elsewhere.path, receipt, "--url", url.origin, "--token", token);
  expect(await remote(await tokenOf("s@example.com"))).toBe(told);
  expect(await complaint(remote(await tokenOf("u@example.com")))).toContain("1: this needs the role staff");
  expect(await complaint(explained(elsewhere.path, receipt, "--url", url.origin))).toContain("needs a token");
  expect(await complaint(explained(dataDir, "r_nobody"))).toContain("no refusal r_nobody is kept");
  expect(await complaint(explained(dataDir, "nonsense"))).toContain("a receipt looks like");
}, 30_000);

test("a server that is gone is named, with where to look instead", async () => {
  using dir = tempDir();
  const server = await ServerProcess.start({ dataDir: dir.path });
  const receipt = await receiptOf(server);
  const note = join(dir.path, "server.json");
  expect(statSync(note).mode & 0o777).toBe(0o600);
  const { token } = JSON.parse(readFileSync(note, "utf8"));
  expect(server.output).not.toContain(token);
  await server.end("SIGKILL");
  const killed = await complaint(explained(dir.path, receipt));
  expect(killed).toContain(`no server answers at http://127.0.0.1:${server.url.port}`);
  expect(killed).toContain(`grep ${receipt}`);

  await using again = await ServerProcess.start({ dataDir: dir.path });
  expect(await complaint(explained(dir.path, receipt))).toContain("Look for it in the log");
  const old = await fetch(new URL("/api/refusals", again.url), {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(old.status).toBe(401);
  await again.end();
  expect(existsSync(note)).toBe(false);
  const stopped = await complaint(explained(dir.path, receipt));
  expect(stopped).toContain("no server runs with DATA_DIR");
  expect(stopped).toContain(`grep ${receipt}`);
}, 30_000);

test("connections, tap and kick find the server of the folder, also behind TLS", async () => {
  const settings = {
    TLS_CERT: join(certificates, "first.crt"),
    TLS_KEY: join(certificates, "first.key"),
    HOST: "0.0.0.0",
  };
  await using server = await ServerProcess.start({ settings });
  const { dataDir, url } = server;
  expect(url.protocol).toBe("https:");
  const socket = new WebSocket(`wss://127.0.0.1:${url.port}/ws/phone`, {
    tls: { rejectUnauthorized: false },
  } as never);
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
  const { connections } = JSON.parse(await peyk(dataDir, "connections", "--json"));
  const { id } = connections[0];
  const table = await peyk(dataDir, "connections", "--channel", "client");
  for (const part of [id, "/ws/phone", "anonymous", "1 of 1"]) expect(table).toContain(part);

  const tap = peyk(dataDir, "tap", id);
  const tapJson = peyk(dataDir, "tap", id, "--json", "--content", "full");
  const taps = async () => JSON.parse(await peyk(dataDir, "connections", "--json", "--path", "/ws/phone"));
  while ((await taps()).connections[0].taps < 2);
  socket.send(JSON.stringify({ type: "hello", message: "salaam", token: "abc" }));
  await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
  expect(await peyk(dataDir, "kick", id, "--reason", "see you")).toContain(`${id} is closed`);
  expect(await closed).toMatchObject({ code: 4110, reason: "an operator closed this connection: see you" });
  const lines = (await tap).split("\n");
  expect(lines[0]).toContain(`tapping ${id}: client /ws/phone`);
  expect(lines[1]).toContain('{"type":"hello","message":"[6 characters]","token":"[secret]"}');
  expect(lines.at(-2)).toContain("ended with 4110");
  const messages = (await tapJson)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(messages[1].shown).toContain("salaam");
  expect(messages.at(-1)).toMatchObject({ type: "tap_ended", code: 4110 });
  expect(await complaint(peyk(dataDir, "kick", id))).toContain(`no connection ${id} is open here`);
  expect(await complaint(peyk(dataDir, "tap", id))).toContain("the tap ended with 4004");
  expect(await complaint(peyk(dataDir, "kick"))).toContain("name one connection");
}, 40_000);

test("Ctrl-C ends a tap, and the tapped connection lives on", async () => {
  await using server = await ServerProcess.start();
  const { dataDir } = server;
  const client = await connect(server, "/ws/phone");
  await client.next();
  const { connections } = JSON.parse(await peyk(dataDir, "connections", "--json"));
  const main = join(root, "src", "main.ts");
  const child = Bun.spawn([process.execPath, main, "tap", connections[0].id], {
    cwd: dataDir,
    env: { PATH: process.env.PATH ?? "", DATA_DIR: dataDir },
    stdout: "pipe",
  });
  const reader = child.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain("tapping c_");
  child.kill("SIGINT");
  expect(await child.exited).toBe(0);
  expect(await client.settle()).toEqual([]);
}, 20_000);
