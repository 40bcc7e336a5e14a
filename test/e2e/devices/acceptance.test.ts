import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { bearer, cameraToken, DeviceWorld, jpeg, outside, picoToken } from "./kit.ts";

/** The acceptance list of seeds 000 and 001, item by item; the programs of the seeds themselves run in test/seeds. */

test("1. GET /public/tokens gives the seed's five keys without authentication, on every port", async () => {
  await using world = await DeviceWorld.start({ flags: { port: "0,0" } });
  expect(world.app.app.urls).toHaveLength(2);
  for (const url of world.app.app.urls) {
    const answer = await fetch(new URL("/public/tokens", url));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const body = await world.app.json(answer);
    expect(Object.keys(body)).toEqual(["status", "pico_tokens", "esp32cam_tokens", "timestamp", "message"]);
    expect(body.status).toBe("success");
    expect(body.pico_tokens).toEqual([picoToken]);
    expect(body.esp32cam_tokens).toEqual([cameraToken]);
    expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(body.message).toContain("'Bearer <token>'");
  }
});

test("2. a Pico with its token connects, says connect, and is acknowledged", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.pico();
  expect(await pico.next()).toMatchObject({
    type: "connection_ack",
    status: "success",
    message: "Pico connected successfully",
  });
  pico.send({ type: "connect", device: "pico_device", version: "1.0.0" });
  expect(await pico.next()).toMatchObject({
    type: "connection_ack",
    status: "success",
    message: "Pico connection acknowledged",
    device_id: "pico-pico_device",
  });
});

test("3. ping is answered with pong; log and ack without an error, and the log is stored", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  pico.send({ type: "log", message: "Device status update", level: "info" });
  pico.send({ type: "ack", message: "Command received" });
  expect(await pico.settle()).toEqual([]);
  const { logs } = await world.get("/pico-kitchen/logs");
  expect(logs).toHaveLength(1);
  expect(logs[0]).toMatchObject({ source: "pico", level: "info", message: "Device status update" });
  expect(Date.parse(logs[0].at)).toBeGreaterThan(Date.now() - 60_000);
});

test("4. the server pings at the interval; who is silent is closed, who answers stays", async () => {
  await using world = await DeviceWorld.start({ flags: { "ping-interval": 1, "device-idle-timeout": 5 } });
  const [silent, lively] = [await world.namedPico("silent"), await world.namedPico("lively")];
  // The WebSocket library of both answers protocol pings: only their programs differ.
  lively.socket.addEventListener("message", ({ data }) => {
    if (JSON.parse(data).type === "ping") lively.send({ type: "pong" });
  });
  const { code, reason } = await silent.closed;
  expect(code).toBe(4203);
  expect(reason).toContain("no message from the client");
  expect(silent.waiting.filter(({ type }) => type === "ping").length).toBeGreaterThan(2);
  expect((await lively.settle()).every(({ type }) => type === "ping")).toBe(true);
}, 20_000);

test("5. without a header and from outside, the first message must be auth with a good token", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const good = await world.pico(outside);
  good.send({ type: "auth", token: picoToken });
  expect(await good.next()).toMatchObject({ type: "connection_ack", status: "success" });
  good.send({ type: "connect", device: "browser", version: "1" });
  expect(await good.next()).toMatchObject({ message: "Pico connection acknowledged" });

  const wrong = await world.pico(outside);
  wrong.send({ type: "auth", token: "wrong token" });
  wrong.send({ type: "log", message: "never stored" });
  expect(await wrong.next()).toMatchObject({ type: "error", error: "bad_device_token" });
  expect((await wrong.closed).code).toBe(4001);

  const other = await world.pico(outside);
  other.send({ type: "connect", device: "pico_device" });
  expect(await other.next()).toMatchObject({ type: "error", error: "unauthorized" });
  expect((await other.closed).code).toBe(4001);

  const mute = await world.pico(outside);
  clock.advance(11_000);
  expect(await mute.next()).toMatchObject({ type: "error", error: "auth_timeout" });
  expect((await mute.closed).code).toBe(4001);
  for (const refused of [wrong, other, mute]) expect(refused.waiting).toEqual([]);
  expect((await world.get("")).count).toBe(1);
});

const refusals: [string, Record<string, string>, string][] = [
  ["a wrong token", bearer("wrong token"), "not known"],
  ["Bearer twice", { ...outside, Authorization: `Bearer Bearer ${picoToken}` }, 'says "Bearer" twice'],
  ["no Bearer", { ...outside, Authorization: picoToken }, "must be `Bearer <token>`"],
  ["a camera's token", bearer(cameraToken), "is for ESP32-CAM, not for Pico"],
];
test.each(refusals)("6. %s is refused with 4001 and a reason that says why", async (_, headers, why) => {
  await using world = await DeviceWorld.start();
  const pico = await world.pico(headers);
  const error = await pico.next();
  expect(error.type).toBe("error");
  expect(error.message).toContain(why);
  const { code, reason } = await pico.closed;
  expect(code).toBe(4001);
  expect(reason).toContain(why);
});

test("6. a Pico's token does not open the camera's socket", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.camera(bearer(picoToken));
  expect((await camera.next()).message).toContain("is for Pico, not for ESP32-CAM");
  expect((await camera.closed).code).toBe(4001);
});

test("7. from this machine no token is needed", async () => {
  await using world = await DeviceWorld.start();
  for (const device of [await world.pico({}), await world.camera({})])
    expect(await device.next()).toMatchObject({ type: "connection_ack" });
});

test.each([
  ["a page of another origin", { Origin: "http://evil.example" }],
  ["behind a proxy", { "X-Forwarded-For": "127.0.0.1" }],
  ["behind a proxy that says Forwarded", { Forwarded: "for=127.0.0.1" }],
  ["under a name of the outside", { Host: "peyk.example" }],
])("7. %s is not this machine", async (_, headers) => {
  await using world = await DeviceWorld.start({ flags: { "auth-timeout": 1 } });
  const pico = await world.pico(headers as Record<string, string>);
  expect(await pico.next()).toMatchObject({ type: "error", error: "auth_timeout" });
  expect((await pico.closed).code).toBe(4001);
});

test("8. what is not JSON, and what is unknown, is answered with an error; the socket lives", async () => {
  await using world = await DeviceWorld.start();
  for (const device of [await world.namedPico(), await world.namedCamera()]) {
    device.send("{not json");
    expect(await device.next()).toMatchObject({ type: "error", message: expect.any(String) });
    device.send('{"type":"log","message":"a "quoted" word"}');
    expect((await device.next()).type).toBe("error");
    device.send({ type: "no_such_type" });
    expect((await device.next()).message).toContain("no_such_type");
    device.send({ type: "error", message: "I do not understand you either" });
    expect(await device.settle()).toEqual([]);
  }
});

test("9. a client that answers pings like seed 000's is told so often that it never counts as silent", async () => {
  await using world = await DeviceWorld.start({ flags: { "ping-interval": 1, "device-idle-timeout": 5 } });
  const pico = await world.namedPico();
  for (let pings = 0; pings < 2; pings++) {
    expect(await pico.next("ping")).toEqual({ type: "ping" });
    pico.send({ type: "pong" });
  }
  expect((await world.get("/pico-kitchen")).state).toBe("online");
});

test("10. a camera that sends header and auth gets connection_ack first; test is tolerated", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.camera();
  camera.send({ type: "auth", token: cameraToken, device: "esp32cam", timestamp: 12 });
  expect(await camera.next()).toMatchObject({ type: "connection_ack", status: "success" });
  // Its header let it in already; firmware would take an answer for a command that it does not know.
  camera.send({ type: "test", message: "hello" });
  expect(await camera.settle()).toEqual([]);
  await camera.close();
  expect((await camera.closed).wasClean).toBe(true);
});

test("11. a page without a header sends auth first, then test", async () => {
  await using world = await DeviceWorld.start();
  const page = await world.camera(outside);
  page.send({ type: "auth", token: cameraToken });
  expect((await page.next()).type).toBe("connection_ack");
  page.send({ type: "test", message: "from a page" });
  expect(await page.settle()).toEqual([]);
});

test("12. MicroPython gets a JSON ping every 20 s, and a servo command in the shape that it parses", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico("firmware", {}, {
    ...bearer(picoToken),
    "User-Agent": "MicroPython",
  } as never);
  const operator = await world.operator();
  for (let second = 0; second < 600; second++) {
    clock.advance(1_000);
    if (second % 20 !== 0) continue;
    await pico.settle();
    await operator.settle();
    await pico.settle();
  }
  pico.send({ type: "ping" });
  await pico.next("pong");
  const { id } = await world.command("pico-firmware", { type: "servo", servo1: 90, servo2: 45 });
  const servo = await pico.next("servo");
  expect(servo).toMatchObject({ command: { servo1: 90, servo2: 45 }, source: "web_interface" });
  expect(Date.parse(servo.timestamp)).toBe(clock.now());
  pico.send({ type: "ack", command_type: "servo", status: "success", detail: "X=90°, Y=45°" });
  expect((await world.commandIs("pico-firmware", id, "acknowledged")).detail).toBe("X=90°, Y=45°");
  const states = [];
  while (states.length < 3) states.push((await operator.next("command_updated")).command.state);
  expect(states).toEqual(["queued", "sent", "acknowledged"]);
});

test("13. a picture reaches viewers unchanged; one past the limit is dropped, and the socket lives", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const viewer = await world.app.connect(`/ws/video?token=${world.staff}`);
  await viewer.next("pong");
  camera.send({ type: "frame_metadata", size: 200, format: "jpeg", timestamp: "1234" });
  camera.send(jpeg(1));
  expect(new Uint8Array((await viewer.next("binary")).data)).toEqual(jpeg(1));
  camera.send(jpeg(2, 3_000_000));
  camera.send(jpeg(3));
  expect(new Uint8Array((await viewer.next("binary")).data)).toEqual(jpeg(3));
  expect((await world.get("/esp32cam-porch")).camera).toMatchObject({ frames: 2, dropped: { too_big: 1 } });
});

test("14. a manual photo becomes a file, a row, and an event whose address serves it", async () => {
  await using world = await DeviceWorld.start();
  const [camera, operator] = [await world.namedCamera(), await world.operator()];
  const { id } = await world.command("esp32cam-porch", { type: "capture_photo", quality: 70, flash: true });
  expect(await camera.next()).toMatchObject({
    action: "capture_photo",
    quality: 70,
    flash: true,
    intensity: 50,
  });
  camera.send({
    type: "photo_data",
    size: 200,
    format: "jpeg",
    quality: 70,
    flash_enabled: true,
    flash_intensity: 50,
  });
  camera.send(jpeg(7));
  const photo = await operator.next("photo_captured");
  expect(photo).toMatchObject({
    device_id: "esp32cam-porch",
    quality: 70,
    flash_used: true,
    intensity: 50,
    bytes: 200,
  });
  const served = await world.app.fetch(photo.url, { token: world.staff });
  expect(served.headers.get("content-type")).toBe("image/jpeg");
  expect(new Uint8Array(await served.arrayBuffer())).toEqual(jpeg(7));
  expect(await world.commandIs("esp32cam-porch", id, "acknowledged")).toMatchObject({ detail: photo.url });
  camera.send({ type: "photo_sent", size: 200, quality: 70, flash_intensity: 50 });
  expect(await camera.settle()).toEqual([]);
  expect((await world.get("/esp32cam-porch/photos")).photos).toHaveLength(1);
});

test("15. of two sockets of one device the newest wins, and the older one's end marks nothing offline", async () => {
  await using world = await DeviceWorld.start({ flags: { "device-grace": 0 } });
  const older = await world.namedPico();
  await older.settle();
  const operator = await world.operator();
  const newer = await world.namedPico();
  expect((await older.closed).code).toBe(4010);
  expect(await newer.settle()).toEqual([]);
  expect((await world.get("/pico-kitchen")).state).toBe("online");
  expect(await operator.settle()).toEqual([]);
});

test("16. a command for a device that is away is queued, and delivered once, also across a restart", async () => {
  using folder = tempDir();
  let id: string;
  {
    await using world = await DeviceWorld.start({ dataDir: folder.path });
    const pico = await world.namedPico();
    await pico.close();
    await until(
      () => world.get("/pico-kitchen"),
      ({ state }) => state !== "online",
    );
    ({ id } = await world.command("pico-kitchen", { type: "servo", servo1: 1, servo2: 2 }));
    expect((await world.get(`/pico-kitchen/commands/${id}`)).state).toBe("queued");
  }
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  const pico = await world.namedPico();
  expect(await pico.next("servo")).toMatchObject({ command: { servo1: 1, servo2: 2 }, command_id: id });
  expect((await world.get(`/pico-kitchen/commands/${id}`)).state).toBe("sent");
  await pico.close();
  const again = await world.namedPico();
  expect(await again.settle()).toEqual([]);
});

test("17. three sockets at once, each with its own answers, and health that says ok", async () => {
  await using world = await DeviceWorld.start();
  const three = await Promise.all(["a", "b", "c"].map((name) => world.namedPico(name)));
  for (const pico of three) expect(await pico.settle()).toEqual([]);
  expect((await world.get("")).count).toBe(3);
  expect(await world.app.json(world.app.fetch("/health"))).toEqual({ status: "ok" });
  expect((await world.app.json(world.app.fetch("/api/websocket/health/"))).status).toBe("ok");
});
