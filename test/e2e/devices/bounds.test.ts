import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FakeClock } from "../../kit/clock.ts";
import { RawClient } from "../../kit/raw.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { bearer, cameraToken, DeviceWorld, jpeg } from "./kit.ts";

/** The head of one masked binary frame that announces this many bytes (RFC 6455 5.2). */
function announce(bytes: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

test("a stranger's socket may announce 1.6 times MAX_FRAME_BYTES at most, and no more than other messages without cameras", async () => {
  for (const [limit, most] of [
    [1_000_000, 1_600_000],
    [0, 65_536],
  ] as const) {
    await using world = await DeviceWorld.start({ flags: { "max-frame-bytes": limit } });
    using stranger = await RawClient.open(world.app.port);
    stranger.upgrade("/ws/pico", { "X-Forwarded-For": "203.0.113.9" });
    await stranger.until("\r\n\r\n");
    stranger.socket.write(announce(most + 1));
    await stranger.ended;
  }
});

test("without cameras a picture is dropped and counted all the same", async () => {
  await using world = await DeviceWorld.start({ flags: { "max-frame-bytes": 0 } });
  const camera = await world.namedCamera();
  camera.send(jpeg(1));
  expect(await camera.settle()).toEqual([]);
  expect((await world.get("/esp32cam-porch")).camera.dropped).toEqual({ too_big: 1 });
});

test("what a board says of itself is kept up to 4 KB, without secrets, and forgotten when it is offline", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const settings = {
    wide: "z".repeat(20_000),
    auth_token: "hidden",
    quality: 80,
    wifi: { password: "hidden" },
  };
  const camera = await world.namedCamera("porch", { current_settings: settings });
  camera.send({ type: "sensor_data", sensor_type: "x", data: {} });
  camera.send({ type: "heartbeat", fps: 5, api_key: "hidden", noise: "y".repeat(20_000) });
  camera.send(jpeg(1));
  await camera.settle();
  const { id } = await world.command("esp32cam-porch", {
    type: "camera_settings",
    settings: { brightness: 1 },
  });
  while ((await camera.next()).command_id !== id);
  camera.send({ type: "brightness", value: 1, auth_token: "hidden" });
  const { detail } = await world.commandIs("esp32cam-porch", id, "acknowledged");
  expect(detail).toBe('{"value":1}');
  const shown = await world.get("/esp32cam-porch");
  expect(shown.info.current_settings).toEqual({ quality: 80, wifi: {} });
  expect(shown.sensors.heartbeat.data).toMatchObject({ fps: 5 });
  expect(JSON.stringify(shown).length).toBeLessThan(2_000);
  expect(JSON.stringify(shown)).not.toContain("hidden");
  await camera.close();
  await world.deviceIs("esp32cam-porch", "stale");
  clock.advance(16_000);
  const gone = await until(
    () => world.get("/esp32cam-porch"),
    ({ sensors }) => Object.keys(sensors).length === 0,
  );
  expect(gone.state).toBe("offline");
  expect(gone.camera).toMatchObject({ frames: 0, last_frame_at: null });
});

test("adding and deleting photos at once keeps within the quota, and tells of each deletion once", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({
    dataDir: folder.path,
    flags: { "photo-quota-bytes": 1_000 },
  });
  const [camera, operator] = [await world.namedCamera(), await world.operator()];
  const shoot = async (n: number) => {
    camera.send({ type: "photo_data", size: 200 });
    camera.send(jpeg(n));
    return operator.next("photo_captured");
  };
  const { id } = await shoot(0);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => world.delete(`/esp32cam-porch/photos/${id}`)),
  );
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  for (let n = 1; n < 8; n++) await shoot(n);
  expect((await world.get("/esp32cam-porch/photos")).count).toBe(5);
  expect(readdirSync(join(folder.path, "photos"))).toHaveLength(5);
});

test("a camera keeps so many photos that nobody asked for; those that were asked for are kept", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const camera = await world.namedCamera();
  const shoot = async () => {
    camera.send({ type: "photo_data", size: 200 });
    camera.send(jpeg(1));
    clock.advance(1_000);
    return camera.settle();
  };
  for (let n = 0; n < 35; n++) expect(await shoot()).toEqual([]);
  expect((await world.get("/esp32cam-porch/photos")).count).toBe(30);
  expect((await world.get("/esp32cam-porch")).camera.dropped).toEqual({ unasked: 5 });
  const { id } = await world.command("esp32cam-porch", { type: "capture_photo" });
  while ((await camera.next()).command_id !== id);
  await shoot();
  await world.commandIs("esp32cam-porch", id, "acknowledged");
  // More in a moment than any person asks for are not even looked at.
  for (let n = 0; n < 30; n++) camera.send({ type: "photo_data", size: 200 });
  expect((await camera.next("error")).error).toBe("too_many_messages");
});

test("a big picture right after connection_ack is taken, however slow the disk is", async () => {
  await using world = await DeviceWorld.start({ slowCommit: 200 });
  const camera = await world.camera({ ...bearer(cameraToken), "X-Device-ID": "porch" });
  await camera.next("connection_ack");
  camera.send(jpeg(1, 1_500_000));
  expect(await camera.settle()).toEqual([]);
  expect((await world.get("/esp32cam-porch")).camera.frames).toBe(1);
});

test("ids keep the marks of letters and are never cut within a character", async () => {
  await using world = await DeviceWorld.start();
  const names = ["𐎠".repeat(50), "कमरा", "می\u200cخواهم", "cafe\u0301"];
  const ids = [];
  for (const name of names) {
    const pico = await world.namedPico(name);
    await pico.settle();
    ids.push((await world.get("?limit=100")).devices.map(({ id }: { id: string }) => id));
  }
  const all: string[] = ids.at(-1)!;
  expect(all.every((id) => id.isWellFormed())).toBe(true);
  for (const id of ["pico-कमरा", "pico-می\u200cخواهم", "pico-caf\u00e9"]) expect(all).toContain(id);
  const long = all.find((id) => id.includes("𐎠"))!;
  const { id } = await world.command(encodeURIComponent(long), { type: "status" });
  await world.commandIs(encodeURIComponent(long), id, "sent");
  expect((await world.get(`/${encodeURIComponent("pico-cafe\u0301")}`)).id).toBe("pico-caf\u00e9");
  const added = await world.post("", { kind: "pico", id: "cafe\u0301" }, world.admin);
  expect((await world.app.json(added)).device.id).toBe("caf\u00e9");
});

test("levels are names and nothing else; a level is found under each of its names", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  for (const level of ["constructor", "warn"]) pico.send({ type: "log", message: level, level });
  expect(await pico.settle()).toEqual([]);
  const found = async (level: string) =>
    (await world.get(`/pico-kitchen/logs?level=${level}`)).logs.map(
      ({ message }: { message: string }) => message,
    );
  expect(await found("constructor")).toEqual(["constructor"]);
  expect(await found("warn")).toEqual(["warn"]);
  expect(await found("WARNING,constructor")).toEqual(["warn", "constructor"]);
});

test("logs are found by the time at which they came, also after a clock that was ahead", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  const token = (await world.app.user("staff")).token;
  const log = async (message: string) => {
    pico.send({ type: "log", message });
    await pico.settle();
  };
  clock.set(3_600_000);
  await log("ahead");
  clock.set(-3_600_000);
  await log("right");
  const range = [-60_000, 60_000].map((by) => encodeURIComponent(new Date(clock.now() + by).toISOString()));
  const { logs } = await world.get(`/pico-kitchen/logs?since=${range[0]}&until=${range[1]}`, token);
  expect(logs.map(({ message }: { message: string }) => message)).toEqual(["right"]);
});

test("the only connected camera is found, however many others are known", async () => {
  await using world = await DeviceWorld.start();
  for (let n = 0; n < 25; n++)
    await world.post("", { kind: "esp32cam", id: `a${String(n).padStart(2, "0")}` }, world.admin);
  await (await world.namedCamera("zoo")).settle();
  const viewer = await world.app.connect(`/ws/video?token=${world.staff}`);
  expect((await viewer.next()).type).toBe("authenticated");
});

test.each(["X-Forwarded-Host", "X-Forwarded-Proto", "Via", "CF-Connecting-IP"])(
  "%s is the mark of a proxy: what comes with it is not this machine",
  async (name) => {
    await using world = await DeviceWorld.start({ flags: { "auth-timeout": 1 } });
    const pico = await world.pico({ [name]: "localhost" });
    expect((await pico.closed).code).toBe(4001);
  },
);
