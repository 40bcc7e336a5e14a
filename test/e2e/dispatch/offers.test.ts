import { afterEach, beforeEach, expect, test } from "bun:test";
import { Fault } from "../../../src/protocol/faults.ts";
import { FakeClock } from "../../kit/clock.ts";
import { tempDir } from "../../kit/temp.ts";
import { center, DispatchWorld, north, typesOf } from "./kit.ts";

let world: DispatchWorld;
let order: string;
beforeEach(async () => {
  world = await DispatchWorld.start({ clock: new FakeClock() });
  await world.online(world.ali, north(center, 100));
  await world.online(world.vera, north(center, 900));
  order = await world.order();
});
afterEach(() => world[Symbol.asyncDispose]());

const offer = (body: object = {}) => world.post(`/api/dispatch/offer/${order}/`, body);
const offered = () => world.made(offer());
const read = () => world.get(`/api/orders/${order}/`);
const path = async () =>
  (await world.get(`/api/orders/${order}/history/`)).events.map(
    ({ status_to }: { status_to: string }) => status_to,
  );

test("the nearest is asked, accepts over his socket, and has it", async () => {
  const ali = await world.driverSocket(world.ali);
  await offered();
  const asked = await ali.next("order_offer");
  expect(asked.data).toMatchObject({
    order_id: order,
    order: { id: order, status: "offered", driver: null },
  });
  expect(Date.parse(asked.data.expires_at)).toBe(world.clock.now() + 15_000);
  expect((await world.post(`/api/orders/${order}/accept/`, {}, world.vera.token)).status).toBe(409);
  ali.send({ type: "accept", order_id: order });
  expect(typesOf(await ali.settle())).toEqual(["new_order", "order_update"]);
  expect(await read()).toMatchObject({ status: "assigned", driver: { id: world.ali.id } });
  await world.pass(20_000);
  expect(await path()).toEqual(["submitted", "offered", "assigned"]);
  await ali.close();
});

test("who declines leaves it to the next; over HTTP as well", async () => {
  const [ali, vera] = [await world.driverSocket(world.ali), await world.driverSocket(world.vera)];
  await offered();
  await ali.next("order_offer");
  ali.send({ type: "decline", order_id: order });
  expect((await ali.next("order_offer_ended")).data).toEqual({ order_id: order, status: "declined" });
  await vera.next("order_offer");
  expect((await world.post(`/api/orders/${order}/accept/`, {}, world.ali.token)).status).toBe(409);
  await world.made(world.post(`/api/orders/${order}/decline/`, {}, world.vera.token));
  expect(await path()).toEqual(["submitted", "offered", "matching", "offered", "matching", "active_queue"]);
  await ali.close();
  await vera.close();
});

test("who says nothing in time is not waited for; when nobody is left, a dispatcher decides", async () => {
  const [ali, vera] = [await world.driverSocket(world.ali), await world.driverSocket(world.vera)];
  await offered();
  await world.pass(14_000);
  expect(await read()).toMatchObject({ status: "offered" });
  await world.pass(2_000);
  expect((await ali.next("order_offer_ended")).data).toEqual({ order_id: order, status: "timeout" });
  await vera.next("order_offer");
  expect((await world.post(`/api/orders/${order}/accept/`, {}, world.ali.token)).status).toBe(409);
  await world.pass(17_000);
  await vera.next("order_offer_ended");
  expect(await read()).toMatchObject({ status: "active_queue", driver: null });
  // Both may be asked about others.
  order = await world.order();
  await offered();
  await ali.next("order_offer");
  await ali.close();
  await vera.close();
});

test("who is asked about one order is not asked about another, nor is one who drives or is away", async () => {
  await offered();
  const [first, ali] = [order, world.ali.id];
  order = await world.order();
  expect((await offer({ driver_id: ali })).status).toBe(409);
  await world.made(world.post(`/api/orders/${first}/accept/`, {}, world.ali.token));
  expect((await offer({ driver_id: ali })).status).toBe(409);
  const away = await world.addDriver("Away");
  expect((await offer({ driver_id: away.id })).status).toBe(409);
  expect((await world.made(offer({ driver_id: world.vera.id }))).status).toBe("offered");
});

test("an order that goes another way takes its offer back", async () => {
  const ali = await world.driverSocket(world.ali);
  await offered();
  await ali.next("order_offer");
  await world.made(world.assign(order, { driver_id: world.vera.id }));
  expect((await ali.next("order_offer_ended")).data).toEqual({ order_id: order, status: "withdrawn" });
  expect((await world.post(`/api/orders/${order}/accept/`, {}, world.ali.token)).status).toBe(409);
  order = await world.order();
  await offered();
  await ali.next("order_offer");
  await world.made(world.step(order, "cancelled", world.passenger.token));
  await ali.next("order_offer_ended");
  await world.pass(30_000);
  expect(await path()).toEqual(["submitted", "offered", "cancelled"]);
  await ali.close();
});

test("of an answer and a dispatcher at once, one counts", async () => {
  await offered();
  const answers = await Promise.all([
    world.post(`/api/orders/${order}/accept/`, {}, world.ali.token),
    world.assign(order, { driver_id: world.vera.id }),
    world.post(`/api/orders/${order}/decline/`, {}, world.ali.token),
  ]);
  expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  expect((await path()).length).toBeLessThanOrEqual(4);
});

test("a driver is asked about one order at a time, also by two dispatchers at once", async () => {
  const { orders, offers, people } = world.app.app.dispatch;
  const ali = people.driver(world.ali.id);
  const rows = await Promise.all([order, await world.order()].map((id) => orders.require(id)));
  const asked = [...rows, rows[0]!].map((row) => offers.offer(row, ali, "1"));
  const told = await Promise.allSettled(asked);
  // Which of them was the first, a database with several connections decides.
  expect(told.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  // He is still asked: what failed has not forgotten that.
  expect(offers.candidates(rows[1]!).map(({ driver }) => driver.id)).toEqual([world.vera.id]);
});

test("who goes offline, or gets another order, is not waited for", async () => {
  const { ali, vera } = world;
  const socket = await world.driverSocket(ali);
  await offered();
  await socket.next("order_offer");
  await world.made(world.patch(`/api/drivers/${ali.id}/online-status/`, { is_online: false }, ali.token));
  expect((await socket.next("order_offer_ended")).data).toEqual({ order_id: order, status: "withdrawn" });
  expect((await world.post(`/api/orders/${order}/accept/`, {}, ali.token)).status).toBe(409);
  const hers = await world.driverSocket(vera);
  expect(await read()).toMatchObject({ status: "offered" });
  const other = await world.order();
  const room = await world.orderSocket(order);
  await world.made(world.assign(other, { driver_id: vera.id }));
  await hers.next("order_offer_ended");
  expect((await room.next("order_status_changed")).data.status).toBe("matching");
  expect((await room.next("order_status_changed")).data.status).toBe("active_queue");
  await room.close();
  await socket.close();
  await hers.close();
});

test("an answer that is sent again, since the first one's echo got lost, is the same answer", async () => {
  const answer = (what: string, token: string) => world.post(`/api/orders/${order}/${what}/`, {}, token);
  await offered();
  for (let i = 0; i < 2; i++) expect((await answer("decline", world.ali.token)).status).toBe(204);
  for (let i = 0; i < 2; i++)
    expect(await world.made(answer("accept", world.vera.token))).toMatchObject({ status: "assigned" });
  expect(await path()).toEqual(["submitted", "offered", "matching", "offered", "assigned"]);
});

test("who is asked learns where and when, not how to reach the passenger; in the list he is `offered`", async () => {
  const account = await world.app.user("passenger");
  const phone = "+7 700 000 00 00";
  const { id } = await world.made(
    world.post("/api/passengers/", { full_name: "Omid", phone, user_id: account.id }),
  );
  world.passenger = { id, user: account.id, token: account.token };
  order = await world.order();
  const ali = await world.driverSocket(world.ali);
  await offered();
  const { passenger, pickup_title } = (await ali.next("order_offer")).data.order;
  expect([passenger.full_name, passenger.user.phone, pickup_title]).toEqual(["Omid", "", "Abay 10"]);
  expect((await world.get(`/api/drivers/${world.ali.id}/`)).status).toBe("offered");
  ali.send({ type: "accept", order_id: order });
  expect((await ali.next("new_order")).data.passenger.user.phone).toBe(phone);
  await ali.close();
});

test("an offer of somebody else and an order that does not exist look the same", async () => {
  await offered();
  for (const what of ["accept", "decline"]) {
    const answers = [order, "order_1"].map((id) =>
      world.post(`/api/orders/${id}/${what}/`, {}, world.vera.token),
    );
    const [others, none] = await Promise.all(answers);
    expect([others!.status, none!.status]).toEqual([409, 409]);
    expect(await others!.json()).toEqual(await none!.json());
  }
});

test("who did not take an order may be asked again in a later search", async () => {
  await offered();
  await world.pass(33_000);
  expect((await read()).status).toBe("active_queue");
  expect((await offer()).status).toBe(409);
  await world.pass(60_000);
  expect((await world.made(offer())).status).toBe("offered");
});

test("a search goes on where the next driver could not be asked at once, and after a crash", async () => {
  using dir = tempDir();
  const clock = new FakeClock();
  const first = await DispatchWorld.start({ dataDir: dir.path, clock });
  await first.online(first.ali, north(center, 100));
  await first.online(first.vera, north(center, 900));
  const id = await first.order();
  await first.made(first.post(`/api/dispatch/offer/${id}/`));
  const { offers } = first.app.app.dispatch;
  const ask = offers.offer;
  offers.offer = () => Promise.reject(new Fault("unavailable"));
  await first.made(first.post(`/api/orders/${id}/decline/`, {}, first.ali.token));
  const status = async (world: DispatchWorld) => (await world.get(`/api/orders/${id}/`, first.staff)).status;
  expect(await status(first)).toBe("matching");
  await first.pass(2_000);
  expect(await status(first)).toBe("matching");
  // The disk is there again; or else the server ends before.
  offers.offer = ask;
  await first[Symbol.asyncDispose]();
  await using second = await DispatchWorld.start({ dataDir: dir.path, clock });
  await second.pass(2_000);
  expect(await status(second)).toBe("offered");
  await second.made(second.post(`/api/orders/${id}/accept/`, {}, first.vera.token));
});

test("an offer outlives a restart", async () => {
  using dir = tempDir();
  const clock = new FakeClock();
  const first = await DispatchWorld.start({ dataDir: dir.path, clock });
  await first.online(first.ali);
  const id = await first.order();
  await first.made(first.post(`/api/dispatch/offer/${id}/`));
  const { ali } = first;
  await first[Symbol.asyncDispose]();
  await using second = await DispatchWorld.start({ dataDir: dir.path, clock });
  const again = await second.order();
  expect((await second.post(`/api/dispatch/offer/${again}/`, { driver_id: ali.id })).status).toBe(409);
  await second.made(second.post(`/api/orders/${id}/accept/`, {}, ali.token));
  expect((await second.get(`/api/orders/${id}/`)).driver.id).toBe(ali.id);
});
