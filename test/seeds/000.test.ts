import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Administrator, administratorSettings } from "../kit/administrator.ts";
import { openChromium } from "../kit/chromium.ts";
import { TestClient } from "../kit/client.ts";
import { noLegacyPython } from "../kit/legacy-python.ts";
import { ServerProcess } from "../kit/process.ts";
import { missing, outsideAddress, Program, testUnless, warn } from "../kit/program.ts";
import { tempDir } from "../kit/temp.ts";

/** The examples of seed 000 as they stand there. Only the host changes, and the token that a reader puts in. */
const example = (name: string) => readFileSync(join(import.meta.dir, "000", name), "utf8");
const seedHost = "services.gen6.chabokan.net:3000";
const seedToken = "your_pico_token_here";

/** A name that is no loopback name, so that a browser on this machine is a stranger like any other. */
const strangeName = "peyk.test";
const browser = await openChromium([`--host-resolver-rules=MAP ${strangeName} 127.0.0.1`]);
const outside = outsideAddress();
const noBrowser = typeof browser === "string" ? browser : "";
const noPython = noLegacyPython();
const noCurl = missing(["curl", "--version"], "curl is missing: apt-get install curl");
const noOutside = outside === undefined ? "this machine has no address but loopback: connect a network" : "";
warn("seed 000", noBrowser, noPython, noCurl, noOutside);

let server: ServerProcess;
let administrator: Administrator;
let tokens: Record<"pico_tokens" | "esp32cam_tokens", string[]>;
const folder = tempDir();

beforeAll(async () => {
  const settings = {
    ...administratorSettings,
    HOST: "0.0.0.0",
    PUBLIC_TOKENS: "open",
    PING_INTERVAL: "1",
    DEVICE_IDLE_TIMEOUT: "5",
    AUTH_TIMEOUT: "1",
  };
  server = await ServerProcess.start({ settings });
  administrator = await Administrator.of(server);
  tokens = (await (await fetch(new URL("/public/tokens", server.url))).json()) as typeof tokens;
}, 30_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  if (typeof browser !== "string") await browser.close();
  folder[Symbol.dispose]();
});

const here = (): string => `127.0.0.1:${server.url.port}`;
const there = (): string => `${outside}:${server.url.port}`;
const picoToken = (): string => tokens.pico_tokens[0]!;

function rewrite(code: string, host: string, token = picoToken()): string {
  expect(code).toContain(seedHost);
  return code.replaceAll(seedHost, host).replaceAll(seedToken, token);
}

/** A file with an example, ready to run. */
function file(name: string, code: string): string {
  const path = join(folder.path, `${crypto.randomUUID()}-${name}`);
  writeFileSync(path, code);
  return path;
}

/** The JSON messages of one fence of the seed; a comment stands before each. */
const messages = (name: string): Record<string, unknown>[] =>
  example(name)
    .split(/^\/\/.*$/m)
    .filter((text) => text.trim() !== "")
    .map((text) => JSON.parse(text));

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const refusedBy = async (client: TestClient) => {
  expect(await client.next()).toMatchObject({ type: "error", message: expect.any(String) });
  expect(client.waiting).toEqual([]);
  return client.closed;
};

/** Same keys, same kinds of values: what an old client reads. */
function expectLike(answer: Record<string, unknown>, documented: Record<string, unknown>): void {
  const kinds = (each: Record<string, unknown>) =>
    Object.keys(documented).map((key) => `${key}: ${Array.isArray(each[key]) ? "array" : typeof each[key]}`);
  expect(kinds(answer)).toEqual(kinds(documented));
}

async function expectTokens(host: string): Promise<void> {
  const lines = await Program.start(["sh", file("curl.sh", rewrite(example("curl.sh"), host))]).finish();
  const answer = JSON.parse(lines.find((line) => line.startsWith("{"))!);
  const documented = JSON.parse(example("tokens.txt"));
  expectLike(answer, documented);
  expect(answer).toMatchObject({ status: documented.status, message: documented.message });
  expect(answer.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  expect(answer.pico_tokens[0]).toBe(picoToken());
  expect(answer.esp32cam_tokens[0]).toBe(tokens.esp32cam_tokens[0]);
}

testUnless(noCurl, "curl gets the tokens", () => expectTokens(here()));
testUnless(noCurl || noOutside, "curl gets the tokens from outside", () => expectTokens(there()));

testUnless(noBrowser, "a browser shows the tokens at the same address", async () => {
  if (typeof browser === "string") throw new Error(browser);
  await using context = await browser.newContext();
  const tab = await context.newPage();
  const answer = await tab.goto(`http://${strangeName}:${server.url.port}/public/tokens`);
  expect(await answer?.json()).toMatchObject({ status: "success", pico_tokens: tokens.pico_tokens });
});

test("the messages of a device are answered as documented, and what it logs is kept", async () => {
  const [connect, ping, log, ack] = messages("to-server.txt");
  const [acknowledged, pong, pinged, error] = messages("from-server.txt");
  const client = await TestClient.open(`ws://${here()}/ws/pico`, bearer(picoToken()));
  expectLike(await client.next(), acknowledged!);
  client.send(connect!);
  expect(await client.next("connection_ack")).toMatchObject(acknowledged!);
  client.send(ping!);
  expect(await client.next("pong")).toMatchObject(pong!);
  expect(await client.next("ping")).toMatchObject(pinged!);
  client.send(log!);
  client.send(ack!);
  const answers = (await client.settle()).filter(({ type }) => type !== "ping");
  expect(answers).toEqual([]);
  client.send("this is no JSON");
  expectLike(await client.next("error"), error!);
  client.send({ type: "nobody knows this" });
  expectLike(await client.next("error"), error!);
  await client.settle();
  await client.close();
  const { logs } = await administrator.get("/api/devices/pico-pico_device/logs?limit=1");
  expect(logs[0]).toMatchObject({ message: log!.message, level: log!.level, source: "pico" });
});

/** What a page does with the JavaScript example: it hears the greeting, says its first words, and leaves. */
const visit = () => `
await new Promise((resolve) => {
  ws.onmessage = ({ data }) => {
    console.log(data);
    const { type, message } = JSON.parse(data);
    if (type !== "connection_ack") return;
    if (message === "Pico connection acknowledged") ws.close(1000);
    else ws.send(${JSON.stringify(JSON.stringify(messages("to-server.txt")[0]))});
  };
  ws.onclose = ({ code, reason }) => {
    console.log("closed " + code + " " + reason);
    resolve();
  };
});`;

const javascript = (host: string, token?: string) =>
  `${rewrite(example("client.js"), host, token)}\n${visit()}`;

async function inBun(host: string, token?: string): Promise<string[]> {
  return Program.start([process.execPath, file("client.mjs", javascript(host, token))]).finish();
}

/** Runs the example in a page of our server, at a name that is not loopback. Returns what its console shows. */
async function inBrowser(token?: string): Promise<string[]> {
  if (typeof browser === "string") throw new Error(browser);
  const host = `${strangeName}:${server.url.port}`;
  await using context = await browser.newContext();
  const tab = await context.newPage();
  const printed: string[] = [];
  tab.on("console", (line) => printed.push(line.text()));
  await tab.goto(`http://${host}/health`);
  printed.length = 0;
  await tab.evaluate(`(async () => {${javascript(host, token)}})()`);
  return printed;
}

/** Pings come at any time; who was let in without a token and sends one all the same is told `authenticated`. */
const essential = (lines: readonly string[]) =>
  lines.filter((line) => !/"type":"(ping|authenticated)"/.test(line));

function expectVisit(lines: readonly string[]): void {
  const [greeting, acknowledged, closed, ...more] = essential(lines);
  expect(JSON.parse(greeting!)).toMatchObject({ type: "connection_ack", status: "success" });
  expect(JSON.parse(acknowledged!)).toMatchObject(messages("from-server.txt")[0]!);
  expect(closed).toStartWith("closed 1000");
  expect(more).toEqual([]);
}

function expectRefusal(lines: readonly string[]): void {
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0]!)).toMatchObject({ type: "error", message: expect.stringContaining("token") });
  expect(lines[1]).toMatch(/^closed 4001 .+ \[r_\w+\]$/);
}

test("the JavaScript example runs in Bun", async () => expectVisit(await inBun(here())), 30_000);

testUnless(
  noOutside,
  "the JavaScript example runs in Bun from outside, with its first message as the key",
  async () => expectVisit(await inBun(there())),
);

testUnless(
  noBrowser,
  "the JavaScript example runs in a browser, with its first message as the key",
  async () => expectVisit(await inBrowser()),
);

testUnless(noBrowser, "with the placeholder left in, the browser is told 4001 and why", async () =>
  expectRefusal(await inBrowser(seedToken)),
);

testUnless(noOutside, "with the placeholder left in, Bun is told 4001 and why", async () =>
  expectRefusal(await inBun(there(), seedToken)),
);

testUnless(noPython || noOutside, "the short Python example connects and prints what it hears", async () => {
  const code = `${rewrite(example("connect.py"), there())}\nimport asyncio\nasyncio.run(connect_pico())\n`;
  await using program = Program.start(["python3", file("connect.py", code)]);
  await program.prints("'message': 'Pico connection acknowledged'");
  await program.prints("Received: {'type': 'ping'}");
  expect(program.output).toStartWith("Received: {'type': 'connection_ack', 'status': 'success'");
});

const complete = (host: string) => ["python3", file("client.py", rewrite(example("client.py"), host))];

/** It connects and prints both acknowledgements; the server then knows it. */
async function expectConnected(program: Program): Promise<void> {
  await program.prints("✅ Connected to server");
  await program.prints("📥 Received: {'type': 'connection_ack'", 2);
  await program.prints("'message': 'Pico connection acknowledged'");
  await program.prints("📥 Received: {'type': 'ping'}");
  await administrator.state("pico-pico_external", "online");
}

testUnless(noPython, "the complete Python example connects and prints the acknowledgements", async () => {
  await using program = Program.start(complete(here()));
  await expectConnected(program);
});

testUnless(
  noPython || noOutside,
  "the complete Python example from outside answers pings, and outlives a client that does not",
  async () => {
    await using program = Program.start(complete(there()));
    await expectConnected(program);
    const mute = await TestClient.open(`ws://${there()}/ws/pico`, bearer(picoToken()));
    mute.send({ type: "connect", device: "mute" });
    expect(await mute.closed).toMatchObject({ code: 4203 });
    await program.prints("📥 Received: {'type': 'ping'}", 7);
    expect(program.output).not.toContain("❌");
    expect(program.output).not.toContain("'type': 'error'");
    expect(await administrator.get("/api/devices/pico-pico_external")).toMatchObject({ state: "online" });
  },
);

const attempts: readonly [string, (url: string) => Promise<TestClient>][] = [
  [
    "without a token",
    async (url) => {
      const client = await TestClient.open(url);
      client.send(messages("to-server.txt")[0]!);
      return client;
    },
  ],
  ["that says nothing", (url) => TestClient.open(url)],
  ["with a wrong header", (url) => TestClient.open(url, bearer("token1"))],
  ["with Bearer twice", (url) => TestClient.open(url, bearer(`Bearer ${picoToken()}`))],
  ["with a camera's token", (url) => TestClient.open(url, bearer(tokens.esp32cam_tokens[0]!))],
  [
    "with a wrong first message",
    async (url) => {
      const client = await TestClient.open(url);
      client.send({ type: "auth", token: "token1" });
      return client;
    },
  ],
];

for (const [name, connect] of attempts)
  testUnless(noOutside, `a connection from outside ${name} is refused with 4001 and a reason`, async () => {
    const { code, reason } = await refusedBy(await connect(`ws://${there()}/ws/pico`));
    expect(code).toBe(4001);
    expect(reason).toMatch(/.+ \[r_\w+\]$/);
  });

test("a connection from this machine needs no token", async () => {
  const client = await TestClient.open(`ws://${here()}/ws/pico`);
  expect(await client.next()).toMatchObject({ type: "connection_ack", status: "success" });
  await client.close();
});
