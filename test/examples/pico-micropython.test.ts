import { afterAll, beforeAll, expect } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ServerProcess } from "../kit/process.ts";
import { missing, Program, testUnless, warn } from "../kit/program.ts";
import { tempDir } from "../kit/temp.ts";
import { examples, expectCommands, Repeater, Site } from "./kit.ts";

const noMicroPython = missing(
  ["micropython", "-c", "import asyncio, socket, hashlib"],
  "MicroPython's Unix port is missing: apt-get install micropython (Debian 13; .ci/run has a way for Debian 12)",
);

const noPython = missing(["python3", "-c", "import ssl"], "Python 3 is missing: apt-get install python3");

warn("the MicroPython example", noMicroPython, noPython);

/** A Pico W leaves about 190 KB to programs; words are twice as long here. */
const heap = "380k";

const folder = tempDir();
let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 30_000);

afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function start(host: string, token: string): Program {
  const cwd = copy({ SERVER: `ws://${host}/ws/pico`, TOKEN: token });
  return Program.start(["micropython", "-X", `heapsize=${heap}`, "main.py"], { cwd });
}

/** A copy of the example with settings as its reader would write them. */
function copy(settings: Readonly<Record<string, string>>): string {
  const cwd = join(folder.path, crypto.randomUUID());
  cpSync(join(examples, "pico-micropython"), cwd, { recursive: true });
  const config = join(cwd, "config.py");
  let text = readFileSync(config, "utf8");
  for (const [name, value] of Object.entries(settings)) {
    const before = text;
    text = text.replace(new RegExp(`^${name} = .*$`, "m"), `${name} = ${JSON.stringify(value)}`);
    expect(text).not.toBe(before);
  }
  writeFileSync(config, text);
  return cwd;
}

testUnless(
  noMicroPython,
  "it gets what was commanded while it was away, and comes back after a restart",
  async () => {
    const token = await site.administrator.addDevice("pico", "garden");
    await expectCommands(site, "garden", () => start(site.host, token));
    const { logs } = await site.administrator.get("/api/devices/garden/logs");
    expect(logs).toMatchObject([{ message: expect.stringContaining("bytes free") }, {}]);
    const { info, firmware } = await site.administrator.get("/api/devices/garden");
    expect({ info, firmware }).toMatchObject({ info: { capabilities: ["command_ids"] }, firmware: "1.0.0" });
  },
);

testUnless(noMicroPython, "it comes back after a server that was killed", async () => {
  const token = await site.administrator.addDevice("pico", "shed");
  await using program = start(site.host, token);
  await program.prints("Connected as shed");
  await site.restart("SIGKILL");
  await program.prints("Connected as shed", 2);
});

testUnless(noMicroPython, "it obeys every command of a Pico, and an emergency stop at once", async () => {
  const { administrator } = site;
  const token = await administrator.addDevice("pico", "desk");
  await using program = start(site.host, token);
  await program.prints("Connected as desk");
  const give = (command: object) => administrator.command("desk", command);
  const end = async (id: string) => {
    const { state, detail } = await administrator.ended("desk", id);
    return { state, detail };
  };
  const reset = { type: "action", action: "reset_position" };
  const smooth = (angle: number) => ({ type: "servo", servo1: angle, servo2: angle, smooth: true });
  expect(await end(await give(smooth(100)))).toEqual({ state: "acknowledged", detail: "X=100°, Y=100°" });
  expect(await end(await give({ type: "servo", servo1: 0, servo2: 0 }))).toMatchObject({
    state: "acknowledged",
  });
  const glide = await give(smooth(180));
  const waiting = await give({ type: "servo", servo1: 10, servo2: 10 });
  const stop = await give({ type: "action", action: "emergency_stop" });
  expect((await end(stop)).detail).toStartWith("stopped at X=");
  expect(await end(glide)).toMatchObject({
    state: "failed",
    detail: expect.stringContaining("stopped at X="),
  });
  expect(await end(waiting)).toEqual({ state: "failed", detail: "dropped by an urgent command" });
  expect(program.output).toContain("is released");
  expect(await end(await give(reset))).toEqual({ state: "acknowledged", detail: "X=90°, Y=90°" });
  const { detail } = await end(await give({ type: "status" }));
  expect(JSON.parse(detail)).toMatchObject({ servo1: 90, servo2: 90, wifi_connected: true });
  const unknown = await give({ type: "json", payload: { type: "dance" } });
  expect(await end(unknown)).toEqual({ state: "failed", detail: "this board does not know dance" });
  const reboot = await give({ type: "action", action: "system_reboot" });
  expect(await end(reboot)).toEqual({ state: "acknowledged", detail: "restarting" });
  await program.prints("this is where the board would restart");
});

testUnless(noMicroPython, "it says in plain words that its token is wrong", async () => {
  await using program = start(site.host, "wrong");
  await program.prints("The server says: this device token is not known");
  await program.prints("Closed: 4001 this device token is not known [r_");
  await program.prints("Check TOKEN in config.py.");
  await program.prints("Next attempt in");
});

testUnless(noMicroPython, "it says that there is no server at this path", async () => {
  await using web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("a web page") });
  await using program = start(`127.0.0.1:${web.port}`, "any");
  await program.prints("no WebSocket there, but HTTP/1.1 200 OK: check SERVER");
});

testUnless(noMicroPython, "a command that comes twice runs once, and an ack is not answered", async () => {
  await using repeater = new Repeater();
  await using program = start(repeater.host, "any");
  await program.prints("Connected");
  const command = { type: "servo", command: { servo1: 1, servo2: 2 }, command_id: "one" };
  repeater.send(command);
  repeater.send(command);
  repeater.send({ type: "ack", command_type: "sensor_data", status: "success" });
  repeater.send({ type: "authenticated", expires_at: null });
  await repeater.hears("ack");
  repeater.send(command);
  await repeater.settle();
  const acks = await repeater.hears("ack", 2);
  for (const ack of acks)
    expect(ack).toEqual({
      type: "ack",
      command_id: "one",
      command_type: "servo",
      status: "success",
      detail: "X=1°, Y=2°",
    });
  expect(program.output.split("servo on pin 15 goes to 1\n")).toHaveLength(2);
});

testUnless(
  noMicroPython,
  "it answers pings of the protocol, reads long messages, and refuses those too long",
  async () => {
    await using repeater = new Repeater();
    await using program = start(repeater.host, "any");
    await program.prints("Connected");
    repeater.ping("are you there?");
    repeater.send({ type: "error", message: "é".repeat(2_000) });
    await program.prints("é".repeat(2_000));
    expect(repeater.pongs).toEqual(["are you there?"]);
    repeater.send({ type: "error", message: "x".repeat(10_000) });
    expect(await repeater.closed).toBe(1009);
    await program.prints("is too big for this board");
  },
);

/** MicroPython as Debian builds it has no TLS; its module `ssl` is modelled on Python's. */
testUnless(
  noPython,
  "over wss, in Python, it believes nobody but the server that CA_FILE vouches for",
  async () => {
    const certificate = (name: string) => join(import.meta.dir, "..", "kit", "certificates", name);
    const settings = {
      TLS_CERT: certificate("first.crt"),
      TLS_KEY: certificate("first.key"),
      PICO_AUTH_TOKENS: "common token",
    };
    await using server = await ServerProcess.start({ settings });
    const run = (ca: string) => {
      const url = `wss://127.0.0.1:${server.url.port}/ws/pico`;
      const cwd = copy({ SERVER: url, TOKEN: "common token", CA_FILE: ca });
      return Program.start(["python3", "-B", "main.py"], { cwd });
    };
    await using believer = run(certificate("first.crt"));
    await believer.prints("Connected as pico-garden");
    await using doubter = run(certificate("second.crt"));
    await doubter.prints("CERTIFICATE_VERIFY_FAILED");
    await doubter.prints("Next attempt in");
  },
);
