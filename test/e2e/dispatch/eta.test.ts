import { afterEach, expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { center, DispatchWorld, north } from "./kit.ts";

/** A routing server as OSRM answers; it can be told to fail. */
class FakeOsrm {
  readonly asked: string[] = [];
  isBroken = false;
  /** What it says in place of a route. */
  says: (() => Response | Promise<Response>) | undefined;
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  #answer({ url }: Request): Response | Promise<Response> {
    this.asked.push(new URL(url).pathname);
    if (this.isBroken) return new Response("<h1>Bad gateway</h1>", { status: 502 });
    if (this.says !== undefined) return this.says();
    const coordinates = [
      [76.945, 43.238],
      [76.95, 43.24],
    ];
    return Response.json({
      code: "Ok",
      routes: [{ distance: 4321, duration: 600, geometry: { coordinates } }],
    });
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }
}

const osrm = new FakeOsrm();
let world: DispatchWorld;
const start = async (flags: Record<string, string> = {}) => {
  world = await DispatchWorld.start({ clock: new FakeClock(), flags });
};
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  osrm.isBroken = false;
  osrm.says = undefined;
});

test("without a routing server it is a straight line, and says so", async () => {
  await start();
  await world.online(world.ali, north(center, 1_000));
  const order = await world.assigned();
  const eta = await world.get(`/api/orders/${order}/eta/`, world.passenger.token);
  expect(eta).toEqual({
    driver_id: String(world.ali.id),
    order_id: order,
    eta: new Date(world.clock.now() + (1_300 / 8.33) * 1000).toISOString(),
    eta_timestamp: new Date(world.clock.now()).toISOString(),
    distance_m: 1_300,
    distance_km: 1.3,
    duration_minutes: 2.6,
    duration_seconds: 156,
    target: "pickup",
    source: "straight_line",
  });
  const way = await world.get(`/api/orders/${order}/route/`);
  expect(way).toMatchObject({
    source: "straight_line",
    distance_m: 6_500,
    route: [[center.lat, center.lon], expect.anything()],
  });
});

test("with one, arrival and ways are told by it to the map and the passenger, each with its source", async () => {
  await start({ "osrm-url": osrm.url });
  await world.online(world.ali, north(center, 1_000));
  const order = await world.order();
  const [map, room] = [await world.map(), await world.orderSocket(order, world.passenger.token)];
  await world.made(world.assign(order, { driver_id: world.ali.id }));
  const from = north(center, 1_000);
  for (const socket of [map, room]) {
    const told = [
      await socket.next("order_route_update"),
      await socket.next("driver_eta_update"),
      await socket.next("driver_route_update"),
    ];
    expect(told.map(({ data }) => data.source)).toEqual(["osrm", "osrm", "osrm"]);
    expect(told[1]!.data).toMatchObject({
      order_id: order,
      duration_seconds: 600,
      distance_m: 4321,
      target: "pickup",
    });
    expect(told[2]!.data.route).toEqual([
      [43.238, 76.945],
      [43.24, 76.95],
    ]);
  }
  expect(osrm.asked).toContain(`/route/v1/driving/${from.lon},${from.lat};${center.lon},${center.lat}`);
  await world.steps(order, "driver_en_route", "arrived_waiting", "ride_ongoing");
  expect((await room.next("driver_eta_update")).data.target).toBe("dropoff");
  await map.close();
  await room.close();
});

test("a routing server that fails is left alone for a while; a straight line answers, and says so", async () => {
  osrm.isBroken = true;
  await start({ "osrm-url": osrm.url });
  await world.online(world.ali, north(center, 1_000));
  const order = await world.assigned();
  const source = async () => (await world.get(`/api/orders/${order}/eta/`)).source;
  expect(await source()).toBe("straight_line");
  const asked = osrm.asked.length;
  osrm.isBroken = false;
  expect(await source()).toBe("straight_line");
  expect(osrm.asked.length).toBe(asked);
  await world.pass(11_000);
  expect(await source()).toBe("osrm");
});

test("the passenger sees his driver move, and hears when he will be there, until he has no driver", async () => {
  await start();
  await world.online(world.ali, north(center, 1_000));
  const order = await world.assigned();
  const room = await world.orderSocket(order, world.passenger.token);
  await world.pass(10_000);
  await world.made(world.locate(world.ali, north(center, 800)));
  await world.pass(1_000, 100);
  const told = await room.settle();
  expect(told.findLast(({ type }) => type === "driver_location_update")!.data).toMatchObject(
    north(center, 800),
  );
  expect(told.findLast(({ type }) => type === "driver_eta_update")!.data).toMatchObject({
    distance_m: 1_040,
  });
  await world.steps(order, "cancelled");
  await room.settle();
  await world.made(world.locate(world.ali, north(center, 500)));
  await world.pass(1_000, 100);
  expect(await room.settle()).toEqual([]);
  expect((await world.app.fetch(`/api/orders/${order}/eta/`, { token: world.staff })).status).toBe(404);
  await room.close();
});

const etaOf = (order: string) => world.get(`/api/orders/${order}/eta/`, world.passenger.token);

test("two places without a way between them are no reason to leave the routing server alone", async () => {
  await start({ "osrm-url": osrm.url });
  await world.online(world.ali, north(center, 1_000));
  osrm.says = () => Response.json({ code: "NoRoute" }, { status: 400 });
  const order = await world.assigned();
  expect((await etaOf(order)).source).toBe("straight_line");
  osrm.says = undefined;
  expect((await etaOf(order)).source).toBe("osrm");
});

const route = (more: object) =>
  Response.json({ code: "Ok", routes: [{ distance: 1, duration: 1, ...more }] });
const junk: Record<string, () => Response> = {
  "an arrival in the year 10^290": () => route({ duration: 1e300 }),
  "an arrival in the past": () => route({ duration: -100 }),
  "a way of half places": () => route({ geometry: { coordinates: [[1], []] } }),
  "a redirect": () => Response.redirect(`${osrm.url}/elsewhere`),
  "more than anybody reads": () => new Response(`{"code":"Ok",${" ".repeat(2_000_000)}`),
};
for (const [name, says] of Object.entries(junk))
  test(`a routing server that answers with ${name} has failed`, async () => {
    const secret = osrm.url.replace("//", "//user:hunter2@");
    await start({ "osrm-url": secret });
    await world.online(world.ali, north(center, 1_000));
    osrm.says = says;
    const order = await world.assigned();
    expect(await etaOf(order)).toMatchObject({ source: "straight_line", duration_seconds: 156 });
    const failures = world.app.events.filter((event) => event.name === "failure");
    expect(failures.map(({ where }) => where)).toContain("dispatch.osrm");
    expect(failures.map(({ incident, error }) => `${incident} ${error}`).join()).not.toContain("hunter2");
  });

test("a slow answer about an order that is over, or somebody else's, is told to nobody", async () => {
  await start({ "osrm-url": osrm.url });
  await world.online(world.ali, north(center, 1_000));
  const order = await world.order();
  const room = await world.orderSocket(order, world.passenger.token);
  const { promise: held, resolve: answer } = Promise.withResolvers<void>();
  osrm.says = () => held.then(() => route({}));
  const asked = osrm.asked.length;
  await world.made(world.assign(order, { driver_id: world.ali.id }));
  while (osrm.asked.length < asked + 2) await new Promise((resolve) => setImmediate(resolve));
  await world.steps(order, "cancelled");
  await room.settle();
  answer();
  // What is asked after them is answered after them.
  await world.get(`/api/orders/${order}/route/`);
  expect(await room.settle()).toEqual([]);
  await room.close();
});
