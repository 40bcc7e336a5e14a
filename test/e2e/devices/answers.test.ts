import { expect, test } from "bun:test";
import { DeviceWorld, jpeg, picoToken, writes } from "./kit.ts";

const servo = (servo1: number) => ({ type: "servo", servo1, servo2: 0 });

test("an ack after a reconnect is about what this connection was sent; what the last one did not answer has failed", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  const lost = await world.command("pico-kitchen", servo(10));
  await pico.next("servo");
  await pico.close();
  const back = await world.namedPico();
  expect((await world.get(`/pico-kitchen/commands/${lost.id}`)).detail).toContain("the connection ended");
  const next = await world.command("pico-kitchen", servo(90));
  await back.next("servo");
  back.send({ type: "ack", command_type: "servo", status: "success", detail: "X=90°" });
  expect((await world.commandIs("pico-kitchen", next.id, "acknowledged")).detail).toBe("X=90°");
  expect((await world.get(`/pico-kitchen/commands/${lost.id}`)).state).toBe("failed");
});

test("what is sent again to a board that tells commands apart comes before what waited", async () => {
  await using world = await DeviceWorld.start();
  const hello = { capabilities: ["command_ids"] };
  const pico = await world.namedPico("kitchen", hello);
  await pico.settle();
  await world.command("pico-kitchen", servo(1));
  await pico.next("servo");
  await pico.close();
  await world.deviceIs("pico-kitchen", "stale");
  for (const n of [2, 3]) await world.command("pico-kitchen", servo(n));
  const back = await world.pico();
  back.send({ type: "connect", device: "kitchen", ...hello });
  for (const n of [1, 2, 3]) expect((await back.next("servo")).command.servo1).toBe(n);
});

test("a command that was just being sent when the board came anew reaches its newer connection", async () => {
  await using world = await DeviceWorld.start({ slowCommit: 150 });
  const older = await world.namedPico();
  await older.settle();
  const newer = await world.pico();
  await newer.next("connection_ack");
  const { id } = await world.command("pico-kitchen", servo(1));
  // "sent" is being written now.
  newer.send({ type: "connect", device: "kitchen" });
  expect((await newer.next("servo")).command_id).toBe(id);
  expect(older.waiting.map(({ type }) => type)).not.toContain("servo");
});

test("a command that was just being sent when the board left waits for it", async () => {
  await using world = await DeviceWorld.start({ slowCommit: 150 });
  const pico = await world.namedPico();
  await pico.settle();
  const { id } = await world.command("pico-kitchen", servo(1));
  // "sent" is being written now.
  await pico.close();
  await world.commandIs("pico-kitchen", id, "queued");
  await world.deviceIs("pico-kitchen", "stale");
  expect((await world.get(`/pico-kitchen/commands/${id}`)).state).toBe("queued");
  const back = await world.namedPico();
  expect((await back.next("servo")).command_id).toBe(id);
});

test("a queue goes on by itself after the store was away", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  let id: string;
  {
    using _ = world.refusing(writes('update "device_commands"'));
    ({ id } = await world.command("pico-kitchen", servo(1)));
    await world.app.event("failure", ({ where }) => where === "devices.commands");
  }
  expect((await pico.next("servo")).command_id).toBe(id);
});

test("an ack is never answered: neither while the store is away, nor over the rate, nor where it does not fit", async () => {
  await using world = await DeviceWorld.start({ flags: { "message-rate": 1, "message-burst": 10 } });
  const pico = await world.namedPico();
  await world.command("pico-kitchen", servo(1));
  await pico.next("servo");
  {
    using _ = world.refusing(writes('update "device_commands"'));
    pico.send({ type: "ack", command_type: "servo", status: "success" });
    await world.app.event("failure", ({ where }) => where === "pico.ack");
  }
  for (let n = 0; n < 50; n++) pico.send({ type: "ack", command_type: "unknown", status: "ignored" });
  await world.app.event("message.refused", ({ fault }) => fault === "too_many_messages");
  pico.send({ type: "log", message: "over the rate too" });
  const errors = [await pico.next("error")];
  expect(errors).toMatchObject([{ error: "too_many_messages" }]);
  expect(pico.waiting).toEqual([]);
});

test("an ack of something unknown fails free JSON only where nothing else can be meant", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  const unknown = { type: "ack", command_type: "unknown", status: "ignored" };
  const beep = await world.command("pico-kitchen", { type: "json", payload: { type: "beep" } });
  await world.command("pico-kitchen", servo(1));
  await pico.next("servo");
  pico.send(unknown);
  await pico.settle();
  expect((await world.get(`/pico-kitchen/commands/${beep.id}`)).state).toBe("sent");
  pico.send({ type: "ack", command_type: "servo", status: "success" });
  pico.send(unknown);
  await world.commandIs("pico-kitchen", beep.id, "failed");
});

test("a second auth of a board that was let in already has no answer that firmware would not know", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  pico.send({ type: "auth", token: picoToken });
  expect(await pico.settle()).toEqual([]);
});

const free: [object, object][] = [
  [{ brightness: 1 }, { type: "brightness", value: 1 }],
  [{ servo1: 1, servo2: 2 }, { type: "servo_command" }],
  [{ action: "flash_on", intensity: 5 }, { type: "flash" }],
  [{ action: "system_reboot" }, { type: "system_reboot" }],
  [{ camera_settings: { contrast: 1 } }, { type: "camera_settings_updated" }],
];
test.each(free)("free JSON %j to a camera is acknowledged by its answer %j", async (payload, answer) => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const { id } = await world.command("esp32cam-porch", { type: "json", payload });
  while ((await camera.next()).command_id !== id);
  camera.send(answer);
  await world.commandIs("esp32cam-porch", id, "acknowledged");
});

test("a photo that was announced and then refused fails one command, not two", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const first = await world.command("esp32cam-porch", { type: "capture_photo" });
  const second = await world.command("esp32cam-porch", { type: "capture_photo" });
  while ((await camera.next()).command_id !== second.id);
  camera.send({ type: "photo_data", size: 10 });
  camera.send({ type: "photo_error", message: "no memory" });
  expect((await world.commandIs("esp32cam-porch", first.id, "failed")).detail).toBe("no memory");
  camera.send({ type: "photo_data", size: 200 });
  camera.send(jpeg(1));
  await world.commandIs("esp32cam-porch", second.id, "acknowledged");
});
