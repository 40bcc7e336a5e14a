import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openChromium } from "../kit/chromium.ts";
import { peyk, ServerProcess } from "../kit/process.ts";
import { tempDir } from "../kit/temp.ts";

/** The examples of seed 003 as they stand there; only hosts and schemes change, at run time. */
const example = (name: string) => readFileSync(join(import.meta.dir, "003", name), "utf8");

interface Hosts {
  readonly api: string;
  readonly sockets: string;
}

const rewrite = (code: string, { api, sockets }: Hosts): string =>
  code
    .replaceAll("https://api.localhost", `http://${api}`)
    .replaceAll("ws://ws.localhost", `ws://${sockets}`);

/** What the page of the JavaScript example would do with it: connect, read greeting and answer, say good-bye. */
const visit = `
const socket = await connectWebSocket();
await new Promise((resolve) => {
  let received = 0;
  socket.addEventListener("message", () => ++received === 2 && socket.close(1000, "до свидания"));
  socket.addEventListener("close", () => setTimeout(resolve));
});`;

const pythonModules = "import asyncio, requests, websockets";
const noPython =
  Bun.spawnSync(["python3", "-c", pythonModules]).exitCode === 0
    ? ""
    : "Python 3 with websockets and requests is missing: python3 -m pip install websockets requests";
const browser = await openChromium();
const noBrowser = typeof browser === "string" ? browser : "";
for (const reason of [noPython, noBrowser]) if (reason !== "") console.warn(`SKIPPED in seed 003: ${reason}`);

/** The reason stands in the name, where lists of skipped tests show it. */
const testUnless = (reason: string, name: string, run: () => Promise<void>) =>
  reason === "" ? test(name, run, 60_000) : test.skip(`${name} (skipped: ${reason})`, run);

let server: ServerProcess;
let userId: string;
const folder = tempDir();

beforeAll(async () => {
  await peyk(folder.path, "user", "add", "--email", "user@example.com", "--password", "password123");
  const users = JSON.parse(await peyk(folder.path, "user", "list", "--json"));
  userId = String(users[0].id);
  server = await ServerProcess.start({ dataDir: folder.path });
}, 30_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  if (typeof browser !== "string") await browser.close();
  folder[Symbol.dispose]();
});

const local = (): Hosts => ({ api: server.url.host, sockets: server.url.host });

/** Runs a program of the seed in its own language, and returns the lines that it prints. */
async function program(command: readonly string[], name: string, code: string): Promise<string[]> {
  const file = join(folder.path, name);
  writeFileSync(file, code);
  const child = Bun.spawn([...command, file], { stdout: "pipe", stderr: "inherit" });
  const printed = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return printed.trimEnd().split("\n");
}

/** Runs the JavaScript example in a page of our server, and returns what its console shows. */
async function page(url: string, code: string): Promise<string[]> {
  if (typeof browser === "string") throw new Error(browser);
  await using context = await browser.newContext();
  const tab = await context.newPage();
  const printed: string[] = [];
  tab.on("console", (line) => printed.push(line.text()));
  await tab.goto(url);
  await tab.evaluate(`(async () => {${code}\n${visit}})()`);
  return printed;
}

const opened = "WebSocket соединение установлено";
const received = (line: string | undefined) => JSON.parse(line?.replace("Получено сообщение: ", "") ?? "");

const greeting = () => ({
  type: "connected",
  authenticated: true,
  user_id: userId,
  name: "user@example.com",
});

function expectVisit(lines: readonly string[]): void {
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe(opened);
  expect(received(lines[1])).toMatchObject(greeting());
  expect(received(lines[2])).toMatchObject({ type: "hello", message: "Привет, сервер!", user_id: userId });
  expect(lines[3]).toBe("Соединение закрыто корректно, код=1000 причина=до свидания");
}

test("the JavaScript client runs to its end in Bun", async () => {
  const code = `${rewrite(example("client.js"), local())}\n${visit}`;
  expectVisit(await program([process.execPath], "client.mjs", code));
}, 30_000);

testUnless(noBrowser, "the JavaScript client runs to its end in a browser", async () =>
  expectVisit(await page(new URL("/health", server.url).href, rewrite(example("client.js"), local()))),
);

testUnless(
  noBrowser,
  "the JavaScript client runs to its end in a browser at the seed's own names",
  async () => {
    const { port } = server.url;
    const hosts = { api: `api.localhost:${port}`, sockets: `ws.localhost:${port}` };
    const code = rewrite(example("client.js"), hosts);
    expectVisit(await page(`http://ws.localhost:${port}/health`, code));
  },
);

testUnless(noPython, "the Python client runs to its end", async () => {
  const lines = await program(["python3"], "client.py", rewrite(example("client.py"), local()));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toBe(opened);
  expect(received(lines[1])).toMatchObject(greeting());
});
