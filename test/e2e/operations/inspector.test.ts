import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { RawClient } from "../../kit/raw.ts";
import { outgoing } from "../../kit/room.ts";
import { until } from "../../kit/until.ts";
import { OperationsWorld } from "./kit.ts";

test("a connection is shown with who it is, how old, how busy and how far away", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await OperationsWorld.start({ clock });
  const { id: user, email, token } = await world.app.user();
  using raw = await RawClient.open(world.app.port);
  raw.upgrade(`/ws/rooms/1/?token=${token}`, { "User-Agent": "MicroPython/1.24" });
  await raw.until("101 ");
  await world.app.event("connection.opened");
  // A raw connection answers no ping: so the test says when the pong comes. Pings leave every quarter of a second.
  while (!raw.received.includes("\u0089")) {
    clock.advance(250);
    await Bun.sleep(2);
  }
  clock.advance(40);
  raw.socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
  const id = await world.idOf("/ws/rooms/1/");
  const view = await until(
    () => world.get(`/api/connections/${id}`),
    ({ round_trip_ms }) => round_trip_ms !== null,
  );
  expect({ ...view }).toMatchObject({
    ...{ id, channel: "room", path: "/ws/rooms/1/", state: "open", peer: "127.0.0.1" },
    identity: { id: user, role: "user", name: email },
    ...{ client: "micropython", user_agent: "MicroPython/1.24", round_trip_ms: 40, last_seen_s: 0 },
    topics: { count: 1, names: ["room:1"] },
    ...{ taps: 0, queue: { messages: 0, bytes: 0 } },
  });
  expect(view.age_s).toBeGreaterThan(9);
  expect(view.last_message_s).toBe(view.age_s);
  expect(JSON.stringify(view)).not.toContain(token);
});

test("messages and bytes are counted in both directions, in UTF-8", async () => {
  await using world = await OperationsWorld.start();
  const client = await world.app.connect("/ws/phone");
  const sent = ['{"type":"ping"}', '{"type":"hello","message":"سلام"}'];
  for (const text of sent) client.send(text);
  const frames = [await client.next("connected"), await client.next("pong"), await client.next("hello")];
  const bytes = (texts: readonly string[]) =>
    texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  expect((await world.get("/api/connections?path=/ws/phone")).connections[0]).toMatchObject({
    received: { messages: 2, bytes: bytes(sent) },
    sent: { messages: 3, bytes: bytes(frames.map((frame) => JSON.stringify(frame))) },
    last_message_s: 0,
  });
});

test("what waits for a slow reader is shown", async () => {
  await using world = await OperationsWorld.start();
  const { token } = await world.app.user();
  using raw = await RawClient.open(world.app.port);
  raw.upgrade(`/ws/rooms/1/?token=${token}`);
  await raw.until("101 ");
  await world.app.event("connection.opened");
  raw.socket.pause();
  const { publish } = world.app.app.core.hub.publisher(outgoing);
  const text = "x".repeat(100_000);
  const isWaiting = async () => {
    publish("room:1", "whisper", { text, who: "server" });
    return world.get("/api/connections?path=/ws/rooms");
  };
  const { connections } = await until(isWaiting, (body) => body.connections[0].queue.bytes > 0);
  expect(connections[0].queue.bytes).toBeGreaterThanOrEqual(100_000);
  expect(connections[0].queue.messages).toBeGreaterThanOrEqual(1);
});

test("connections are listed the oldest first, by channel, identity, peer and path, in pages", async () => {
  await using world = await OperationsWorld.start({ flags: { "trust-proxy": "127.0.0.1" } });
  const { id: user, token } = await world.app.user();
  for (const [path, peer] of [
    [`/ws/a?token=${token}`, "192.0.2.1"],
    ["/ws/b", "192.0.2.2"],
    ["/ws/test/", "192.0.2.1"],
  ] as const) {
    await (await world.app.connect(path, { "X-Forwarded-For": peer })).next();
    await Bun.sleep(2);
  }
  const paths = async (query: string) =>
    (await world.get(`/api/connections${query}`)).connections.map(({ path }: { path: string }) => path);
  expect(await paths("")).toEqual(["/ws/a", "/ws/b", "/ws/test/"]);
  expect(await paths("?limit=1&offset=1")).toEqual(["/ws/b"]);
  expect(await paths("?channel=client")).toEqual(["/ws/a", "/ws/b"]);
  expect(await paths(`?identity=${user}`)).toEqual(["/ws/a"]);
  expect(await paths("?identity=anonymous")).toEqual(["/ws/b", "/ws/test/"]);
  expect(await paths("?peer=192.0.2.1&channel=test")).toEqual(["/ws/test/"]);
  expect(await paths("?path=/ws/t")).toEqual(["/ws/test/"]);
  expect((await world.get("/api/connections?limit=1")).count).toBe(3);
  expect((await world.ask("/api/connections?limit=5000")).status).toBe(422);
  expect((await world.ask("/api/connections/c_nobody")).status).toBe(404);
});

test("the token of a web visitor, which is his name, is not shown", async () => {
  await using world = await OperationsWorld.start();
  const { id } = await world.app.json(
    world.app.post("/api/inboxes", { kind: "web", name: "Site" }, world.staff.token),
  );
  const visitor = await world.app.connect(`/ws/widget/${id}`);
  const { visitor: token } = await visitor.next("welcome");
  const connection = await world.idOf(`/ws/widget/${id}`);
  expect(token).toStartWith("v_");
  expect(JSON.stringify(await world.get("/api/connections"))).not.toContain(token);
  const tap = await world.tap(connection, "?content=full");
  await tap.next("tap_started");
  visitor.send({ type: "message", content: `my token is ${token}`, visitor: token });
  expect(JSON.stringify([await tap.next("tap_frame"), await tap.next("tap_frame")])).not.toContain(token);
});
