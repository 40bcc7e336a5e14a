import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { tempDir } from "../../kit/temp.ts";
import { bearer, DeviceWorld, picoToken, tells, writes } from "./kit.ts";

/** A board that is named by its header, and so put on record while it connects. */
const named = (id: string) => ({ ...bearer(picoToken), "X-Device-ID": id });

test("an arrival that the store does not take leaves the older connection in place, and no trace", async () => {
  await using world = await DeviceWorld.start({ flags: { "max-devices": 2 } });
  const older = await world.namedPico();
  {
    using _ = world.refusing(writes('insert into "devices"'));
    expect((await (await world.pico(named("kitchen"))).closed).code).toBe(4106);
    for (const id of ["a", "b"]) await (await world.pico(named(id))).closed;
  }
  expect(await older.settle()).toEqual([]);
  const { id } = await world.command("pico-kitchen", { type: "status" });
  expect((await older.next("status")).command_id).toBe(id);
  // The places of those who were not taken are free.
  expect((await (await world.pico(named("a"))).next()).type).toBe("connection_ack");
  await world.deviceIs("pico-a", "online");
});

test("a board whose name could not be put on record is named by its next message", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.pico();
  await pico.next("connection_ack");
  {
    using _ = world.refusing(writes('insert into "devices"'));
    pico.send({ type: "connect", device: "kitchen" });
    expect((await pico.next("error")).error).toBe("unavailable");
  }
  pico.send({ type: "connect", device: "kitchen" });
  expect((await pico.next("connection_ack")).device_id).toBe("pico-kitchen");
});

test("a device goes offline, once, also where the store did not take that it is stale", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  await pico.settle();
  const operator = await world.operator();
  {
    using _ = world.refusing(tells("device_stale"));
    await pico.close();
    await world.app.event("failure", ({ where }) => where === "devices.stale");
  }
  clock.advance(16_000);
  expect(await operator.next()).toMatchObject({ type: "device_offline", device_id: "pico-kitchen" });
  await operator.settle();
  clock.advance(16_000);
  expect(await operator.settle()).toEqual([]);
});

test("a device goes offline, once, also where the store did not take that at first", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const [pico, operator] = [await world.namedPico(), await world.operator()];
  await pico.close();
  await operator.next("device_stale");
  {
    using _ = world.refusing(tells("device_offline"));
    clock.advance(16_000);
    await world.app.event("failure", ({ where }) => where === "devices.offline");
  }
  clock.advance(6_000);
  expect(await operator.next()).toMatchObject({
    type: "device_offline",
    reason: "it closed the connection (1005)",
  });
  await operator.settle();
  clock.advance(16_000);
  expect(await operator.settle()).toEqual([]);
  expect((await world.get("/pico-kitchen")).state).toBe("offline");
});

test("a board that is back while the disk still writes that it went is told as online", async () => {
  await using world = await DeviceWorld.start({ slowCommit: 100 });
  const pico = await world.namedPico();
  await pico.settle();
  const operator = await world.operator();
  await pico.close();
  const back = await world.namedPico();
  await back.settle();
  expect((await operator.next()).type).toBe("device_stale");
  expect(await operator.next()).toMatchObject({ type: "device_online", device: { state: "online" } });
  expect(await operator.settle()).toEqual([]);
});

test("a board that is back after a restart is told as online, since it was shown as stale", async () => {
  using folder = tempDir();
  {
    await using world = await DeviceWorld.start({ dataDir: folder.path });
    await world.namedPico();
  }
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  const operator = await world.operator();
  expect((await world.get("/pico-kitchen")).state).toBe("stale");
  await world.namedPico();
  expect(await operator.next()).toMatchObject({ type: "device_online", device: { id: "pico-kitchen" } });
});

test("a connection that ended before it was put on record throws out nobody", async () => {
  await using world = await DeviceWorld.start({ slowCommit: 100 });
  const older = await world.namedPico();
  const operator = await world.operator();
  const newer = await world.pico();
  await newer.next("connection_ack");
  newer.send({ type: "connect", device: "kitchen" });
  await newer.close();
  const { id } = await world.command("pico-kitchen", { type: "status" });
  expect((await older.next("status")).command_id).toBe(id);
  expect((await operator.settle()).map(({ type }) => type)).not.toContain("device_stale");
});

test("a board that says its name late gets it, and slow boards do not throw each other out", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const first = await world.pico();
  await first.next("connection_ack");
  clock.advance(11_000);
  await world.deviceIs("pico", "online");
  first.send({ type: "connect", device: "kitchen" });
  expect((await first.next("connection_ack")).device_id).toBe("pico-kitchen");
  expect((await world.get("/pico")).state).toBe("stale");
  const second = await world.pico();
  await second.next("connection_ack");
  clock.advance(9_000);
  second.send({ type: "connect", device: "garden" });
  expect((await second.next("connection_ack")).device_id).toBe("pico-garden");
  for (const board of [first, second]) expect(await board.settle()).toEqual([]);
  // A name that was said once stays.
  first.send({ type: "connect", device: "cellar" });
  expect((await first.next("connection_ack")).device_id).toBe("pico-kitchen");
});

test("two boards under one name: the older one is told to give itself another", async () => {
  await using world = await DeviceWorld.start();
  const older = await world.namedPico();
  await world.namedPico();
  expect(await older.closed).toMatchObject({ code: 4010, reason: expect.stringContaining("X-Device-ID") });
});

test("a stop writes when each board was last heard of, and a store that is gone does not stop the stop", async () => {
  using folder = tempDir();
  const clock = new FakeClock();
  {
    await using world = await DeviceWorld.start({ dataDir: folder.path, clock });
    const pico = await world.namedPico();
    clock.advance(5_000);
    await pico.settle();
  }
  const later = new FakeClock(clock.now());
  await using world = await DeviceWorld.start({ dataDir: folder.path, clock: later });
  expect(Date.parse((await world.get("/pico-kitchen")).last_seen)).toBeGreaterThanOrEqual(1_800_000_005_000);
  const pico = await world.namedPico();
  later.advance(1_000);
  await pico.settle();
  // Until the server has ended; an end that fails would fail this test.
  world.refusing(() => true);
});

test("a clock that is set back or forward ends no pings, no time-outs and no connection", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const pico = await world.namedPico();
  for (const jump of [-3_600_000, 7_200_000]) {
    clock.set(jump);
    clock.advance(1_000);
    expect(await pico.settle()).toEqual([]);
    for (let seconds = 0; seconds < 125; seconds += 5) {
      clock.advance(5_000);
      await pico.settle();
    }
    expect(world.app.app.core.connections.of("pico")).toHaveLength(1);
  }
  // Nothing is heard from now on: it is lost in time, whatever the calendar says.
  clock.set(-3_600_000);
  for (let seconds = 0; seconds < 310; seconds += 5) clock.advance(5_000);
  expect([4202, 4203]).toContain((await pico.closed).code);
});
