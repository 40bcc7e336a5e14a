import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { jwtSecret } from "../../../src/config/data-dir.ts";
import { openChromium } from "../../kit/chromium.ts";
import { testUnless, warn } from "../../kit/program.ts";
import { center, DispatchWorld, north, refusal, typesOf } from "./kit.ts";

/** The acceptance list of the original dispatch system, item by item. Items 1 and 2 are programs: see test/seeds/004. */
let world: DispatchWorld;
beforeAll(async () => {
  world = await DispatchWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const browser = await openChromium();
const noBrowser = typeof browser === "string" ? browser : "";
warn("dispatch acceptance", noBrowser);
afterAll(async () => {
  if (typeof browser !== "string") await browser.close();
});

const bad = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.AAAA";

describe("3: the page of the dispatcher", () => {
  test("health, then the test socket, then the map; pings are answered with exactly a pong", async () => {
    const health = await world.get("/api/websocket/health/");
    expect(health).toMatchObject({ status: "ok", websocket_routing: true, recommendations: [] });
    const first = await world.app.connect("/ws/test/");
    expect((await first.next()).type).toBe("test_message");
    const map = await world.map();
    for (const socket of [first, map]) {
      socket.send('{"type":"ping"}');
      expect(await socket.next("pong")).toEqual({ type: "pong" });
      await socket.close();
    }
  });

  testUnless(noBrowser, "a browser sees 4001 for a bad token and 4003 for one who is no staff", async () => {
    if (typeof browser === "string") throw new Error(browser);
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${world.app.http}/health`);
    const codes = await page.evaluate(
      ({ host, tokens }) =>
        Promise.all(
          tokens.map(
            (token) =>
              new Promise<number>((resolve) => {
                const socket = new WebSocket(`ws://${host}/ws/dispatch-map/?token=${token}`);
                socket.onclose = ({ code }) => resolve(code);
              }),
          ),
        ),
      { host: `127.0.0.1:${world.app.port}`, tokens: [bad, "", world.passenger.token, world.ali.token] },
    );
    expect(codes).toEqual([4001, 4001, 4003, 4003]);
  });
});

test("4: the test socket greets first, and echoes", async () => {
  const client = await world.app.connect("/ws/test/");
  expect(await client.next()).toEqual({
    type: "test_message",
    message: "WebSocket connection successful!",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  client.send({ type: "echo", data: { salaam: [1, "два"] } });
  expect(await client.next()).toEqual({ type: "echo_response", data: { salaam: [1, "два"] } });
  await client.close();
});

describe("5: who may enter", () => {
  test("an order's room: its passenger, its driver and staff; nobody else", async () => {
    const order = await world.assigned();
    const { staff, passenger, ali } = world;
    for (const token of [staff, passenger.token, ali.token]) {
      const socket = await world.orderSocket(order, token);
      expect(socket.waiting).toEqual([]);
      await socket.close();
    }
    for (const token of [world.stranger.token, world.vera.token])
      expect(await refusal(world.socket(`orders/${order}`, token))).toMatchObject({ code: 4003 });
    await world.steps(order, "cancelled");
  });

  test("what is not yours and what does not exist look the same", async () => {
    const order = await world.order();
    const { stranger, vera, ali, passenger, staff } = world;
    for (const { token } of [stranger, vera]) {
      const notMine = await refusal(world.socket(`orders/${order}`, token));
      expect(notMine).toEqual(await refusal(world.socket("orders/order_1", token)));
      expect(notMine).toMatchObject({ code: 4003, types: ["error"] });
    }
    expect(await refusal(world.socket(`drivers/${ali.id}`, vera.token))).toEqual(
      await refusal(world.socket("drivers/99999", vera.token)),
    );
    expect(await refusal(world.socket(`passengers/${passenger.id}`, stranger.token))).toEqual(
      await refusal(world.socket("passengers/99999", stranger.token)),
    );
    for (const path of ["orders/none", "drivers/99999", "passengers/99999", "drivers/x"])
      expect(await refusal(world.socket(path, staff))).toMatchObject({ code: 4003 });
    const asked = (id: string) => world.app.fetch(`/api/orders/${id}/`, { token: stranger.token });
    const [mine, none] = await Promise.all([asked(order), asked("order_1")]);
    expect([mine!.status, none!.status]).toEqual([403, 403]);
    // Each refusal has a receipt of its own.
    const [{ receipt: one, ...mineSays }, { receipt: two, ...noneSays }] = await Promise.all([
      world.app.json(mine!),
      world.app.json(none!),
    ]);
    expect([one, two]).toEqual([expect.stringMatching(/^r_\w{6}$/), expect.stringMatching(/^r_\w{6}$/)]);
    expect(mineSays).toEqual(noneSays);
  });

  test("without a token, and with one of another role", async () => {
    const order = await world.order();
    const { passenger, ali } = world;
    const paths = [`orders/${order}`, `drivers/${ali.id}`, `passengers/${passenger.id}`, "dispatch-map"];
    for (const path of paths) {
      expect(await refusal(world.app.connect(`/ws/${path}/`))).toMatchObject({ code: 4001 });
      expect(await refusal(world.socket(path, bad))).toMatchObject({ code: 4001 });
      const { token } = await world.app.user("user");
      expect(await refusal(world.socket(path, token))).toMatchObject({ code: 4003 });
    }
  });
});

test("6: a step is told in the order's, driver's, passenger's and dispatcher's rooms, each once", async () => {
  const order = await world.assigned();
  const { ali, passenger, staff } = world;
  const room = await world.orderSocket(order);
  const [driver, rider] = [await world.driverSocket(ali), await world.passengerSocket()];
  const map = await world.map();
  const answer = await world.made(world.step(order, "driver_en_route", ali.token));
  const full = expect.objectContaining({
    id: order,
    status: "driver_en_route",
    status_display: "Водитель в пути",
    driver: expect.objectContaining({ id: ali.id, name: "Ali" }),
    passenger: expect.objectContaining({ id: passenger.id, full_name: "Dana" }),
    seats_needed: 1,
    estimated_price: expect.stringMatching(/^\d+\.\d\d$/),
  });
  const update = { type: "order_update", data: full, cursor: expect.any(String) };
  expect(answer).toEqual(full);
  const heard = [room, driver, rider, map].map((socket) => socket.settle());
  const [inRoom, byDriver, byRider, onMap] = await Promise.all(heard);
  const changed = {
    type: "order_status_changed",
    data: { order_id: order, status: "driver_en_route", status_display: "Водитель в пути" },
    cursor: expect.any(String),
  };
  expect([inRoom, byDriver, byRider, onMap]).toEqual([[update, changed], [update], [update], [update]]);
  // In the original's order: the order's room, driver, passenger, what changed, the map.
  const told = [inRoom![0], byDriver![0], byRider![0], inRoom![1], onMap![0]];
  const places = told.map((frame) => Number(frame!.cursor.split("-")[1]));
  expect(places).toEqual(places.map((_, i) => places[0]! + i));
  await world.made(world.step(order, "cancelled", staff));
  for (const socket of [room, driver, rider, map]) await socket.close();
});

test("7: new orders, assignment and arrival are told once to those whom they concern", async () => {
  const map = await world.map();
  const [ali, rider] = [await world.driverSocket(world.ali), await world.passengerSocket()];
  const order = await world.order();
  const [created, ...none] = await map.settle();
  expect(created).toMatchObject({
    type: "order_created",
    data: { id: order, status: "submitted", driver: null },
  });
  expect(none).toEqual([]);
  expect(typesOf(await rider.settle())).toEqual(["order_update"]);
  const room = await world.orderSocket(order);
  const answer = await world.made(world.assign(order, { driver_id: world.ali.id }));
  expect(answer).toMatchObject({
    success: true,
    driver_id: String(world.ali.id),
    order: { id: order, status: "assigned" },
  });
  expect(typesOf(await ali.settle())).toEqual(["new_order", "order_update"]);
  const assigned = await room.settle();
  const lasting = assigned.filter(({ cursor }) => cursor !== undefined);
  expect(typesOf(lasting)).toEqual(["order_update", "order_status_changed", "driver_assigned"]);
  expect(lasting[2]!.data).toEqual({
    order_id: order,
    driver: { id: String(world.ali.id), name: "Ali", car_model: "Lada Vesta", plate_number: "Ali 01" },
  });
  await rider.settle();
  await world.steps(order, "driver_en_route", "arrived_waiting");
  expect(typesOf(await rider.settle())).toEqual(["order_update", "order_update", "driver_arrived"]);
  expect(typesOf(await ali.settle())).toEqual(["order_update", "order_update"]);
  expect(typesOf(await room.settle()).filter((type) => type === "driver_assigned")).toEqual([]);
  await world.steps(order, "cancelled");
  for (const socket of [map, ali, rider, room]) await socket.close();
});

describe("8: drivers on the map", () => {
  test("a position is one event with the driver's id as a text, throttled", async () => {
    const driver = await world.addDriver("Omid");
    const map = await world.map();
    expect((await world.locate(driver, center)).status).toBe(200);
    const first = await map.next();
    expect(first).toEqual({
      type: "driver_location_update",
      data: {
        driver_id: String(driver.id),
        ...center,
        timestamp: expect.stringMatching(/Z$/),
        name: "Omid",
        car_model: "Lada Vesta",
        is_online: false,
        signal: "live",
        age_ms: expect.any(Number),
        speed: null,
        heading: null,
      },
    });
    // Three at once, ten metres and more apart: one event, with the last.
    for (const metres of [100, 200, 300]) await world.made(world.locate(driver, north(center, metres)));
    const next = await map.next();
    expect(next.data).toMatchObject({ driver_id: String(driver.id), ...north(center, 300) });
    expect(await map.settle()).toEqual([]);
    await map.close();
  });

  test("coming and going is one driver_status_update, and none where nothing changes", async () => {
    const map = await world.map();
    const driver = world.vera;
    const online = (is_online: boolean) =>
      world.made(world.patch(`/api/drivers/${driver.id}/online-status/`, { is_online }, driver.token));
    await online(true);
    await online(true);
    const data = { driver_id: String(driver.id), is_online: true, name: "Vera", car_model: "Lada Vesta" };
    const told = await map.settle();
    expect(told).toMatchObject([{ type: "driver_status_update", data }]);
    await online(false);
    expect(await map.settle()).toMatchObject([{ data: { is_online: false, status: "offline" } }]);
    const { dispatch } = world.app.app;
    await Promise.all([dispatch.online(driver.id, true), dispatch.online(driver.id, false)]);
    expect((await map.settle()).map(({ data }) => data.is_online)).toEqual([true, false]);
    await map.close();
  });
});

test("9: an order that has ended leaves the map with an order_update", async () => {
  const order = await world.assigned();
  const map = await world.map();
  const shown = async () =>
    (await world.get("/api/dispatch/map-data/")).orders.map(({ id }: { id: string }) => id);
  expect(await shown()).toContain(order);
  await world.steps(order, "driver_en_route", "arrived_waiting", "ride_ongoing", "completed");
  const updates = (await map.settle()).filter(({ type }) => type === "order_update");
  expect(updates.map(({ data }) => data.status).at(-1)).toBe("completed");
  expect(updates.at(-1)!.data).toMatchObject({
    final_price: expect.any(String),
    completed_at: expect.any(String),
  });
  expect(await shown()).not.toContain(order);
  const second = await world.order();
  await world.steps(second, "rejected");
  expect((await map.settle()).at(-1)).toMatchObject({ type: "order_update", data: { status: "rejected" } });
  await map.close();
});

describe("10: tokens that end", () => {
  const email = "dispatcher@example.com";
  const login = (password = "correct horse") => world.app.post("/api/auth/email-login/", { email, password });

  test("email-login, refresh at both addresses, and an expired, refresh or foreign token is 4001", async () => {
    await world.app.user("staff", email);
    const answer = await world.made(login());
    expect(answer).toEqual({
      access: expect.any(String),
      refresh: expect.any(String),
      user: { id: expect.any(Number), username: expect.any(String), email, phone: "", role: "dispatcher" },
      role: "dispatcher",
    });
    const map = await world.map("", answer.access);
    await map.close();
    const { refresh } = answer;
    for (const path of ["/api/auth/refresh/", "/api/auth/token/refresh/", "/api/auth/refresh"]) {
      const renewed = await world.made(world.app.post(path, { refresh }));
      expect(renewed).toEqual({ access: expect.any(String), refresh: expect.any(String) });
      await (await world.map("", renewed.access)).close();
    }
    const key = new TextEncoder().encode(jwtSecret(world.app.app.config));
    const now = Math.floor(Date.now() / 1000);
    const forged = (claims: object, exp: number) =>
      new SignJWT({ user_id: 1, sid: "s", token_type: "access", ...claims })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer("peyk")
        .setSubject("1")
        .setIssuedAt(now - 100)
        .setExpirationTime(exp)
        .sign(key);
    const expired = await forged({}, now - 10);
    const refreshing = await forged({ token_type: "refresh" }, now + 1000);
    for (const token of [expired, refreshing, refresh])
      expect(await refusal(world.socket("dispatch-map", token))).toMatchObject({ code: 4001 });
    expect((await refusal(world.socket("dispatch-map", expired))).reason).toContain("expired");
  });

  test("wrong words are 401, one who is no staff is 403, both with `error`", async () => {
    const wrong = await login("wrong horse");
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toEqual({ error: expect.any(String) });
    const rider = await world.app.user("passenger");
    const refused = await world.app.post("/api/auth/email-login/", {
      email: rider.email,
      password: "correct horse",
    });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ error: expect.any(String) });
    const unknown = await world.app.post("/api/auth/refresh/", { refresh: "nobody's" });
    expect(unknown.status).toBe(401);
  });

  test("logout ends the session, and its sockets with 4001", async () => {
    const { access, refresh } = await world.made(login());
    const map = await world.map("", access);
    expect((await world.post("/api/auth/logout/", { refresh }, access)).ok).toBe(true);
    expect(await map.closed).toMatchObject({ code: 4001 });
    expect((await world.app.post("/api/auth/token/refresh/", { refresh })).status).toBe(401);
  });
});

test("11: the passenger's room hears of all of his orders, and of nobody else's", async () => {
  const room = await world.passengerSocket();
  const staff = await world.passengerSocket(world.passenger, world.staff);
  const other = await world.passengerSocket(world.stranger);
  const order = await world.order();
  await world.made(world.step(order, "cancelled", world.passenger.token));
  for (const socket of [room, staff]) {
    const told = await socket.settle();
    expect(told.map(({ type, data }) => [type, data.id, data.status])).toEqual([
      ["order_update", order, "submitted"],
      ["order_update", order, "cancelled"],
    ]);
    await socket.close();
  }
  expect(await other.settle()).toEqual([]);
  await other.close();
});
