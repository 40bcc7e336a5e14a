import { describe, expect, test } from "bun:test";
import { TestApp } from "../kit/app.ts";

describe("generic clients (seed 003)", () => {
  test("an anonymous client is greeted and hello is answered", async () => {
    await using app = await TestApp.start();
    const client = await app.connect("/ws/1732150000000");
    expect(await client.next()).toMatchObject({
      type: "connected",
      client_id: "1732150000000",
      authenticated: false,
      user_id: null,
    });
    client.send({ type: "hello", message: "Привет, сервер!" });
    expect(await client.next()).toEqual({
      type: "hello",
      message: "Привет, сервер!",
      client_id: "1732150000000",
      user_id: null,
    });
    client.socket.close(1000);
    expect(await client.closed).toEqual({ code: 1000, reason: "", wasClean: true });
  });

  test("a token makes it an authenticated client, in the query and in the header", async () => {
    await using app = await TestApp.start();
    const { id, token } = await app.user();
    const byQuery = await app.connect(`/ws/a?token=${token}`);
    expect(await byQuery.next()).toMatchObject({ authenticated: true, user_id: id });
    const byHeader = await app.connect("/ws/b", { Authorization: `Bearer ${token}` });
    expect(await byHeader.next()).toMatchObject({ authenticated: true, user_id: id });
    byHeader.send({ type: "hello", message: "salaam" });
    expect(await byHeader.next()).toMatchObject({ type: "hello", user_id: id });
  });

  test("a bad token is anonymous, and the greeting says why", async () => {
    await using app = await TestApp.start();
    const client = await app.connect("/ws/a?token=rubbish");
    expect(await client.next()).toMatchObject({
      authenticated: false,
      user_id: null,
      reason: "this is no readable token",
    });
    expect(await client.settle()).toEqual([]);
  });

  test.each(["12345.678901", "a.b.c", "%D0%B9%20x", "%2Fslash", "خاله"])("client id %s", async (id) => {
    await using app = await TestApp.start();
    const client = await app.connect(`/ws/${id}`);
    expect((await client.next()).client_id).toBe(decodeURIComponent(id));
  });

  test("a path that is not percent-encoded UTF-8 is refused with a readable close", async () => {
    await using app = await TestApp.start();
    const client = await app.connect("/ws/%ff");
    expect(await client.next()).toMatchObject({ type: "error", error: "bad_request" });
    expect((await client.closed).code).toBe(4005);
  });

  test("the map of users and clients follows connects and disconnects", async () => {
    await using app = await TestApp.start();
    const staff = await app.user("staff");
    const { id, token } = await app.user();
    const phone = await app.connect(`/ws/phone?token=${token}`);
    const laptop = await app.connect(`/ws/laptop?token=${token}`);
    await Promise.all([phone.next(), laptop.next()]);
    const presence = () => app.json(app.fetch(`/api/clients/users/${id}`, { token: staff.token }));
    expect(await presence()).toEqual({ user_id: id, online: true, client_ids: ["phone", "laptop"] });
    await phone.close();
    await app.event("connection.closed");
    expect(await presence()).toEqual({ user_id: id, online: true, client_ids: ["laptop"] });
    await laptop.close();
    await app.event("connection.closed", ({ path }) => path === "/ws/laptop");
    expect(await presence()).toEqual({ user_id: id, online: false, client_ids: [] });
  });

  test("GET /api/clients lists and pages for staff alone", async () => {
    await using app = await TestApp.start();
    const staff = await app.user("staff");
    const user = await app.user();
    for (const name of ["a", "b", "c"]) await (await app.connect(`/ws/${name}`)).next();
    const list = async (query: string, token?: string) =>
      app.fetch(`/api/clients${query}`, token === undefined ? {} : { token });
    const page = await app.json(list("?limit=2&offset=1", staff.token));
    expect(page.count).toBe(3);
    expect(page.clients.map((each: { client_id: string }) => each.client_id)).toEqual(["b", "c"]);
    expect((await list("")).status).toBe(401);
    expect((await list("", user.token)).status).toBe(403);
    expect((await list("?limit=0", staff.token)).status).toBe(422);
  });
});

describe("POST /api/clients/send", () => {
  test("reaches a client, all sockets of a user, and all", async () => {
    await using app = await TestApp.start();
    const { token: staff } = await app.user("staff");
    const { id, token } = await app.user();
    const phone = await app.connect(`/ws/phone?token=${token}`);
    const laptop = await app.connect(`/ws/laptop?token=${token}`);
    const guest = await app.connect("/ws/guest");
    for (const client of [phone, laptop, guest]) await client.next("connected");
    const send = (to: object, data: string) => app.json(app.post("/api/clients/send", { to, data }, staff));

    expect(await send({ client_id: "phone" }, "one")).toMatchObject({ connections: 1 });
    expect(await send({ user_id: id }, "two")).toMatchObject({ connections: 2 });
    expect(await send({ all: true }, "three")).toMatchObject({ connections: 3 });
    expect(await send({ client_id: "guest" }, "four")).toMatchObject({ connections: 1, cursor: null });

    const heard = async (client: typeof phone) => (await client.settle()).map(({ data }) => data);
    expect(await heard(phone)).toEqual(["one", "two", "three"]);
    expect(await heard(laptop)).toEqual(["two", "three"]);
    expect(await heard(guest)).toEqual(["three", "four"]);
  });

  test("keeps what is durable for who is away, and nothing else", async () => {
    await using app = await TestApp.start();
    const { token: staff } = await app.user("staff");
    const { id, token } = await app.user();
    const first = await app.connect(`/ws/phone?token=${token}`);
    const { cursor } = await first.next();
    await first.close();
    for (const [data, durable] of [
      ["kept", true],
      ["gone", false],
      ["kept too", true],
    ] as const)
      await app.post("/api/clients/send", { to: { user_id: id }, data, durable }, staff);
    await app.post("/api/clients/send", { to: { user_id: "another" }, data: "not his" }, staff);

    const again = await app.connect(`/ws/phone?token=${token}&since=${cursor}`);
    await again.next("connected");
    expect(await again.next()).toMatchObject({ type: "catch_up", recovered: true, events: 2 });
    expect((await again.settle()).map(({ data }) => data)).toEqual(["kept", "kept too"]);
  });

  test("what was sent to a user's client does not reach a stranger under the same id", async () => {
    await using app = await TestApp.start();
    const { token: staff } = await app.user("staff");
    const { id, token } = await app.user();
    const owner = await app.connect(`/ws/phone?token=${token}`);
    const { cursor } = await owner.next();
    await owner.close();
    await app.post("/api/clients/send", { to: { client_id: "phone", user_id: id }, data: "secret" }, staff);
    const stranger = await app.connect(`/ws/phone?since=${cursor}`);
    await stranger.next("connected");
    expect(await stranger.next()).toMatchObject({ type: "catch_up", events: 0 });
    expect(await stranger.settle()).toEqual([]);
  });

  test("a client that is not connected and has no user named is not found", async () => {
    await using app = await TestApp.start();
    const { token } = await app.user("staff");
    const answer = await app.post("/api/clients/send", { to: { client_id: "nobody" }, data: 1 }, token);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      fault: "client_unknown",
      hint: expect.stringContaining("user_id"),
    });
  });

  test.each([
    [{}],
    [{ to: {}, data: 1 }],
    [{ to: { all: false }, data: 1 }],
    [{ to: { all: true, user_id: "1" } }],
  ])("refuses %p", async (body) => {
    await using app = await TestApp.start();
    const { token } = await app.user("staff");
    const answer = await app.post("/api/clients/send", body, token);
    expect([answer.status, (await app.json(answer)).fault]).toEqual([422, "bad_body"]);
  });
});

describe("two clients with one id", () => {
  test("an anonymous newcomer is refused", async () => {
    await using app = await TestApp.start();
    const holder = await app.connect("/ws/same");
    await holder.next();
    const newcomer = await app.connect("/ws/same");
    expect(await newcomer.next()).toMatchObject({ type: "error", error: "client_id_taken", retry: "later" });
    expect(await newcomer.closed).toMatchObject({ code: 4009, wasClean: true });
    expect(await holder.settle()).toEqual([]);
  });

  test("an authenticated owner wins over an anonymous holder, and not the reverse", async () => {
    await using app = await TestApp.start();
    const { token } = await app.user();
    const guest = await app.connect("/ws/same");
    await guest.next();
    const owner = await app.connect(`/ws/same?token=${token}`);
    expect(await owner.next()).toMatchObject({ authenticated: true });
    expect(await guest.closed).toMatchObject({ code: 4010 });
    const another = await app.connect("/ws/same");
    expect((await another.closed).code).toBe(4009);
    const stranger = await app.user();
    expect((await (await app.connect(`/ws/same?token=${stranger.token}`)).closed).code).toBe(4009);
    expect(await owner.settle()).toEqual([]);
  });

  test("a user takes his own id from his older connection", async () => {
    await using app = await TestApp.start();
    const { token, id } = await app.user();
    const older = await app.connect(`/ws/same?token=${token}`);
    await older.next();
    const newer = await app.connect(`/ws/same?token=${token}`);
    expect(await newer.next()).toMatchObject({ user_id: id });
    expect(await older.closed).toMatchObject({ code: 4010, reason: "a newer connection took this place" });
    const staff = await app.user("staff");
    const listed = await app.json(app.fetch("/api/clients", { token: staff.token }));
    expect(listed.count).toBe(1);
  });
});

test("Host ws.localhost sends every one-segment path to the generic clients", async () => {
  await using app = await TestApp.start();
  const client = await app.connect("/ws/test/", { Host: "ws.localhost:8000" });
  expect(await client.next()).toMatchObject({ type: "connected", client_id: "test" });
  const elsewhere = await app.connect("/ws/test/");
  expect(await elsewhere.next()).toMatchObject({ type: "test_message" });
});
