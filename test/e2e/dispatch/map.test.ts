import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import type { TestClient } from "../../kit/client.ts";
import { FakeClock } from "../../kit/clock.ts";
import { until } from "../../kit/until.ts";
import { center, DispatchWorld, north, type Person, typesOf } from "./kit.ts";

let world: DispatchWorld;
beforeEach(async () => {
  world = await DispatchWorld.start({ clock: new FakeClock() });
});
afterEach(() => world[Symbol.asyncDispose]());

/** Positions straight into the server, as many sockets would bring them. */
const move = (driver: Person, metres: number) =>
  world.app.app.dispatch.positions.take(driver.id, [north(center, metres)]);
const turn = () => world.pass(100, 100);

async function batching(viewport: object = {}): Promise<TestClient> {
  const map = await world.map();
  map.send({ type: "viewport", ...viewport });
  await map.settle();
  return map;
}

test("first a snapshot of all drivers and of the orders that wait or run", async () => {
  await world.online(world.ali, center);
  const order = await world.assigned();
  const done = await world.order();
  await world.steps(done, "cancelled");
  const map = await world.socket("dispatch-map", world.staff);
  const { type, data } = await map.next();
  expect(type).toBe("map_snapshot");
  const { cursor, ...shown } = data;
  expect(cursor).toEqual(expect.any(String));
  expect(shown).toEqual(await world.get("/api/dispatch/map-data/"));
  expect(shown).toMatchObject({ drivers_count: 2, orders_count: 1 });
  expect(shown.drivers[0]).toMatchObject({
    id: String(world.ali.id),
    ...center,
    is_online: true,
    signal: "live",
    age_ms: 0,
  });
  expect(shown.drivers[1]).toMatchObject({
    id: String(world.vera.id),
    lat: null,
    signal: "lost",
    age_ms: null,
  });
  expect(shown.orders).toMatchObject([
    { id: order, driver_id: String(world.ali.id), pickup_object_name: "Opera" },
  ]);
  await map.close();
});

test("who asks for batches gets what changed in one message, ten a second at most, one entry for each driver", async () => {
  move(world.ali, 0);
  const map = await batching();
  await turn();
  await turn();
  expect((await map.settle()).map(({ data }) => data.drivers.length)).toEqual([1]);
  for (let i = 1; i <= 50; i++) {
    move(world.ali, 20 * i);
    move(world.vera, 20 * i);
    await world.pass(20, 20);
  }
  const told = await map.settle();
  expect(new Set(typesOf(told))).toEqual(new Set(["driver_locations"]));
  expect(told.length).toBeLessThanOrEqual(10);
  for (const { data } of told)
    expect(data.drivers.map(({ driver_id }: { driver_id: string }) => driver_id)).toEqual([
      String(world.ali.id),
      String(world.vera.id),
    ]);
  expect(told.at(-1)!.data.drivers[0]).toMatchObject(north(center, 1_000));
  await turn();
  await turn();
  expect(await map.settle()).toEqual([]);
  map.send({ type: "viewport", batch: false });
  await map.settle();
  await turn();
  expect(await map.next("driver_location_update")).toBeDefined();
  await map.close();
});

test("one by one, a driver is told of twice a second at most, with the newest", async () => {
  const map = await world.map();
  for (let i = 0; i <= 40; i++) {
    move(world.ali, 20 * i);
    await world.pass(50, 50);
  }
  await world.pass(500, 100);
  const told = await map.settle();
  expect(told.length).toBeGreaterThanOrEqual(4);
  expect(told.length).toBeLessThanOrEqual(6);
  expect(told.at(-1)!.data).toMatchObject(north(center, 800));
  await map.close();
});

test("a viewport: drivers in it, what is in it now, and once more who leaves it", async () => {
  const south = center.lat - 0.01;
  const view = { south, north: center.lat + 0.01, west: center.lon - 0.01, east: center.lon + 0.01 };
  move(world.ali, 0);
  move(world.vera, 50_000);
  const map = await batching();
  map.send({ type: "viewport", ...view });
  await map.settle();
  await turn();
  const ids = async () => {
    const entries = (await map.settle()).flatMap(({ data }) => data.drivers as { driver_id: string }[]);
    return [...new Set(entries.map(({ driver_id }) => Number(driver_id)))];
  };
  expect(await ids()).toEqual([world.ali.id]);
  await world.pass(60_000);
  move(world.vera, 50_100);
  move(world.ali, 100);
  await turn();
  expect(await ids()).toEqual([world.ali.id]);
  await world.pass(60_000);
  move(world.ali, 3_000);
  await turn();
  expect(await ids()).toEqual([world.ali.id]);
  await world.pass(60_000);
  move(world.ali, 3_500);
  await turn();
  expect(await ids()).toEqual([]);
  map.send({ type: "viewport", south: 100 });
  expect((await map.next()).type).toBe("error");
  await map.close();
});

test("a viewport across the 180th meridian, round the world, or of three sides", async () => {
  const places = { Suva: 178.4, Apia: -171.8, Almaty: 76.9 };
  const names: Record<string, string> = {};
  for (const [name, lon] of Object.entries(places)) {
    const driver = await world.addDriver(name);
    names[driver.id] = name;
    world.app.app.dispatch.positions.take(driver.id, [{ lat: -13, lon }]);
  }
  const map = await world.map();
  const seen = async (sides: object) => {
    map.send({ type: "viewport", batch: true, south: -90, north: 90, ...sides });
    await map.settle();
    await turn();
    const entries = (await map.settle()).flatMap(({ data }) => data.drivers as { driver_id: string }[]);
    return entries.map(({ driver_id }) => names[driver_id]).filter((name) => name !== undefined);
  };
  const islands = ["Suva", "Apia"];
  expect(await seen({ west: 170, east: -170 })).toEqual(islands);
  // As maps say it that go on counting.
  expect(await seen({ west: 170, east: 190 })).toEqual(islands);
  expect(await seen({ west: -190, east: -170 })).toEqual(islands);
  expect(await seen({ west: -180, east: 180 })).toEqual([...islands, "Almaty"]);
  expect(await seen({ west: -300, east: 300 })).toEqual([...islands, "Almaty"]);
  expect(await seen({ west: 0, east: 0 })).toEqual([]);
  for (const wrong of [
    { south: 1, north: 2, west: 3 },
    { south: 2, north: 1, west: 3, east: 4 },
  ]) {
    map.send({ type: "viewport", ...wrong });
    expect(await map.next("error")).toMatchObject({
      error: "bad_message",
      message: expect.stringContaining("viewport"),
    });
  }
  await map.close();
});

test("a map that comes back with its cursor learns where everybody is now", async () => {
  const map = await world.map();
  move(world.ali, 0);
  const order = await world.order();
  await turn();
  const cursor = (await map.settle()).find((frame) => frame.cursor !== undefined)!.cursor;
  await map.close();
  await world.pass(10_000);
  move(world.ali, 200);
  // While nobody looks.
  await turn();
  await world.steps(order, "rejected");
  const again = await world.map(`&since=${cursor}`);
  expect(await again.next()).toMatchObject({ type: "catch_up", recovered: true });
  expect(await again.next()).toMatchObject({ type: "order_update", data: { status: "rejected" } });
  await again.settle();
  await turn();
  expect((await again.next("driver_location_update")).data).toMatchObject(north(center, 200));
  await again.close();
});

/** A map whose reader has stopped: bytes stay where they are until it reads on. */
async function stalled() {
  const { hostname, port } = world.app.app.urls[0]!;
  const socket = connect({ host: hostname, port: Number(port) });
  const lines = [
    `GET /ws/dispatch-map/?token=${world.staff} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.pause();
  return socket;
}

describe("a map that stops reading", () => {
  test("costs bounded memory, gets orders before positions, and the newest when it wakes", async () => {
    const drivers = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) =>
        world.app.app.dispatch.people.addDriver({
          user_id: null,
          name: `Driver ${i} ${"x".repeat(180)}`,
          phone: "",
          region_id: null,
          car_model: "",
          plate_number: "",
          capacity: 4,
        }),
      ),
    );
    const socket = await stalled();
    await world.app.event("connection.opened", ({ channel }) => channel === "dispatch_map");
    const rounds = 250;
    for (let round = 1; round <= rounds; round++) {
      for (const { id } of drivers) world.app.app.dispatch.positions.take(id, [north(center, 20 * round)]);
      world.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const order = await world.order();
    expect(world.app.events.filter(({ name }) => name === "connection.closed")).toEqual([]);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
    });
    socket.resume();
    const last = `"lat":${north(center, 20 * rounds).lat},`;
    const positions = () => text.split('"type":"driver_location_update"').length - 1;
    const awake = () => {
      world.clock.advance(100);
      return text.split(last).length - 1;
    };
    await until(awake, (count) => count >= drivers.length);
    // Each driver's event was due every half second. What it did not read was never made: it gets what the kernel
    // held meanwhile, and the newest.
    expect(positions()).toBeLessThan(0.8 * (rounds / 5) * drivers.length);
    const newestOf = text.split('"type":"driver_location_update"').filter((frame) => frame.includes(last));
    const ids = new Set(newestOf.map((frame) => /"driver_id":"(\d+)"/.exec(frame)?.[1]));
    expect(ids.size).toBe(drivers.length);
    const [created, newest] = [text.indexOf(`"id":"${order}"`), text.indexOf(last)];
    expect(created).toBeGreaterThan(0);
    expect(created).toBeLessThan(newest);
    socket.destroy();
  }, 20_000);
});
