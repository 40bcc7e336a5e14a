import { expect, test } from "bun:test";
import { TestClient } from "../../kit/client.ts";
import { FakeClock } from "../../kit/clock.ts";
import { peyk, ServerProcess } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { DeviceWorld, jpeg } from "./kit.ts";

const servo = { type: "servo", servo1: 10, servo2: 20 };

test("commands reach a device in their order, whether they waited or not", async () => {
  await using world = await DeviceWorld.start();
  await (await world.namedPico()).close();
  for (let n = 0; n < 20; n++) await world.command("pico-kitchen", { ...servo, servo1: n });
  const pico = await world.namedPico();
  for (let n = 20; n < 30; n++) await world.command("pico-kitchen", { ...servo, servo1: n });
  for (let n = 0; n < 30; n++) expect((await pico.next("servo")).command.servo1).toBe(n);
});

test("a repeat under the caller's id gets the first result, also when both come at once", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  const body = { ...servo, command_id: "order-7" };
  const answers = await Promise.all([1, 2, 3, 4].map(() => world.post("/pico-kitchen/commands", body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 202]);
  const ids = new Set(await Promise.all(answers.map(async (answer) => (await world.app.json(answer)).id)));
  expect(ids.size).toBe(1);
  expect((await pico.next("servo")).command_id).toBe("order-7");
  expect(await pico.settle()).toEqual([]);
  expect((await world.get("/pico-kitchen/commands/order-7")).id).toBe([...ids][0]);
  const other = await world.post("/pico-kitchen/commands", { ...body, servo1: 99 });
  expect(other.status).toBe(409);
});

test("an ack with the command's id is about that command; one without is about the oldest of its type", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  const [a, b, c] = [
    await world.command("pico-kitchen", servo),
    await world.command("pico-kitchen", { type: "action", action: "reset_position" }),
    await world.command("pico-kitchen", { ...servo, servo1: 11 }),
  ];
  while ((await pico.next()).command_id !== c.id);
  pico.send({ type: "ack", command_id: c.id, status: "success" });
  await world.commandIs("pico-kitchen", c.id, "acknowledged");
  pico.send({ type: "ack", command_type: "action", status: "error", detail: { why: "stuck" } });
  expect((await world.commandIs("pico-kitchen", b.id, "failed")).detail).toBe('{"why":"stuck"}');
  pico.send({ type: "ack", message: "Command received" });
  expect((await world.commandIs("pico-kitchen", a.id, "acknowledged")).detail).toBe("Command received");
});

test("an ack without a command, and one for a command that has ended, change nothing and get no answer", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  pico.send({ type: "ack", command_type: "servo", status: "success" });
  const { id } = await world.command("pico-kitchen", servo);
  await pico.next("servo");
  pico.send({ type: "ack", command_id: id, status: "success", detail: "first" });
  await world.commandIs("pico-kitchen", id, "acknowledged");
  pico.send({ type: "ack", command_id: id, status: "error", detail: "second" });
  pico.send({ type: "ack", command_type: "unknown", status: "ignored" });
  expect(await pico.settle()).toEqual([]);
  expect(await world.get(`/pico-kitchen/commands/${id}`)).toMatchObject({
    state: "acknowledged",
    detail: "first",
  });
});

test("a command that its device does not answer fails, and one that it never comes for expires", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  const sent = await world.command("pico-kitchen", servo);
  await pico.next("servo");
  await world.commandIs("pico-kitchen", sent.id, "sent");
  clock.advance(29_000);
  await pico.settle();
  expect((await world.get(`/pico-kitchen/commands/${sent.id}`)).state).toBe("sent");
  clock.advance(3_000);
  expect((await world.commandIs("pico-kitchen", sent.id, "failed")).detail).toContain("no acknowledgement");

  await pico.close();
  await until(
    () => world.get("/pico-kitchen"),
    ({ state }) => state !== "online",
  );
  const waiting = await world.command("pico-kitchen", { ...servo, ttl: 60 });
  clock.advance(60_000);
  const look = () => {
    clock.advance(1_000);
    return world.get(`/pico-kitchen/commands/${waiting.id}`);
  };
  await until(look, ({ state }) => state === "expired");
  const back = await world.namedPico();
  expect(await back.settle()).toEqual([]);
});

test("what was sent and not answered is sent again only to a device that tells commands apart", async () => {
  await using world = await DeviceWorld.start();
  for (const capabilities of [[], ["command_ids"]]) {
    const device = `board${capabilities.length}`;
    const pico = await world.namedPico(device, { capabilities });
    await pico.settle();
    const { id } = await world.command(`pico-${device}`, servo);
    await pico.next("servo");
    await pico.close();
    const back = await world.namedPico(device, { capabilities });
    if (capabilities.length > 0) expect((await back.next("servo")).command_id).toBe(id);
    expect(await back.settle()).toEqual([]);
  }
});

test("a command can be taken back while it waits, and not afterwards", async () => {
  await using world = await DeviceWorld.start();
  await (await world.namedPico()).close();
  await until(
    () => world.get("/pico-kitchen"),
    ({ state }) => state !== "online",
  );
  const { id } = await world.command("pico-kitchen", servo);
  expect((await world.delete(`/pico-kitchen/commands/${id}`)).status).toBe(200);
  expect(await world.get(`/pico-kitchen/commands/${id}`)).toMatchObject({
    state: "failed",
    detail: "taken back",
  });
  expect((await world.delete(`/pico-kitchen/commands/${id}`)).status).toBe(409);
  expect(await (await world.namedPico()).settle()).toEqual([]);
});

test("no more than a hundred commands wait for one device", async () => {
  await using world = await DeviceWorld.start();
  await (await world.namedPico()).close();
  await until(
    () => world.get("/pico-kitchen"),
    ({ state }) => state !== "online",
  );
  for (let n = 0; n < 100; n++) await world.command("pico-kitchen", servo);
  const answer = await world.post("/pico-kitchen/commands", servo);
  expect(answer.status).toBe(429);
  expect((await world.app.json(answer)).fault).toBe("queue_full");
});

const wrong: [string, object, string][] = [
  ["an angle of 270", { ...servo, servo1: 270 }, "servo1: must be from 0 to 180"],
  ["an angle that is a text", { ...servo, servo2: "90" }, "servo2"],
  ["an angle that is missing", { type: "servo", servo1: 1 }, "servo2"],
  ["an action of nobody", { type: "action", action: "explode" }, "action"],
  ["a type of nobody", { type: "dance" }, "type"],
  ["a photo from a Pico", { type: "capture_photo" }, "Pico takes servo, action, status, json"],
  ["a flash from a Pico", { type: "action", action: "flash_on" }, "Pico takes reset_position"],
  [
    "free JSON that is too long",
    { type: "json", payload: { a: "x".repeat(5_000) } },
    "boards take 4000 at most",
  ],
  ["a time to live of a year", { ...servo, ttl: 365 * 86_400 }, "ttl"],
];
test.each(wrong)("%s is 422, and says what is allowed", async (_, body, why) => {
  await using world = await DeviceWorld.start();
  await world.namedPico();
  const answer = await world.post("/pico-kitchen/commands", body);
  expect(answer.status).toBe(422);
  expect((await world.app.json(answer)).detail).toContain(why);
});

test("commands are for staff, and an unknown device is not found", async () => {
  await using world = await DeviceWorld.start();
  await world.namedPico();
  const { token } = await world.app.user("user");
  expect((await world.post("/pico-kitchen/commands", servo, token)).status).toBe(403);
  expect((await world.app.post("/api/devices/pico-kitchen/commands", servo)).status).toBe(401);
  expect((await world.post("/nobody/commands", servo)).status).toBe(404);
});

/** Command → what the firmware of the camera parses, its answer, and what becomes of the command. */
const cameraCommands: [object, object, object, string][] = [
  [servo, { servo1: 10, servo2: 20 }, { type: "servo_command", servo1: 10, servo2: 20 }, "acknowledged"],
  [
    { type: "flash", on: true, intensity: 30 },
    { flash: true, intensity: 30 },
    { type: "flash" },
    "acknowledged",
  ],
  [
    { type: "action", action: "flash_on", intensity: 50 },
    { action: "flash_on", intensity: 50 },
    { type: "flash", enabled: true },
    "acknowledged",
  ],
  [
    { type: "action", action: "system_reboot" },
    { action: "system_reboot" },
    { type: "system_reboot" },
    "acknowledged",
  ],
  [
    { type: "camera_settings", settings: { brightness: -2 } },
    { brightness: -2 },
    { type: "brightness", value: -2 },
    "acknowledged",
  ],
  [
    { type: "camera_settings", settings: { contrast: 1, auto_exposure: true } },
    { camera_settings: { contrast: 1, auto_exposure: true } },
    { type: "camera_settings_updated" },
    "acknowledged",
  ],
  [
    { type: "capture_photo" },
    { action: "capture_photo" },
    { type: "photo_error", message: "no memory" },
    "failed",
  ],
  [{ type: "json", payload: { zoom: 2 } }, { zoom: 2 }, { type: "unknown_action" }, "failed"],
];
test.each(cameraCommands)("a camera gets %j as %j, without a type", async (body, payload, answer, state) => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  await camera.settle();
  const { id } = await world.command("esp32cam-porch", body);
  const got = await camera.next();
  expect(got).toMatchObject(payload);
  expect(Object.keys(got)).not.toContain("type");
  camera.send(answer);
  await world.commandIs("esp32cam-porch", id, state);
});

test("a camera's answer with a command's id is about that command", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const give = (brightness: number) =>
    world.command("esp32cam-porch", { type: "camera_settings", settings: { brightness } });
  const [first, second] = [await give(1), await give(2)];
  while ((await camera.next()).command_id !== second.id);
  camera.send({ type: "brightness", status: "error", value: 2, command_id: second.id });
  expect((await world.commandIs("esp32cam-porch", second.id, "failed")).detail).toBe('{"value":2}');
  camera.send({ type: "brightness", status: "success", value: 1, command_id: first.id });
  await world.commandIs("esp32cam-porch", first.id, "acknowledged");
});

test("a photo that is no JPEG, or never comes, fails its command", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const shots = [
    () => camera.send(new Uint8Array([1, 2, 3])),
    () => camera.send({ type: "photo_sent", size: 10 }),
    () => camera.send({ type: "frame_metadata", size: 10 }),
  ];
  for (const shot of shots) {
    const { id } = await world.command("esp32cam-porch", { type: "capture_photo" });
    while ((await camera.next()).command_id !== id);
    camera.send({ type: "photo_data", size: 3, format: "jpeg" });
    shot();
    await world.commandIs("esp32cam-porch", id, "failed");
  }
  camera.send(jpeg(1));
  expect(await camera.settle()).toEqual([]);
  const { dropped, frames } = (await world.get("/esp32cam-porch")).camera;
  expect({ dropped, frames }).toEqual({ dropped: { not_jpeg: 1, no_frame: 2 }, frames: 1 });
});

test("a command survives kill -9 of the server, and arrives once", async () => {
  using folder = tempDir();
  const settings = { PICO_AUTH_TOKENS: "a-pico-token" };
  await peyk(
    folder.path,
    "user",
    "add",
    "--email",
    "s@example.com",
    "--password",
    "correct horse",
    "--role",
    "staff",
  );
  const token = (await peyk(folder.path, "token", "issue", "--user", "s@example.com")).trim();
  const give = (server: ServerProcess) =>
    fetch(new URL("/api/devices/kitchen/commands", server.url), {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(servo),
    });
  const added = JSON.parse(
    await peyk(folder.path, "device", "add", "--kind", "pico", "--id", "kitchen", "--json"),
  );
  {
    await using server = await ServerProcess.start({ dataDir: folder.path, settings });
    expect((await give(server)).status).toBe(202);
    await server.end("SIGKILL");
  }
  await using server = await ServerProcess.start({ dataDir: folder.path, settings });
  const headers = { Authorization: `Bearer ${added.token}` };
  const connect = () => TestClient.open(`ws://${server.url.host}/ws/pico`, headers);
  const pico = await connect();
  expect((await pico.next("servo")).command).toEqual({ servo1: 10, servo2: 20 });
  await pico.close();
  const again = await connect();
  expect((await again.settle()).map(({ type }) => type)).toEqual(["connection_ack"]);
  await again.close();
}, 30_000);
