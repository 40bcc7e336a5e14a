import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { bearer, DeviceWorld, outside, picoToken } from "./kit.ts";

test("a device that goes is stale, then offline once, with the reason; back in time, it was never offline", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  await pico.settle();
  const operator = await world.operator();
  await pico.close();
  expect(await operator.next()).toMatchObject({ type: "device_stale", device_id: "pico-kitchen" });
  clock.advance(10_000);
  const back = await world.namedPico();
  await back.settle();
  expect(await operator.next()).toMatchObject({
    type: "device_online",
    device: { id: "pico-kitchen", state: "online" },
  });
  clock.advance(20_000);
  await Promise.all([back.settle(), operator.settle()]);
  expect((await world.get("/pico-kitchen")).state).toBe("online");

  await back.close();
  expect((await operator.next()).type).toBe("device_stale");
  clock.advance(16_000);
  expect(await operator.next()).toMatchObject({
    type: "device_offline",
    device_id: "pico-kitchen",
    reason: "it closed the connection (1005)",
  });
  // A sign of life: time stands still for pongs while it is moved.
  expect(await operator.settle()).toEqual([]);
  for (let minutes = 0; minutes < 2; minutes += 0.5) {
    clock.advance(30_000);
    expect(await operator.settle()).toEqual([]);
  }
  expect(await world.get("/pico-kitchen")).toMatchObject({
    state: "offline",
    reason: "it closed the connection (1005)",
  });
});

test("who does not come back after a restart of the server goes offline, once", async () => {
  using folder = tempDir();
  {
    await using world = await DeviceWorld.start({ dataDir: folder.path });
    await world.namedPico("gone");
    await world.namedPico("back");
  }
  const clock = new FakeClock(Date.now());
  await using world = await DeviceWorld.start({ dataDir: folder.path, clock });
  expect((await world.get("/pico-gone")).state).toBe("stale");
  const operator = await world.operator();
  await world.namedPico("back");
  clock.advance(16_000);
  expect(await operator.next("device_offline")).toMatchObject({
    device_id: "pico-gone",
    reason: expect.stringContaining("restart"),
  });
  expect(await operator.settle()).toEqual([]);
  expect((await world.get("/pico-back")).state).toBe("online");
});

test("a device without a sign of life is stale before it is lost", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  await pico.settle();
  clock.advance(19_000);
  expect((await world.get("/pico-kitchen")).state).toBe("online");
  // Its clock stands still meanwhile, as far as we know: no answer to the ping of this second comes.
  clock.advance(12_000);
  const { state, reason } = await world.get("/pico-kitchen");
  expect(["online", "stale"]).toContain(state);
  if (state === "stale") expect(reason).toContain("no sign of life");
});

test("devices with one token are told apart by header, by name, or not at all", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const byHeader = await world.camera({
    ...bearer("cam:literal@firmware"),
    "X-Device-ID": "AA:BB:CC:00:11:22",
  });
  await byHeader.settle();
  await world.namedPico("a");
  await world.namedPico("دوربین ۱");
  await world.namedPico("دوربین ۲");
  const nameless = await world.pico();
  clock.advance(3_000);
  await nameless.settle();
  const ids = () => world.get("").then(({ devices }) => devices.map(({ id }: { id: string }) => id));
  expect(await until(ids, (all) => all.includes("pico"))).toEqual([
    "esp32cam-AA-BB-CC-00-11-22",
    "pico",
    "pico-a",
    "pico-دوربین-۱",
    "pico-دوربین-۲",
  ]);
  const one = await world.get(`/${encodeURIComponent("pico-دوربین-۱")}`);
  expect(one).toMatchObject({ name: "دوربین ۱", state: "online", address: "127.0.0.1", firmware: "1.0.0" });
});

test("devices are listed by kind and state, in pages", async () => {
  await using world = await DeviceWorld.start();
  for (const name of ["a", "b", "c"]) await world.namedPico(name);
  const camera = await world.namedCamera();
  expect((await world.get("?kind=pico")).count).toBe(3);
  const page = await world.get("?limit=2&offset=2");
  expect(page.count).toBe(4);
  expect(page.devices.map(({ id }: { id: string }) => id)).toEqual(["pico-b", "pico-c"]);
  await camera.close();
  await until(
    () => world.get("?state=stale"),
    ({ count }) => count === 1,
  );
  expect((await world.get("?state=online")).count).toBe(3);
});

test("a board's own words and its sensors are shown", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico("weather", { memory_free: 120_000, wifi_ssid: "attic" });
  const operator = await world.operator();
  pico.send({ type: "sensor_data", sensor_type: "temperature", data: { sequence: 7, celsius: 21.5 } });
  expect(await pico.next("ack")).toMatchObject({
    command_type: "sensor_data",
    status: "success",
    sequence: 7,
  });
  pico.send({ type: "servo", command: { servo1: 90, servo2: 45 } });
  expect(await pico.next("ack")).toMatchObject({ command_type: "servo", detail: "servo1=90°, servo2=45°" });
  expect(await operator.next("sensor_data")).toMatchObject({
    device_id: "pico-weather",
    data: { celsius: 21.5 },
  });
  const device = await world.get("/pico-weather");
  expect(device.info).toEqual({ memory_free: 120_000, wifi_ssid: "attic" });
  expect(device.sensors.temperature.data).toEqual({ sequence: 7, celsius: 21.5 });
});

test("logs are stored with level, source and both times, and read in pages, by level and by time", async () => {
  await using world = await DeviceWorld.start();
  const [pico, camera] = [await world.namedPico(), await world.namedCamera()];
  for (let n = 0; n < 25; n++)
    pico.send({ type: "log", message: `line ${n}`, level: n % 5 === 0 ? "ERR" : "info" });
  pico.send({ type: "log", message: { not: "a text" }, level: 7 });
  pico.send({ type: "log" });
  camera.send({ type: "log", message: "camera says", log_type: "warn", timestamp: 4711 });
  await Promise.all([pico.settle(), camera.settle()]);
  const first = await world.get("/pico-kitchen/logs?limit=20");
  expect(first.logs[0]).toMatchObject({ message: "", level: "info" });
  expect(first.logs[1]).toMatchObject({ message: '{"not":"a text"}', level: "7" });
  const second = await world.get(`/pico-kitchen/logs?limit=20&before=${first.next}`);
  expect(second.next).toBeNull();
  expect([...first.logs, ...second.logs]).toHaveLength(27);
  expect(second.logs.at(-1).message).toBe("line 0");
  expect((await world.get("/pico-kitchen/logs?level=error")).logs).toHaveLength(5);
  const [line] = (await world.get("/esp32cam-porch/logs")).logs;
  expect(line).toMatchObject({
    source: "esp32cam",
    level: "warning",
    device_time: "4711",
    message: "camera says",
  });
  const at = encodeURIComponent(line.at);
  expect((await world.get(`/esp32cam-porch/logs?since=${at}`)).logs).toHaveLength(1);
  expect((await world.get(`/esp32cam-porch/logs?until=${at}`)).logs).toHaveLength(0);
  expect((await world.app.fetch("/api/devices/nobody/logs", { token: world.staff })).status).toBe(404);
  expect(
    (await world.app.fetch("/api/devices/pico-kitchen/logs?since=yesterday", { token: world.staff })).status,
  ).toBe(422);
});

test("old logs go, and the oldest where there are too many", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({
    clock,
    flags: { "device-log-max-rows": 1000, "device-log-max-age": 3600 },
  });
  const { logs } = world.app.app.devices;
  const session = { device: "d", kind: "pico", capabilities: [], connection: undefined as never } as const;
  await logs.add(session, { message: "too old" });
  clock.advance(3_700_000);
  await Promise.all(Array.from({ length: 1_100 }, (_, n) => logs.add(session, { message: `line ${n}` })));
  clock.advance(300_000);
  const lines = () => logs.page({ device: "d", limit: 2_000 });
  const kept = await until(lines, ({ length }) => length === 1_000);
  expect(kept.at(-1)?.message).toBe("line 100");
});

test("operators catch up: a snapshot first, then exactly what they missed", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  await pico.settle();
  const operator = await world.app.connect(`/ws/devices?token=${world.staff}`);
  const snapshot = await operator.next();
  expect(snapshot.type).toBe("devices");
  expect(snapshot.devices).toHaveLength(1);
  await operator.close();
  pico.send({ type: "log", message: "while you were away" });
  await pico.settle();
  const { id } = await world.command("pico-kitchen", { type: "status" });
  await pico.next("status");
  await world.commandIs("pico-kitchen", id, "sent");
  const back = await world.operator(`&since=${snapshot.cursor}`);
  expect(await back.next()).toMatchObject({ type: "catch_up", recovered: true, events: 3 });
  expect(await back.next()).toMatchObject({ type: "device_log", log: { message: "while you were away" } });
  expect((await back.next()).command.state).toBe("queued");
  expect((await back.next()).command.state).toBe("sent");
  expect(await back.settle()).toEqual([]);
});

test("the operators' socket and the pictures are for staff", async () => {
  await using world = await DeviceWorld.start();
  await world.namedCamera();
  const { token } = await world.app.user("user");
  for (const path of ["/ws/devices", "/ws/video", "/ws/video/esp32cam-porch"]) {
    const stranger = await world.app.connect(`${path}?token=${token}`);
    expect((await stranger.closed).code).toBe(4003);
    const nobody = await world.app.connect(path, outside);
    nobody.send({ type: "auth", token: picoToken });
    expect((await nobody.closed).code).toBe(4001);
  }
});

test("a server knows no more devices than MAX_DEVICES", async () => {
  await using world = await DeviceWorld.start({ flags: { "max-devices": 2 } });
  await world.namedPico("a");
  await world.namedPico("b");
  const third = await world.pico();
  third.send({ type: "connect", device: "c" });
  expect(await third.next("error")).toMatchObject({ error: "server_full" });
  expect((await third.closed).code).toBe(4105);
  await (await world.namedPico("a")).settle();
});
