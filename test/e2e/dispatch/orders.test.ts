import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { center, DispatchWorld, north, refusal } from "./kit.ts";

let world: DispatchWorld;
beforeEach(async () => {
  world = await DispatchWorld.start({ clock: new FakeClock() });
});
afterEach(() => world[Symbol.asyncDispose]());

const status = async (order: string) => (await world.get(`/api/orders/${order}/`)).status;

describe("steps", () => {
  test("an impossible one is 400 with what is possible", async () => {
    const order = await world.order();
    const answer = await world.step(order, "completed");
    expect(answer.status).toBe(400);
    expect(await world.app.json(answer)).toMatchObject({
      error: expect.any(String),
      current_status: "submitted",
      requested_status: "completed",
      valid_transitions: ["awaiting_dispatcher_decision", "rejected", "cancelled", "created", "matching"],
    });
    expect((await world.step(order, "teleported")).status).toBe(400);
    expect((await world.step("order_1", "cancelled")).status).toBe(403);
  });

  test("nobody is assigned or offered an order by a step alone", async () => {
    const order = await world.order();
    await world.steps(order, "matching", "active_queue");
    for (const to of ["assigned", "offered"]) {
      const answer = await world.step(order, to);
      expect(answer.status).toBe(400);
      expect((await world.app.json(answer)).error).toContain("POST /api/dispatch/");
    }
    expect(await status(order)).toBe("active_queue");
  });

  test("passengers cancel their own, drivers drive theirs, and that is all", async () => {
    const order = await world.assigned();
    const { passenger, stranger, ali, vera } = world;
    expect((await world.step(order, "driver_en_route", passenger.token)).status).toBe(403);
    expect((await world.step(order, "matching", ali.token)).status).toBe(403);
    for (const { token } of [stranger, vera])
      expect((await world.step(order, "cancelled", token)).status).toBe(403);
    await world.made(world.step(order, "driver_en_route", ali.token));
    await world.made(world.step(order, "cancelled", passenger.token));
    expect(await status(order)).toBe("cancelled");
  });

  test("of several at once one is taken, and the others are 409, or impossible or not theirs by then", async () => {
    const order = await world.assigned();
    const map = await world.map();
    const answers = await Promise.all([
      world.step(order, "matching"),
      world.step(order, "cancelled", world.passenger.token),
      world.step(order, "driver_en_route", world.ali.token),
    ]);
    const before = answers.filter(({ ok }) => ok).length;
    const { events } = await world.get(`/api/orders/${order}/history/`);
    const path = events.slice(2).map(({ status_from }: Record<string, string>) => status_from);
    expect(path).toHaveLength(before);
    expect(new Set(path).size).toBe(path.length);
    expect((await map.settle()).filter(({ type }) => type === "order_update")).toHaveLength(before);
    // 403: a driver who comes after `matching` has lost the order.
    for (const { status } of answers) expect([200, 400, 403, 409]).toContain(status);
    await map.close();
  });

  test("one that is sent again by who took it, since the answer got lost, is taken once", async () => {
    const order = await world.assigned();
    const map = await world.map();
    for (let i = 0; i < 2; i++) {
      const answer = await world.made(world.step(order, "driver_en_route", world.ali.token));
      expect(answer).toMatchObject({ id: order, status: "driver_en_route" });
    }
    expect((await world.step(order, "driver_en_route")).status).toBe(400);
    expect((await map.settle()).filter(({ type }) => type === "order_update")).toHaveLength(1);
    expect((await world.get(`/api/orders/${order}/history/`)).events).toHaveLength(3);
    await map.close();
  });

  test("each is in the history, with who took it", async () => {
    const order = await world.assigned();
    await world.made(world.step(order, "cancelled", world.ali.token, "flat tyre"));
    const { events } = await world.get(`/api/orders/${order}/history/`, world.passenger.token);
    expect(
      events.map(({ status_from, status_to }: Record<string, string>) => [status_from, status_to]),
    ).toEqual([
      [null, "submitted"],
      ["submitted", "assigned"],
      ["assigned", "cancelled"],
    ]);
    expect(events[2]).toMatchObject({
      by: world.ali.user,
      description: "flat tyre",
      status_display: "Отменено",
    });
  });

  test("a driver takes them over his socket too, and is told why not", async () => {
    const order = await world.assigned();
    const socket = await world.driverSocket(world.ali);
    socket.send({ type: "status", order_id: order, status: "driver_en_route" });
    expect((await socket.next("order_update")).data.status).toBe("driver_en_route");
    socket.send({ type: "status", order_id: order, status: "completed" });
    expect(await socket.next("error")).toMatchObject({
      error: "bad_step",
      valid_transitions: expect.any(Array),
    });
    const vera = await world.driverSocket(world.vera);
    vera.send({ type: "status", order_id: order, status: "cancelled" });
    expect(await vera.next("error")).toMatchObject({ error: "forbidden" });
    await socket.close();
    await vera.close();
  });
});

const refused = (order: object) => world.order(order).catch(String);

describe("orders over HTTP", () => {
  test("a pickup is an hour to thirty days ahead, and names its places", async () => {
    const at = (ms: number) => ({ desired_pickup_time: new Date(world.clock.now() + ms).toISOString() });
    for (const wrong of [at(60_000), at(31 * 86_400_000), { pickup_object_name: "" }, { pickup_lat: 91 }])
      expect(await refused(wrong)).toContain("refused with 400");
    const bare = await refused({ desired_pickup_time: "2027-01-15T10:00:00" });
    expect(bare).toContain("must be a time with its zone, such as");
  });

  test("who may not take a companion orders no second seat", async () => {
    const account = await world.app.user("passenger");
    const alone = { full_name: "Omid", user_id: account.id, allowed_companion: false };
    const { id } = await world.made(world.post("/api/passengers/", alone));
    world.passenger = { id, user: account.id, token: account.token };
    expect(await refused({ has_companion: true })).toContain("may not take a companion");
    await world.order();
  });

  test("a passenger has a hundred open orders at most; a dispatcher may add to them", async () => {
    const first = await world.order();
    await Promise.all(Array.from({ length: 99 }, () => world.order()));
    expect(await refused({})).toContain("refused with 409");
    await world.steps(first, "cancelled");
    await world.order();
    world.passenger = { ...world.passenger, token: world.staff };
    await world.order({ passenger_id: world.passenger.id });
  });

  test("an order that is sent twice under one name is one, also at once; another passenger's is another", async () => {
    const map = await world.map();
    const mine = await Promise.all([1, 2, 3].map(() => world.order({ client_order_id: "a1" })));
    expect(new Set([...mine, await world.order({ client_order_id: "a1" })]).size).toBe(1);
    expect(await world.order({ client_order_id: "a2" })).not.toBe(mine[0]!);
    world.passenger = world.stranger;
    expect(await world.order({ client_order_id: "a1" })).not.toBe(mine[0]!);
    expect((await map.settle()).filter(({ type }) => type === "order_created")).toHaveLength(3);
    await map.close();
  });

  test("two first orders of a new passenger at once are both his, and his address stays his", async () => {
    const { id: user, email, token } = await world.app.user("passenger");
    world.passenger = { id: 0, user, token };
    await Promise.all([world.order(), world.order()]);
    const { count, results } = await world.get("/api/orders/", token);
    expect(count).toBe(2);
    expect(results[0].passenger).toMatchObject({ full_name: email.replace("@example.com", "") });
  });

  test("a state that does not exist is an error, not an empty page; an empty filter is none", async () => {
    await world.order();
    const wrong = await world.app.fetch("/api/orders/?status=assigned,bogus", { token: world.staff });
    expect(wrong.status).toBe(400);
    expect((await world.app.json(wrong)).error).toContain("bogus is none of draft, submitted");
    expect((await world.get("/api/orders/?status=")).count).toBe(1);
  });

  test("a driver's id is a number or its text, and null is nobody", async () => {
    await world.online(world.vera);
    const order = await world.order();
    for (const driver_id of [true, "x", [], 1.5])
      expect((await world.assign(order, { driver_id })).status).toBe(400);
    const { driver_id } = await world.made(world.assign(order, { driver_id: null }));
    expect(driver_id).toBe(String(world.vera.id));
    const second = await world.order();
    await world.made(world.assign(second, { driver_id: String(world.ali.id) }));
  });

  test("a list of states, in pages; everybody sees his own", async () => {
    const mine = [await world.order(), await world.order(), await world.order()];
    await world.steps(mine[0]!, "cancelled");
    const page = await world.get("/api/orders/?status=submitted,draft&page_size=1");
    expect(page).toMatchObject({ count: 2, previous: null, next: expect.stringContaining("page=2") });
    expect(page.results).toHaveLength(1);
    expect((await world.get("/api/orders/", world.passenger.token)).count).toBe(3);
    expect((await world.get("/api/orders/", world.stranger.token)).count).toBe(0);
    expect((await world.get("/api/orders/", world.ali.token)).count).toBe(0);
    expect((await world.get(`/api/orders/passenger/${world.passenger.id}/`)).count).toBe(3);
    const others = world.app.fetch(`/api/orders/driver/${world.ali.id}/`, { token: world.vera.token });
    expect((await others).status).toBe(403);
  });
});

describe("assignment", () => {
  test("of two dispatchers at once, one wins and the other is told", async () => {
    const order = await world.order();
    const map = await world.map();
    const second = (await world.app.user("staff")).token;
    const [first, other] = await Promise.all([
      world.assign(order, { driver_id: world.ali.id }),
      world.post(`/api/dispatch/assign/${order}/`, { driver_id: world.vera.id }, second),
    ]);
    expect([first!.status, other!.status].toSorted()).toEqual([200, 400]);
    const [won, lost] = first!.ok ? [first, other] : [other, first];
    const { driver_id } = await world.app.json(won!);
    expect(await lost!.json()).toEqual({
      success: false,
      error: expect.any(String),
      reason: expect.any(String),
      fault: "conflict",
    });
    expect((await world.get(`/api/orders/${order}/`)).driver.id).toBe(Number(driver_id));
    expect((await map.settle()).filter(({ type }) => type === "order_update")).toHaveLength(1);
    await map.close();
  });

  test("an order is taken from a driver only by who says from whom; then his socket closes with 4003", async () => {
    const order = await world.assigned();
    const { ali } = world;
    const vera = await world.addDriver("Nazira", { phone: "+7 701 111 11 11" });
    await world.online(vera);
    const [room, his] = [await world.orderSocket(order, ali.token), await world.driverSocket(ali)];
    expect((await world.assign(order, { driver_id: vera.id })).status).toBe(400);
    expect((await world.assign(order, { driver_id: vera.id, instead_of: vera.id })).status).toBe(400);
    await world.made(world.assign(order, { driver_id: vera.id, instead_of: ali.id }));
    expect(await room.closed).toMatchObject({ code: 4003 });
    const [told] = await his.settle();
    const driver = { id: vera.id, user: { phone: "" }, current_position: null };
    expect(told).toMatchObject({ type: "order_update", data: { driver } });
    expect(await refusal(world.socket(`orders/${order}`, ali.token))).toMatchObject({ code: 4003 });
    await (await world.orderSocket(order, vera.token)).close();
    await his.close();
  });

  test("of two who take an order from the same driver at once, one wins", async () => {
    const order = await world.assigned();
    const third = await world.addDriver("Third");
    const take = (id: number) => world.assign(order, { driver_id: id, instead_of: world.ali.id });
    const answers = await Promise.all([take(world.vera.id), take(third.id)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });

  test("a driver is given one order at a time, also by two dispatchers at once", async () => {
    const orders = [await world.order(), await world.order()];
    const answers = await Promise.all(orders.map((id) => world.assign(id, { driver_id: world.ali.id })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });

  test("candidates are the free ones, nearest first; automatic assignment takes the nearest", async () => {
    await world.online(world.ali, north(center, 3_000));
    await world.online(world.vera, north(center, 500));
    await world.online(await world.addDriver("Small", { capacity: 1 }), north(center, 10));
    const offline = await world.addDriver("Offline");
    await world.locate(offline, center);
    const order = await world.order({ has_companion: true });
    const { candidates } = await world.get(`/api/dispatch/candidates/${order}/`);
    expect(candidates.map(({ driver_id }: { driver_id: string }) => driver_id)).toEqual([
      String(world.vera.id),
      String(world.ali.id),
    ]);
    expect(candidates[0].distance_m).toBe(500);
    const { driver_id, reason } = await world.made(world.assign(order));
    expect(driver_id).toBe(String(world.vera.id));
    expect(reason).toContain("500 m");
    const others = [await world.order({ has_companion: true }), await world.order({ has_companion: true })];
    expect(await world.made(world.post("/api/dispatch/auto-assign-all/"))).toEqual({
      assigned: 1,
      waiting: 1,
      order_ids: [others[0]],
    });
    const none = await world.assign(others[1]!);
    expect(none.status).toBe(400);
    expect((await world.app.json(none)).reason).toContain("no free driver");
  });
});

describe("orders for another day", () => {
  const day = 86_400_000;
  const ahead = (ms: number) => ({ desired_pickup_time: new Date(world.clock.now() + ms).toISOString() });
  const give = (order: string) => world.assign(order, { driver_id: world.ali.id });

  test("a driver has several, far enough apart, and drives one at a time", async () => {
    const far = await world.order(ahead(20 * day));
    await world.made(give(far));
    const today = await world.order(ahead(1.5 * 3_600_000));
    await world.made(give(today));
    const clash = await give(await world.order(ahead(20 * day + 3_600_000)));
    expect(await clash.json()).toMatchObject({
      fault: "conflict",
      error: expect.stringContaining("at that time"),
    });
    await world.steps(today, "driver_en_route");
    expect((await world.step(far, "driver_en_route", world.ali.token)).status).toBe(409);
    await world.steps(today, "arrived_waiting", "ride_ongoing", "completed");
    await world.made(world.step(far, "driver_en_route", world.ali.token));
  });

  test("automatic assignment gives the earliest pickup the nearest driver, many at a time", async () => {
    const fleet = [];
    for (let i = 0; i < 12; i++) {
      const driver = await world.addDriver(`Driver ${i}`);
      await world.online(driver, north(center, 100 * i));
      fleet.push(driver);
    }
    const orders: string[] = [];
    for (let i = 0; i < 14; i++) orders.unshift(await world.order(ahead(7_000_000 - 60_000 * i)));
    const { order_ids, waiting } = await world.made(world.post("/api/dispatch/auto-assign-all/"));
    expect([order_ids, waiting]).toEqual([orders.slice(0, 12), 2]);
    for (const [i, id] of order_ids.entries())
      expect((await world.get(`/api/orders/${id}/`)).driver.id).toBe(fleet[i]!.id);
  });

  test("automatic assignment takes what is due soon, neither next week's nor last week's", async () => {
    await world.online(world.ali);
    const forgotten = await world.order(ahead(3_600_000));
    world.clock.set(4 * 3_600_000);
    await world.made(world.locate(world.ali, center));
    await world.order(ahead(20 * day));
    const soon = await world.order();
    const { order_ids } = await world.made(world.post("/api/dispatch/auto-assign-all/"));
    expect(order_ids).toEqual([soon]);
    expect(await status(forgotten)).toBe("submitted");
  });

  test("where a driver is, a passenger sees with his ride, not before it and not after", async () => {
    const place = async (order: string) =>
      (await world.get(`/api/orders/${order}/`, world.passenger.token)).driver.current_position;
    await world.online(world.ali);
    const order = await world.order(ahead(3 * 3_600_000));
    await world.made(give(order));
    const room = await world.orderSocket(order, world.passenger.token);
    await world.made(world.locate(world.ali, north(center, 100)));
    await world.pass(2_000, 100);
    expect(await place(order)).toBeNull();
    expect(await room.settle()).toEqual([]);
    world.clock.set(2 * 3_600_000);
    await world.made(world.locate(world.ali, north(center, 200)));
    await world.pass(2_000, 100);
    expect(await place(order)).toEqual(north(center, 200));
    expect((await room.settle()).map(({ type }) => type)).toContain("driver_location_update");
    await world.steps(order, "driver_en_route", "arrived_waiting", "ride_ongoing", "completed");
    expect(await place(order)).toBeNull();
    expect((await room.settle()).at(-2)!.data.driver.current_position).toBeNull();
    await room.close();
  });

  test("who has an incident is not free", async () => {
    await world.online(world.ali);
    const order = await world.assigned();
    await world.steps(order, "driver_en_route", "arrived_waiting", "ride_ongoing", "incident");
    expect((await world.assign(await world.order())).status).toBe(400);
    expect((await world.get(`/api/drivers/${world.ali.id}/`)).status).toBe("on_trip");
    await world.steps(order, "completed");
    await world.made(world.assign(await world.order()));
  });
});

describe("roles", () => {
  test("a role that changes ends the sessions: open sockets close, and the next login is what he is now", async () => {
    const { id: _, email, token } = await world.app.user("staff");
    const map = await world.map("", token);
    await world.app.app.accounts.setRole(email, "passenger");
    expect(await map.closed).toMatchObject({ code: 4001 });
    expect(await refusal(world.socket("dispatch-map", token))).toMatchObject({ code: 4001 });
    const now = await world.app.app.accounts.issueToken(email, 3600);
    expect(await refusal(world.socket("dispatch-map", now))).toMatchObject({ code: 4003 });
  });
});

test("every socket catches up: what was missed, in order, once", async () => {
  const order = await world.assigned();
  const { ali, passenger } = world;
  const open = [
    (query: string) => world.socket(`orders/${order}`, passenger.token, query),
    (query: string) => world.socket(`drivers/${ali.id}`, ali.token, query),
    (query: string) => world.socket(`passengers/${passenger.id}`, passenger.token, query),
    (query: string) => world.socket("dispatch-map", world.staff, query),
  ];
  const sockets = await Promise.all(open.map((connect) => world.opened(connect(""))));
  await world.steps(order, "driver_en_route");
  const cursors: string[] = [];
  for (const socket of sockets) {
    cursors.push((await socket.settle()).findLast(({ cursor }) => cursor !== undefined)!.cursor);
    await socket.close();
  }
  await world.steps(order, "arrived_waiting", "ride_ongoing");
  const updates = ["arrived_waiting", "ride_ongoing"].map((state) => ["order_update", state]);
  const changes = updates.flatMap((update) => [update, ["order_status_changed", update[1]]]);
  const arrived = [updates[0], ["driver_arrived", undefined], updates[1]];
  for (const [i, expected] of [changes, updates, arrived, updates].entries()) {
    const socket = await world.opened(open[i]!(`&since=${cursors[i]}`));
    expect(await socket.next()).toMatchObject({ type: "catch_up", recovered: true, events: expected.length });
    const missed = (await socket.settle()).filter(({ cursor }) => cursor !== undefined);
    expect(missed.map(({ type, data }) => [type, data.status])).toEqual(expected as never);
    await socket.close();
  }
});

test("who cannot catch up is told what is open, with a cursor to go on from; who does not ask is told nothing", async () => {
  const { ali, passenger } = world;
  await world.online(ali);
  const order = await world.order();
  await world.made(world.post(`/api/dispatch/offer/${order}/`));
  const over = await world.order();
  await world.steps(over, "cancelled");
  const open = (query: string) => [
    world.socket(`orders/${order}`, passenger.token, query),
    world.socket(`passengers/${passenger.id}`, passenger.token, query),
    world.socket(`drivers/${ali.id}`, ali.token, query),
  ];
  for (const socket of await Promise.all(open(""))) {
    expect(await socket.settle()).toEqual([]);
    await socket.close();
  }
  const expected = (asDriver: string) => [["order_update"], ["order_update"], [asDriver]];
  const told = async (query: string) => {
    const types: string[][] = [];
    for (const socket of await Promise.all(open(query))) {
      const [caughtUp, ...frames] = await socket.settle();
      expect(caughtUp).toMatchObject({ type: "catch_up", recovered: false });
      for (const { data, cursor } of frames)
        expect([data.order_id ?? data.id, cursor]).toEqual([order, caughtUp!.cursor]);
      types.push(frames.map(({ type }) => type));
      await socket.close();
    }
    return types;
  };
  expect(await told("&since=0")).toEqual(expected("order_offer"));
  await world.made(world.post(`/api/orders/${order}/accept/`, {}, ali.token));
  expect(await told("&since=long-gone")).toEqual(expected("order_update"));
  // From such a cursor it goes on without a hole.
  const [room] = await Promise.all(open("&since=0"));
  const { cursor } = (await room!.settle()).at(-1)!;
  await room!.close();
  await world.steps(order, "driver_en_route");
  const [again] = open(`&since=${cursor}`);
  const missed = await (await again!).settle();
  expect(missed.map(({ type, data }) => data?.status ?? type)).toEqual([
    "catch_up",
    "driver_en_route",
    "driver_en_route",
  ]);
  await (await again!).close();
});
