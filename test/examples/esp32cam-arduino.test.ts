import { afterAll, beforeAll, expect } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestClient } from "../kit/client.ts";
import { missing, Program, testUnless, warn } from "../kit/program.ts";
import { tempDir } from "../kit/temp.ts";
import { until } from "../kit/until.ts";
import { examples, Site } from "./kit.ts";
import { SketchBoard } from "./sketch-board.ts";

const noCompiler = missing(["g++", "--version"], "a C++ compiler is missing: apt-get install g++");
warn("the Arduino example", noCompiler);

const stubs = join(import.meta.dir, "arduino-stubs");
const sketch = "esp32cam-arduino";
const folder = tempDir();
let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 30_000);

afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** A copy of the sketch with settings as its reader would write them. */
function copy(settings: Readonly<Record<string, string>>): string {
  const path = join(folder.path, crypto.randomUUID());
  cpSync(join(examples, sketch), path, { recursive: true });
  const config = join(path, "config.h");
  let text = readFileSync(config, "utf8");
  for (const [name, value] of Object.entries(settings)) {
    expect(text).toContain(`#define ${name} `);
    text = text.replace(new RegExp(`^#define ${name} .*$`, "m"), `#define ${name} ${value}`);
  }
  writeFileSync(config, text);
  return path;
}

const strict = ["-std=c++17", "-Wall", "-Wextra", "-Werror", `-I${stubs}`];
const compile = (...args: readonly string[]) => Program.start(["g++", ...strict, ...args]).finish();

for (const core of [2, 3])
  for (const tls of [0, 1])
    testUnless(noCompiler, `it compiles for version ${core} of the board package, TLS ${tls}`, async () => {
      const path = join(copy({ SERVER_TLS: String(tls) }), `${sketch}.ino`);
      const version = `-DESP_ARDUINO_VERSION_MAJOR=${core}`;
      expect(await compile("-fsyntax-only", version, "-x", "c++", path)).toEqual([""]);
    });

testUnless(
  noCompiler,
  "its JSON is JSON whatever is said, and commands are read as they are meant",
  async () => {
    const path = join(folder.path, "json-check");
    await compile("-fsanitize=address,undefined", join(stubs, "json-check.cpp"), "-o", path);
    const [said, read, ...broken] = await Program.start([path]).finish();
    expect(JSON.parse(said!)).toEqual({
      type: "log",
      message: 'say "hi" \\ \n\t\x01 س € 😀 ? ?( ??? ??',
      size: -12,
      on: true,
      inner: { a: 1 },
    });
    expect(JSON.parse(read!)).toEqual({
      servo1: 45,
      inner: 8,
      big: -1,
      text: -1,
      missing: -1,
      flash: true,
      has: true,
      action: "capture_photo",
      note: '},"servo1":7',
      number: "",
    });
    expect(broken).toEqual([]);
  },
);

/** Builds the sketch for this machine, once. */
async function build(token: string): Promise<string> {
  const path = copy({
    SERVER_HOST: '"127.0.0.1"',
    SERVER_PORT: String(site.port),
    TOKEN: `"${token}"`,
    FIRST_FPS: "1",
  });
  const program = join(path, "board");
  const source = join(path, `${sketch}.ino`);
  const core = "-DESP_ARDUINO_VERSION_MAJOR=3";
  await compile("-Wno-unused-function", core, "-x", "c++", source, join(stubs, "board.cpp"), "-o", program);
  return program;
}

testUnless(noCompiler, "it streams, takes photos and obeys commands of a real server", async () => {
  const { administrator } = site;
  const token = await administrator.addDevice("esp32cam", "door");
  const early = await administrator.command("door", { type: "servo", servo1: 0, servo2: 180 });
  await using board = SketchBoard.start(await build(token));
  const end = async (command: object) => {
    const id = await administrator.command("door", command);
    const { state, detail } = await administrator.ended("door", id);
    return { state, detail };
  };
  const acknowledged = { state: "acknowledged" };
  expect((await administrator.ended("door", early)).state).toBe("acknowledged");
  // 0.5 and 2.5 of 20 ms, of 65,536.
  await board.program.prints("pin 13: 1638\npin 14: 8192\n");

  expect(await end({ type: "flash", on: true, intensity: 100 })).toMatchObject(acknowledged);
  await board.program.prints("pin 4: 255\n");
  expect(await end({ type: "camera_settings", settings: { brightness: 1 } })).toMatchObject(acknowledged);
  const several = { photo_quality: 100, contrast: -1, auto_exposure: false };
  expect(await end({ type: "camera_settings", settings: several })).toMatchObject(acknowledged);
  expect(await end({ type: "camera_settings", settings: { sharpness: 1 } })).toEqual({
    state: "failed",
    detail: "the sensor did not take it: sharpness",
  });
  for (const action of ["reset_position", "flash_off", "emergency_stop"])
    expect(await end({ type: "action", action })).toMatchObject(acknowledged);
  expect(await end({ type: "json", payload: { dance: 1 } })).toMatchObject({ state: "failed" });
  expect(await end({ type: "json", payload: { action: "dance" } })).toMatchObject({ state: "failed" });

  const photo = await end({ type: "capture_photo", quality: 1, flash: true, intensity: 40 });
  expect(photo.state).toBe("acknowledged");
  const headers = { Authorization: `Bearer ${administrator.token}` };
  const picture = await (await fetch(`http://${site.host}${photo.detail}`, { headers })).bytes();
  // Quality 1 of 100 is 63 for the sensor; board.cpp writes it into its pictures.
  expect([...picture.subarray(0, 2), picture[3], picture.length]).toEqual([0xff, 0xd8, 63, 64]);

  const { info, firmware } = await administrator.get("/api/devices/door");
  const capabilities = ["photo", "flash", "stream", "camera_control", "command_ids", "stream_control"];
  expect({ info, firmware }).toMatchObject({
    info: { capabilities, wifi_ssid: 'my "home" \\ \x01 ?' },
    firmware: "1.0.0",
  });
  await expectPace(board, headers);
  expect(await end({ type: "action", action: "system_reboot" })).toMatchObject(acknowledged);
  await board.program.prints("restart");
});

/** Few pictures while nobody watches, many while somebody does. */
async function expectPace(board: SketchBoard, headers: Record<string, string>): Promise<void> {
  expect(board.lastPace).toBe(1);
  const viewer = await TestClient.open(`ws://${site.host}/ws/video/door`, headers);
  const start = Date.now();
  const frames = [];
  // 12 s at the first pace, and half a second at the one that is asked for.
  for (let i = 0; i < 12; i++) frames.push((await viewer.next("binary")).data);
  expect(Date.now() - start).toBeLessThan(6_000);
  expect(board.lastPace).toBe(25);
  expect(new Uint8Array(frames.at(-1)).subarray(0, 2)).toEqual(new Uint8Array([0xff, 0xd8]));
  await viewer.close();
  // Nobody watches any more.
  await until(
    () => board.lastPace,
    (pace) => pace === 1,
  );
}

testUnless(noCompiler, "a command that comes twice runs once", async () => {
  const token = await site.administrator.addDevice("esp32cam", "gate");
  await using board = SketchBoard.start(await build(token));
  await site.administrator.state("gate", "online");
  await board.program.prints("connected,");
  for (let i = 0; i < 2; i++) board.hear(JSON.stringify({ servo1: 90, servo2: 90, command_id: "same" }));
  await board.says((message) => message.type === "ack");
  const answers = board.said.filter(({ command_id }) => command_id === "same");
  expect(answers).toMatchObject([
    { type: "servo_command", status: "success", servo1: 90, servo2: 90 },
    { type: "ack", status: "success" },
  ]);
  expect(board.program.output.split("pin 13: 4915")).toHaveLength(2);
});

testUnless(noCompiler, "it hears why it is refused", async () => {
  await using board = SketchBoard.start(await build("wrong"));
  await board.program.prints("The server says: this device token is not known");
  await board.program.prints("Disconnected.");
});
