import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { peyk } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { bearer, DeviceWorld, jpeg } from "./kit.ts";

const rotate = (world: DeviceWorld, id: string, grace_seconds: number) =>
  world.post(`/${id}/rotate`, { grace_seconds }, world.admin);
const revoke = (world: DeviceWorld, id: string) => world.post(`/${id}/revoke`, {}, world.admin);

test("revoking closes a board that came with the common token before it got a token of its own", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico();
  await rotate(world, "pico-kitchen", 3_600);
  expect(await pico.settle()).toEqual([]);
  await revoke(world, "pico-kitchen");
  expect((await pico.closed).code).toBe(4001);
});

test("a board that hands in a token of its own later is that device from then on, and is revoked as such", async () => {
  await using world = await DeviceWorld.start();
  const { token } = await world.app.json(world.post("", { kind: "pico", id: "cellar" }, world.admin));
  const pico = await world.namedPico();
  pico.send({ type: "auth", token });
  await pico.settle();
  expect((await world.get("/cellar")).state).toBe("online");
  expect((await world.get("/pico-kitchen")).state).toBe("stale");
  await revoke(world, "cellar");
  expect((await pico.closed).code).toBe(4001);
});

test("revoking reaches a socket of that device whatever identity it took meanwhile", async () => {
  await using world = await DeviceWorld.start();
  const { token } = await world.app.json(world.post("", { kind: "pico", id: "cellar" }, world.admin));
  const pico = await world.namedPico();
  pico.send({ type: "auth", token });
  // It has said nothing since, so commands for the kitchen still reach it.
  await pico.next("authenticated");
  await revoke(world, "pico-kitchen");
  expect((await pico.closed).code).toBe(4001);
});

test("the common token speaks for a board until the grace of its first rotation ends, also in months", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  await rotate(world, "pico-kitchen", 30 * 86_400);
  expect(await pico.settle()).toEqual([]);
  await pico.close();
  const back = await world.namedPico();
  expect(await back.settle()).toEqual([]);
  // A second rotation with a shorter grace ends it earlier.
  await rotate(world, "pico-kitchen", 60);
  await back.settle();
  for (let passed = 0; passed < 65; passed += 5) {
    clock.advance(5_000);
    if (passed < 55) await back.settle();
  }
  expect(await back.closed).toMatchObject({ code: 4001, reason: expect.stringContaining("expired") });
  const late = await world.pico();
  late.send({ type: "connect", device: "kitchen" });
  expect((await late.next("error")).message).toContain("has a token of its own");
});

test("the command line ends a common token's grace and tells consoles what is true, and ends itself", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  const [pico, other] = [await world.namedPico(), await world.namedPico("other")];
  await Promise.all([pico.settle(), other.settle()]);
  const operator = await world.operator();
  await peyk(folder.path, "device", "rotate", "pico-kitchen", "--grace", "2s");
  expect((await operator.next("device_changed")).device).toMatchObject({ own_token: true, state: "online" });
  expect((await pico.closed).code).toBe(4001);
  await peyk(folder.path, "device", "revoke", "pico-other");
  expect((await other.closed).code).toBe(4001);
  let told = await operator.next("device_changed");
  while (!(told.device.revoked && told.device.id === "pico-other"))
    told = await operator.next("device_changed");
  expect(told.device.reason ?? "").not.toContain("restart");
}, 30_000);

test("a removed device is gone with all that is known of it; the common token lets it in as a new one", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  camera.send({ type: "log", message: "hello" });
  camera.send({ type: "photo_data", size: 200 });
  camera.send(jpeg(1));
  await camera.settle();
  await world.command("esp32cam-porch", { type: "capture_photo" });
  const operator = await world.operator();
  expect((await world.delete("/esp32cam-porch")).status).toBe(403);
  expect((await world.delete("/esp32cam-porch", world.admin)).status).toBe(204);
  expect(await operator.next("device_removed")).toMatchObject({ device_id: "esp32cam-porch" });
  expect((await camera.closed).code).toBe(4001);
  expect((await world.delete("/esp32cam-porch", world.admin)).status).toBe(404);
  expect((await world.get("")).count).toBe(0);
  const back = await world.namedCamera();
  expect(await back.settle()).toEqual([]);
  expect((await world.get("/esp32cam-porch/logs")).logs).toEqual([]);
  expect((await world.get("/esp32cam-porch/photos")).count).toBe(0);
  expect((await world.get("/esp32cam-porch/commands")).commands).toEqual([]);
});

test("peyk device remove forgets a device beside a running server, and its token with it", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  const { token } = await world.app.json(world.post("", { kind: "pico", id: "cellar" }, world.admin));
  const pico = await world.pico(bearer(token));
  await world.deviceIs("cellar", "online");
  expect(await peyk(folder.path, "device", "remove", "cellar")).toContain("cellar is forgotten");
  expect((await pico.closed).code).toBe(4001);
  expect((await (await world.pico(bearer(token))).closed).code).toBe(4001);
}, 30_000);

test("added devices count against MAX_DEVICES; the one that was away the longest makes room", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock, flags: { "max-devices": 3 } });
  const add = (id: string) => world.post("", { kind: "pico", id }, world.admin);
  expect((await add("own")).status).toBe(201);
  for (const name of ["a", "b"]) {
    const pico = await world.namedPico(name);
    clock.advance(1_000);
    await pico.close();
    await world.deviceIs(`pico-${name}`, "stale");
  }
  expect((await add("one")).status).toBe(503);
  clock.advance(16_000);
  await world.deviceIs("pico-b", "offline");
  const c = await world.namedPico("c");
  expect(await c.settle()).toEqual([]);
  expect((await add("two")).status).toBe(201);
  const ids = (await world.get("")).devices.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(["own", "pico-c", "two"]);
  const refused = await add("three");
  expect(refused.status).toBe(503);
  expect((await world.app.json(refused)).detail).toContain("MAX_DEVICES");
});
