import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { trackInserts } from "../../../src/features/dispatch/track.ts";
import { Fault } from "../../../src/protocol/faults.ts";
import { FakeClock } from "../../kit/clock.ts";
import { tempDir } from "../../kit/temp.ts";
import { center, DispatchWorld, north, type Person } from "./kit.ts";

let world: DispatchWorld;
let driver: Person;
beforeAll(async () => {
  world = await DispatchWorld.start({ clock: new FakeClock() });
});
beforeEach(async () => {
  driver = await world.addDriver("Driver");
});
afterAll(() => world[Symbol.asyncDispose]());

const ago = (ms: number) => world.clock.now() - ms;
const at = (metres: number, ms: number) => ({ ...north(center, metres), at: ago(ms) });
const result = (accepted: number, dropped: object = {}) => ({ accepted, dropped });
const marker = async () =>
  (await world.get("/api/dispatch/map-data/")).drivers.find(
    ({ id }: { id: string }) => id === String(driver.id),
  );
const track = async () => (await world.get(`/api/drivers/${driver.id}/track/`)).points;

test("each position is judged by itself, and what was dropped is counted with its reason", async () => {
  const socket = await world.driverSocket(driver);
  const points = [
    at(0, 60_000),
    { lat: 91, lon: 10 },
    { lat: "NaN", lon: 76.9 },
    { lat: "43.2", lon: "76.9" },
    { lat: null, lon: null },
    { lat: 0, lon: 0 },
    "nothing",
    { ...center, at: "yesterday" },
    { ...center, at: world.clock.now() + 120_000 },
    { ...center, at: ago(40 * 86_400_000) },
    at(0, 60_000),
    at(50_000, 50_000),
    at(3, 40_000),
    at(100, 30_000),
    at(120, 29_800),
    { ...at(300, 10_000), speed: -1, accuracy: "wide", heading: 90 },
  ];
  socket.send({ type: "location", points });
  const { data } = await socket.next("location_result");
  const dropped = { invalid: 7, future: 1, too_old: 1, duplicate: 1, jump: 1, too_close: 1, too_soon: 1 };
  expect(data).toEqual(result(3, dropped));
  expect((await track()).map(({ lat }: { lat: number }) => lat)).toEqual(
    [0, 100, 300].map((metres) => north(center, metres).lat),
  );
  expect(await track()).toContainEqual(expect.objectContaining({ speed: null, accuracy: null, heading: 90 }));
  expect(await marker()).toMatchObject(north(center, 300));
  socket.send({ type: "location" });
  expect((await socket.next("location_result")).data).toEqual(result(0, { invalid: 1 }));
  socket.send({ type: "location", lat: 91, lon: 0 });
  expect((await socket.next("location_result")).data).toEqual(result(0, { invalid: 1 }));
  await socket.close();
});

test("a speed without end is none, and no map or order misses a position for it", async () => {
  await world.online(driver);
  const order = await world.assigned(driver);
  const [room, map] = [await world.orderSocket(order), await world.map()];
  const socket = await world.driverSocket(driver);
  await world.pass(2_000, 100);
  await Promise.all([map.settle(), room.settle()]);
  const { lat, lon } = north(center, 50);
  socket.send(`{"type":"location","lat":${lat},"lon":${lon},"speed":1e999,"heading":-1e999}`);
  expect((await socket.next("location_result")).data).toEqual(result(1));
  await world.pass(1_000, 100);
  for (const each of [map, room]) {
    const told = (await each.settle()).filter(({ type }) => type === "driver_location_update");
    expect(told.map(({ data }) => [data.lat, data.speed, data.heading])).toEqual([[lat, null, null]]);
    await each.close();
  }
  await socket.close();
});

test("five hundred positions with all that a phone knows fit into one message", async () => {
  const socket = await world.driverSocket(driver);
  const beside = {
    accuracy: 12.3456789,
    speed: 8.3456789,
    heading: 270.123456,
    altitude: 823.456789,
    battery: 0.87,
  };
  const points = Array.from({ length: 500 }, (_, i) => ({
    ...north(center, 20 * i),
    ...beside,
    at: new Date(ago(5_000_000 - 10_000 * i)).toISOString(),
  }));
  socket.send({ type: "location", points });
  expect((await socket.next("location_result")).data).toEqual(result(500));
  await socket.close();
});

test("a driver who floods is stopped after a day's worth, and the metrics know what was dropped", async () => {
  const { positions } = world.app.app.dispatch;
  const points = Array.from({ length: 21_000 }, (_, i) => at(20 * i, 50_000_000 - 1_000 * i));
  expect(positions.take(driver.id, points)).toEqual(result(20_000, { too_many: 1_000 }));
  expect(positions.take(driver.id, [at(0, 0)]).dropped).toEqual({ too_many: 1 });
  await world.pass(1_000);
  expect(positions.take(driver.id, points.slice(0, 100)).dropped).toEqual({ too_many: 80 });
  const metrics = await (await world.app.fetch("/metrics", { token: world.staff })).text();
  expect(metrics).toMatch(/peyk_positions_total\{result="too_many"\} 1\d{3}/);
  expect(metrics).toMatch(/peyk_positions_total\{result="accepted"\} \d{5}/);
});

describe("clocks that are wrong", () => {
  test("a device that says what its clock shows is put right, ten minutes behind or ahead", async () => {
    const socket = await world.driverSocket(driver);
    for (const [i, wrong] of [-600_000, 600_000].entries()) {
      await world.pass(20_000, 5_000);
      const time = (ms: number) => world.clock.now() + wrong - ms;
      const points = [0, 10_000].map((ms) => ({ ...north(center, 500 * i - ms / 200), at: time(ms) }));
      socket.send({ type: "location", sent_at: time(0), points });
      expect((await socket.next("location_result")).data).toEqual(result(2));
      expect(await marker()).toMatchObject({ ...north(center, 500 * i), signal: "live", age_ms: 0 });
      // Again, and slower: the same points.
      await world.pass(1_000);
      socket.send({ type: "location", sent_at: time(0) - 900, points });
      await socket.next("location_result");
      expect(await track()).toHaveLength(2 * (i + 1));
    }
    const body = { ...north(center, 600), at: ago(900_000), sent_at: ago(900_000) };
    await world.made(world.locate(driver, body));
    expect(await marker()).toMatchObject(north(center, 600));
    await socket.close();
  });

  test("the server's own: set back by an hour, markers and arrival times go on", async () => {
    await using world = await DispatchWorld.start({ clock: new FakeClock() });
    await world.online(world.ali);
    const order = await world.assigned();
    await world.steps(order, "driver_en_route");
    const room = await world.orderSocket(order);
    await world.pass(11_000);
    world.clock.set(-3_600_000);
    await room.settle();
    const answer = await world.made(world.locate(world.ali, north(center, 200)));
    expect(answer.driver.current_position).toEqual(north(center, 200));
    await world.pass(1_000, 100);
    const told = new Set((await room.settle()).map(({ type }) => type));
    expect(told).toEqual(new Set(["driver_location_update", "driver_eta_update", "driver_route_update"]));
    await room.close();
  });
});

test("over HTTP what cannot be a place is 400 and names the field", async () => {
  for (const body of [{ lat: 91, lon: 1 }, { lat: "NaN", lon: 1 }, { lat: null, lon: 1 }, { lon: 1 }]) {
    const answer = await world.locate(driver, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: expect.stringContaining("lat"),
      fields: { lat: [expect.any(String)] },
    });
  }
  expect((await marker()).lat).toBeNull();
});

test("a position of an hour ago goes to the track, and leaves the marker alone", async () => {
  await world.made(world.locate(driver, center));
  const answer = await world.made(world.locate(driver, at(2_000, 3_600_000)));
  expect(answer).toMatchObject({ success: true, ...result(1) });
  expect(await marker()).toMatchObject({ ...center, signal: "live" });
  expect((await track()).map(({ lat }: { lat: number }) => lat)).toEqual([
    north(center, 2_000).lat,
    center.lat,
  ]);
});

test("an hour-old position of a driver of whom nothing was known makes no marker", async () => {
  await world.made(world.locate(driver, at(0, 3_600_000)));
  expect((await marker()).lat).toBeNull();
  expect(await track()).toHaveLength(1);
});

test("a long track comes in pages", async () => {
  const points = Array.from({ length: 5 }, (_, i) => at(100 * i, 50_000 - 10_000 * i));
  world.app.app.dispatch.positions.take(driver.id, points);
  const found: number[] = [];
  for (let from = "2000-01-01T00:00:00Z"; ; ) {
    const page = await world.get(`/api/drivers/${driver.id}/track/?limit=2&from=${from}`);
    found.push(...page.points.map(({ lat }: { lat: number }) => lat));
    if (page.next === null) break;
    from = page.next;
  }
  expect(found).toEqual(points.map(({ lat }) => lat));
});

test("a batch after a dead zone, sent twice, is stored once and ends at the newest", async () => {
  const socket = await world.driverSocket(driver);
  const points = Array.from({ length: 120 }, (_, i) => at(20 * i, 600_000 - 5_000 * i));
  socket.send({ type: "location", points: points.toReversed() });
  expect((await socket.next("location_result")).data).toEqual(result(120));
  socket.send({ type: "location", points });
  await socket.next("location_result");
  expect(await track()).toHaveLength(120);
  expect(await marker()).toMatchObject(north(center, 20 * 119));
  await socket.close();
});

test("one wild position is dropped; three that agree are believed", async () => {
  await world.made(world.locate(driver, center));
  const far = north(center, 90_000);
  const drops = [];
  for (let i = 0; i < 3; i++) {
    await world.pass(2_000);
    drops.push((await world.made(world.locate(driver, north(far, 20 * i)))).dropped);
  }
  expect(drops).toEqual([{ jump: 1 }, { jump: 1 }, {}]);
  expect(await marker()).toMatchObject(north(far, 40));
});

test("a device whose clock is ahead is there now, and is heard again", async () => {
  await world.made(world.locate(driver, { ...center, at: world.clock.now() + 50_000 }));
  expect((await marker()).last_location_update).toBe(new Date(world.clock.now()).toISOString());
  await world.pass(2_000);
  await world.made(world.locate(driver, north(center, 40)));
  expect(await marker()).toMatchObject(north(center, 40));
});

test("whoever stands still is there; who is silent is stale, then lost, and the map is told once each", async () => {
  const map = await world.map();
  await world.made(world.locate(driver, center));
  await world.pass(1_000, 100);
  const mine = async () =>
    (await map.settle())
      .filter(({ data }) => data.driver_id === String(driver.id))
      .map(({ data }) => data.signal);
  expect(await mine()).toEqual(["live"]);
  await world.pass(25_000);
  expect((await world.made(world.locate(driver, center))).dropped).toEqual({ too_close: 1 });
  await world.pass(25_000);
  expect(await mine()).toEqual([]);
  await world.pass(10_000);
  expect(await mine()).toEqual(["stale"]);
  await world.pass(300_000, 5_000);
  expect(await mine()).toEqual(["lost"]);
  expect(await marker()).toMatchObject({ signal: "lost", age_ms: expect.any(Number) });
  await map.close();
});

test("a passenger's account moves no driver, nor does another driver's", async () => {
  for (const { token } of [world.passenger, world.vera]) {
    const answer = await world.locate(driver, center, token);
    expect(answer.status).toBe(403);
    expect(
      (await world.patch(`/api/drivers/${driver.id}/online-status/`, { is_online: true }, token)).status,
    ).toBe(403);
  }
  expect((await world.locate(driver, center, "nonsense")).status).toBe(401);
  expect((await marker()).lat).toBeNull();
  expect((await world.locate(driver, center, world.staff)).status).toBe(200);
});

test("a track has an end: what is older than its retention goes", async () => {
  await using world = await DispatchWorld.start({ clock: new FakeClock() });
  const { positions } = world.app.app.dispatch;
  const points = async () => {
    await positions.flush();
    await positions.forget();
    return (await world.app.app.store.db.selectFrom("driver_track").select("lat").execute()).length;
  };
  await world.made(world.locate(world.ali, center));
  expect(await points()).toBe(1);
  world.clock.set(31 * 86_400_000);
  expect(await points()).toBe(0);
});

test("old points are forgotten in steps, so that nobody's write waits for millions of them", async () => {
  await using world = await DispatchWorld.start({ clock: new FakeClock() });
  const { store, dispatch } = world.app.app;
  const old = world.clock.now() - 40 * 86_400_000;
  const row = { ...center, accuracy: null, speed: null, heading: null };
  const points = Array.from({ length: 12_000 }, (_, i) => ({ ...row, driver_id: i % 7, at: old + i }));
  await store.commit({ writes: trackInserts(dispatch.deps.store.db, points) });
  const commit = store.commit.bind(store);
  const steps: number[] = [];
  store.commit = async (change) => {
    const done = await commit(change);
    steps.push(...done.results.map(({ changed }) => changed));
    return done;
  };
  await dispatch.positions.forget();
  expect(steps).toEqual([5_000, 5_000, 2_000]);
});

test("positions wait for a disk that takes nothing, and are in the track once it does; without it the server still ends", async () => {
  const world = await DispatchWorld.start({ clock: new FakeClock() });
  const { store, dispatch, events } = world.app.app;
  const failures: string[] = [];
  events.on("job.failed", ({ job }) => failures.push(job));
  events.on("failure", ({ where }) => failures.push(where));
  const commit = store.commit.bind(store);
  const refuse = () => Promise.reject(new Fault("unavailable"));
  const points = Array.from({ length: 30 }, (_, i) => north(center, 100 * i));
  for (const [i, point] of points.entries()) {
    store.commit = i < 20 ? refuse : commit;
    dispatch.positions.take(world.ali.id, [point]);
    world.clock.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(failures).toContain("dispatch.track");
  const { points: kept } = await world.get(`/api/drivers/${world.ali.id}/track/`);
  expect(kept.map(({ lat }: { lat: number }) => lat)).toEqual(points.map(({ lat }) => lat));
  dispatch.positions.take(world.ali.id, [north(center, 3_100)]);
  failures.length = 0;
  store.commit = refuse;
  await world[Symbol.asyncDispose]();
  expect(failures).toContain("dispatch.track");
});

test("a restart keeps positions and orders, also when the server goes without a word", async () => {
  using dir = tempDir();
  const before = await DispatchWorld.start({ dataDir: dir.path });
  const { ali, vera, passenger } = before;
  const order = await before.assigned();
  await before.made(before.locate(ali, { ...center, at: Date.now() - 2_000 }));
  await before.app.app.dispatch.positions.flush();
  await before.made(before.locate(ali, north(center, 50)));
  await before.app.app.dispatch.positions.flush();
  // As after a crash: only the track knows of the second place, the driver's own row does not.
  before.app.app.dispatch.positions.stop = async () => {};
  const tokens = [before.staff, ali.token];
  await before[Symbol.asyncDispose]();

  const after = await DispatchWorld.start({ dataDir: dir.path });
  const { drivers, orders } = await after.get("/api/dispatch/map-data/", tokens[0]);
  expect(drivers.find(({ id }: { id: string }) => id === String(ali.id))).toMatchObject(north(center, 50));
  expect(drivers.find(({ id }: { id: string }) => id === String(vera.id)).lat).toBeNull();
  expect(orders).toMatchObject([
    { id: order, status: "assigned", driver_id: String(ali.id), passenger: { id: String(passenger.id) } },
  ]);
  // He is still busy with it, and may go on.
  expect((await after.assign(await after.order(), { driver_id: ali.id })).status).toBe(400);
  await after.made(after.step(order, "driver_en_route", tokens[1]!));
  await after[Symbol.asyncDispose]();
});
