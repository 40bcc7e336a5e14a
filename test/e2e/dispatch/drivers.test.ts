import { afterEach, beforeEach, expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { tempDir } from "../../kit/temp.ts";
import { center, DispatchWorld, north, refusal } from "./kit.ts";

let world: DispatchWorld;
beforeEach(async () => {
  world = await DispatchWorld.start({ clock: new FakeClock() });
});
afterEach(() => world[Symbol.asyncDispose]());

const read = (id: number) => world.get(`/api/drivers/${id}/`);
const remove = (id: number) =>
  world.app.fetch(`/api/drivers/${id}/`, { method: "DELETE", token: world.staff });
const shown = async () =>
  (await world.get("/api/dispatch/map-data/")).drivers.map(({ id }: { id: string }) => Number(id));

test("an account finds out which driver or passenger it is", async () => {
  expect((await world.get("/api/drivers/me/", world.ali.token)).id).toBe(world.ali.id);
  expect((await world.get("/api/passengers/me/", world.passenger.token)).id).toBe(world.passenger.id);
  const { token } = await world.app.user("driver");
  expect((await world.app.fetch("/api/drivers/me/", { token })).status).toBe(404);
});

test("new and changed drivers are told to the map; a driver may not change himself", async () => {
  const map = await world.map();
  const omid = await world.addDriver("Omid");
  const change = { car_model: "Kia Rio", capacity: 1 };
  await world.made(world.patch(`/api/drivers/${omid.id}/`, change));
  const told = await map.settle();
  expect(told.map(({ type, data }) => [type, data.driver_id, data.name, data.car_model])).toEqual([
    ["driver_status_update", String(omid.id), "Omid", "Lada Vesta"],
    ["driver_status_update", String(omid.id), "Omid", "Kia Rio"],
  ]);
  expect(await read(omid.id)).toMatchObject({ ...change, name: "Omid", plate_number: "Omid 01" });
  expect((await world.patch(`/api/drivers/${omid.id}/`, change, omid.token)).status).toBe(403);
  expect((await world.patch(`/api/drivers/${omid.id}/`, { capacity: "4" })).status).toBe(400);
  await world.online(omid);
  const order = await world.order({ has_companion: true });
  expect((await world.get(`/api/dispatch/candidates/${order}/`)).candidates).toEqual([]);
  await map.close();
});

test("a second driver of one account, and a region that is not there, are refused with what to do", async () => {
  const again = await world.post("/api/drivers/", { name: "Ali", user_id: world.ali.user });
  expect([again.status, (await world.app.json(again)).error]).toEqual([
    409,
    expect.stringContaining("is a driver already"),
  ]);
  const passenger = await world.post("/api/passengers/", {
    full_name: "Dana",
    user_id: world.passenger.user,
  });
  expect((await world.app.json(passenger)).error).toContain("is a passenger already");
  const region = {
    id: "almaty",
    title: "Almaty",
    city: "Almaty",
    center_lat: center.lat,
    center_lon: center.lon,
  };
  await world.made(world.post("/api/regions/", region));
  const twice = await world.post("/api/regions/", region);
  expect([twice.status, (await world.app.json(twice)).error]).toEqual([
    409,
    expect.stringContaining("there is a region almaty already"),
  ]);
  const nowhere = await world.post("/api/drivers/", { name: "Ali", region_id: "nowhere" });
  expect([nowhere.status, (await world.app.json(nowhere)).error]).toEqual([
    400,
    expect.stringContaining("GET /api/regions"),
  ]);
});

test("a driver who leaves vanishes from map, list and search with his sockets; his past stays", async () => {
  const { ali } = world;
  await world.online(ali, north(center, 100));
  const [map, his] = [await world.map(), await world.driverSocket(ali)];
  const order = await world.assigned();
  expect((await remove(ali.id)).status).toBe(409);
  await world.steps(order, "driver_en_route", "arrived_waiting", "ride_ongoing", "completed");
  await map.settle();
  expect((await remove(ali.id)).status).toBe(204);
  const told = (await map.settle()).map(({ type, data }) => [type, data.driver_id]);
  expect(told).toEqual([
    ["driver_status_update", String(ali.id)],
    ["driver_removed", String(ali.id)],
  ]);
  expect(await his.closed).toMatchObject({ code: 4003 });
  expect(await shown()).toEqual([world.vera.id]);
  expect(await refusal(world.socket(`drivers/${ali.id}`, ali.token))).toMatchObject({ code: 4003 });
  expect((await world.locate(ali, center)).status).toBe(403);
  expect((await world.assign(await world.order(), { driver_id: ali.id })).status).toBe(400);
  expect((await world.get(`/api/orders/${order}/`)).driver).toMatchObject({ id: ali.id, name: "Ali" });
  expect((await world.get(`/api/drivers/${ali.id}/track/`)).points).toHaveLength(1);
  expect((await world.get(`/api/orders/driver/${ali.id}/`)).count).toBe(1);
  // His account may come back as a driver.
  await world.made(world.post("/api/drivers/", { name: "Ali", user_id: ali.user }));
  await map.close();
});

test("of an order for him and his leaving at once, one happens", async () => {
  for (const driver of [world.ali, world.vera]) {
    const order = await world.order();
    const [given, gone] = await Promise.all([
      world.assign(order, { driver_id: driver.id }),
      remove(driver.id),
    ]);
    expect([given!.ok, gone!.ok].toSorted()).toEqual([false, true]);
  }
  const { orders, people } = world.app.app.dispatch;
  const driver = people.driver((await world.addDriver("Third")).id)!;
  const row = await orders.require(await world.order());
  const both = [world.app.app.dispatch.removeDriver(driver.id), orders.assign(row, driver, { by: "1" })];
  const told = await Promise.allSettled(both);
  expect(told.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("passengers come in pages, with their phones", async () => {
  await world.made(world.post("/api/passengers/", { full_name: "Omid", phone: "+7 700" }));
  const page = await world.get("/api/passengers/?page=2&page_size=2");
  expect(page).toMatchObject({ count: 3, next: null, previous: expect.stringContaining("page=1") });
  expect(page.results).toMatchObject([{ full_name: "Omid", phone: "+7 700" }]);
});

test("who has left is still gone after a restart", async () => {
  using dir = tempDir();
  const clock = new FakeClock();
  const first = await DispatchWorld.start({ dataDir: dir.path, clock });
  await first.online(first.ali);
  const { ali, staff } = first;
  await first.app.fetch(`/api/drivers/${ali.id}/`, { method: "DELETE", token: staff });
  await first[Symbol.asyncDispose]();
  await using second = await DispatchWorld.start({ dataDir: dir.path, clock });
  const { drivers } = await second.get("/api/dispatch/map-data/", staff);
  expect(drivers.map(({ id }: { id: string }) => Number(id))).not.toContain(ali.id);
  expect([...second.app.app.dispatch.positions.drivers()]).toEqual([]);
});

test("whose account is disabled, or becomes something else, is away, and his offer is somebody else's", async () => {
  const { accounts } = world.app.app;
  const email = (await accounts.list()).find(({ id }) => String(id) === world.ali.user)!.email;
  await world.online(world.ali, north(center, 100));
  await world.online(world.vera, north(center, 900));
  const order = await world.order();
  await world.made(world.post(`/api/dispatch/offer/${order}/`));
  const [map, hers] = [await world.map(), await world.driverSocket(world.vera)];
  await accounts.setActive(email, false);
  await hers.next("order_offer");
  expect((await map.next("driver_status_update")).data).toMatchObject({
    driver_id: String(world.ali.id),
    is_online: false,
  });
  expect((await read(world.ali.id)).is_online).toBe(false);
  await map.close();
  await hers.close();
});

test("the map's drivers are of the same moment as its cursor", async () => {
  const { store, dispatch } = world.app.app;
  // On disk, and not heard of in memory yet: as in the moment between the two.
  await store.commit({
    writes: [store.db.updateTable("drivers").set({ is_online: 1 }).where("id", "=", world.ali.id)],
  });
  const { drivers } = await store.snapshot((db) => dispatch.map.data(db as never));
  expect(drivers.find(({ id }) => id === String(world.ali.id))!.is_online).toBe(true);
});
