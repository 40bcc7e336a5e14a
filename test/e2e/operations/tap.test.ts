import { expect, test } from "bun:test";
import type { TestClient } from "../../kit/client.ts";
import { FakeClock } from "../../kit/clock.ts";
import { RawClient, textFrame } from "../../kit/raw.ts";
import { outgoing } from "../../kit/room.ts";
import { bearer, OperationsWorld } from "./kit.ts";

/** A client at this path, and an operator who watches it. */
async function tapped(world: OperationsWorld, path: string, query = "") {
  const client = await world.app.connect(path);
  if (path.startsWith("/ws/rooms")) await world.app.event("connection.opened");
  else await client.next();
  const id = await world.idOf(path.split("?")[0]!);
  const tap = await world.tap(id, query);
  const started = await tap.next("tap_started");
  return { client, id, tap, started };
}

const seen = async (tap: TestClient, frames: number) => {
  const all = [];
  for (let i = 0; i < frames; i++) all.push(await tap.next("tap_frame"));
  return all;
};

test("a tap shows both directions in their order, with size and type, and hides what people write", async () => {
  await using world = await OperationsWorld.start();
  const { client, id, tap, started } = await tapped(world, "/ws/phone");
  expect(started).toMatchObject({ content: "shape", connection: { id, path: "/ws/phone" } });
  client.send({ type: "hello", message: "I am Ana" });
  client.send({ type: "ping" });
  client.send("no json: my secret");
  client.send(new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2]));
  const frames = await seen(tap, 8);
  expect(frames.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(
    frames.map(({ direction, kind, bytes, message_type, shown }) => [
      ...[direction, kind, bytes, message_type, shown],
    ]),
  ).toEqual([
    ["in", "text", 37, "hello", '{"type":"hello","message":"[8 characters]"}'],
    [
      ...["out", "text", 72, "hello"],
      '{"type":"hello","message":"[8 characters]","client_id":"phone","user_id":null}',
    ],
    ["in", "text", 15, "ping", '{"type":"ping"}'],
    ["out", "text", 15, "pong", '{"type":"pong"}'],
    ["in", "text", 18, null, null],
    ["out", "text", expect.any(Number), "error", expect.stringContaining("Invalid JSON format")],
    ["in", "binary", 6, null, "JPEG"],
    ["out", "text", expect.any(Number), "error", expect.stringContaining("binary_refused")],
  ]);
});

test("texts are shown on request, which is audited, and secrets never", async () => {
  await using world = await OperationsWorld.start();
  const { token } = await world.app.user();
  const { client, id, tap } = await tapped(world, `/ws/rooms/1/?token=${token}`, "?content=full");
  client.send({ type: "whisper", text: `call me, my token is ${token}` });
  client.send({ type: "auth", token });
  client.send({ type: "whisper", text: "second", password: "hunter2", api_key: "k" });
  client.send({ type: "whisper", text: "x".repeat(5_000) });
  const frames = await seen(tap, 8);
  const all = JSON.stringify([...frames, ...tap.waiting, await world.get("/api/audit")]);
  for (const secret of [...token.split("."), "hunter2", '\\"k\\"']) expect(all).not.toContain(secret);
  expect(frames[0]!.shown).toContain("call me, my token is [token]");
  const long = frames.find(({ bytes }) => bytes > 5_000)!;
  expect(long).toMatchObject({ message_type: "whisper", cut: true });
  expect(long.shown).toHaveLength(2_000);
  await tap.close();
  const entries = async () => (await world.get(`/api/audit?target=${id}`)).entries;
  while ((await entries()).length < 2) await Bun.sleep(5);
  expect(await entries()).toMatchObject([
    { what: "tap.end", who: world.staff.id, detail: { frames: expect.any(Number), dropped: 0 } },
    { what: "tap.start", who: world.staff.id, detail: { content: "full", channel: "room" } },
  ]);
});

test("pings, pongs and close frames are shown, and the end is told", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await OperationsWorld.start({ clock });
  using raw = await RawClient.open(world.app.port);
  raw.upgrade("/ws/phone");
  await raw.until("connected");
  const tap = await world.tap(await world.idOf("/ws/phone"));
  await tap.next("tap_started");
  raw.socket.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
  expect(await tap.next("tap_frame")).toMatchObject({ direction: "in", kind: "ping", bytes: 0, shown: null });
  for (let i = 0; i < 20; i++) clock.advance(1_000);
  expect(await tap.next("tap_frame")).toMatchObject({ direction: "out", kind: "ping" });
  raw.socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
  expect(await tap.next("tap_frame")).toMatchObject({ direction: "in", kind: "pong" });
  raw.socket.write(Buffer.from([0x88, 0x85, 0, 0, 0, 0, 0x03, 0xe8, 0x62, 0x79, 0x65]));
  expect(await tap.next("tap_frame")).toMatchObject({
    ...{ direction: "in", kind: "close", shown: "1000 [3 characters]" },
  });
  expect(await tap.next()).toEqual({ type: "tap_ended", code: 1000, reason: "bye", frames: 4, dropped: 0 });
  expect(await tap.closed).toMatchObject({ code: 4012, reason: expect.stringContaining("ended with 1000") });
});

test("a tap tells how we closed the connection, and that it was lost", async () => {
  await using world = await OperationsWorld.start();
  const { id, tap } = await tapped(world, "/ws/phone");
  await world.ask(`/api/connections/${id}?reason=enough`, "DELETE");
  expect(await tap.next("tap_frame")).toMatchObject({
    ...{ direction: "out", kind: "close", shown: "4110 an operator closed this connection: enough" },
  });
  expect(await tap.next()).toMatchObject({ type: "tap_ended", code: 4110 });
  using raw = await RawClient.open(world.app.port);
  raw.upgrade("/ws/other");
  await raw.until("connected");
  const other = await world.tap(await world.idOf("/ws/other"));
  await other.next("tap_started");
  raw.socket.destroy();
  expect(await other.next()).toMatchObject({ type: "tap_ended", code: 1006 });
});

test("two may watch one connection; when both have gone, it is as it was before", async () => {
  await using world = await OperationsWorld.start();
  const { client, id, tap } = await tapped(world, "/ws/phone");
  const second = await world.tap(id);
  expect((await second.next("tap_started")).connection.taps).toBe(1);
  client.send({ type: "ping" });
  for (const each of [tap, second]) expect((await seen(each, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
  await Promise.all([tap.close(), second.close()]);
  const live = world.app.app.core.connections.byId(id)!;
  while (live.taps > 0) await Bun.sleep(2);
  client.send({ type: "hello", message: "still here" });
  expect(await client.next("hello")).toMatchObject({ message: "still here" });
});

test("an operator who reads slowly costs bounded memory, hears what he missed, and slows nobody", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await OperationsWorld.start({ clock });
  const { token } = await world.app.user();
  const client = await world.app.connect(`/ws/rooms/1/?token=${token}`);
  await world.app.event("connection.opened");
  const id = await world.idOf("/ws/rooms/1/");
  using slow = await RawClient.open(world.app.port);
  slow.upgrade(`/ws/tap/${id}?content=full`, bearer(world.staff.token));
  await slow.until("tap_started");
  slow.socket.pause();
  const viewer = await world.idOf("/ws/tap");
  const { core } = world.app.app;
  const { publish } = core.hub.publisher(outgoing);
  let highest = 0;
  const rounds = 15;
  const perRound = 600;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < perRound; i++)
      publish("room:1", "whisper", { text: `${round}:${i} ${"words ".repeat(300)}`, who: "server" });
    for (let i = 0; i < perRound; i++) await client.next("whisper");
    highest = Math.max(highest, core.connections.byId(viewer)!.traffic.waiting.bytes);
    // As much as the rate allows: it is the reader who is slow here.
    clock.advance(2_000);
  }
  expect(highest).toBeGreaterThan(200_000);
  expect(highest).toBeLessThan(300_000);
  slow.socket.resume();
  await slow.until('"type":"tap_dropped"');
  await client.close();
  const text = await slow.until('"type":"tap_ended"');
  const [, frames, dropped] = /"frames":(\d+),"dropped":(\d+)\}/.exec(text.slice(text.indexOf("tap_ended")))!;
  const told = [...text.matchAll(/"tap_dropped","frames":(\d+)/g)].map(([, each]) => Number(each));
  const shown = text.split('"type":"tap_frame"').length - 1;
  expect(told.reduce((sum, each) => sum + each, 0)).toBe(Number(dropped));
  expect(shown + Number(dropped)).toBe(Number(frames));
  expect(Number(frames)).toBeGreaterThanOrEqual(rounds * perRound);
}, 20_000);

test("frames over the rate of a tap are dropped and told, also when nothing follows", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await OperationsWorld.start({ clock });
  const { token } = await world.app.user();
  const { client, tap } = await tapped(world, `/ws/rooms/1/?token=${token}`);
  const { publish } = world.app.app.core.hub.publisher(outgoing);
  for (let i = 0; i < 500; i++) publish("room:1", "whisper", { text: "x", who: "server" });
  for (let i = 0; i < 500; i++) await client.next("whisper");
  clock.advance(1_000);
  expect((await seen(tap, 400)).at(-1)!.seq).toBe(400);
  expect(await tap.next()).toMatchObject({ type: "tap_dropped", frames: 100 });
});

test("MAX_TAPS", async () => {
  await using world = await OperationsWorld.start({ flags: { "max-taps": "1" } });
  const { id, tap } = await tapped(world, "/ws/phone");
  const second = await world.tap(id);
  expect(await world.refusalOf(second)).toMatchObject({
    ...{ fault: "too_many_taps", code: 4111, check: "access" },
    expected: { setting: "MAX_TAPS", value: 1 },
  });
  await tap.close();
  while ((await world.get("/api/connections?channel=tap")).count > 0) await Bun.sleep(5);
  expect((await (await world.tap(id)).next()).type).toBe("tap_started");
});

test("only staff may tap, only what is there, and only in two ways", async () => {
  await using world = await OperationsWorld.start();
  const { id } = await tapped(world, "/ws/phone");
  const { token } = await world.app.user("driver");
  const codeOf = async (client: Promise<TestClient>) => (await (await client).closed).code;
  expect(await codeOf(world.app.connect(`/ws/tap/${id}`, bearer(token)))).toBe(4003);
  expect(await codeOf(world.app.connect(`/ws/tap/${id}?token=abc`))).toBe(4001);
  expect(await codeOf(world.tap("c_nobody"))).toBe(4004);
  expect(await codeOf(world.tap(id, "?content=everything"))).toBe(4005);
  const entries = (await world.get("/api/audit")).entries;
  expect(entries.map(({ what }: { what: string }) => what)).toEqual(["tap.start"]);
});

test("a tap ends when its operator is staff no more, or is disabled", async () => {
  await using world = await OperationsWorld.start();
  const { id } = await tapped(world, "/ws/phone");
  const { accounts } = world.app.app;
  for (const end of [
    (email: string) => accounts.setRole(email, "user"),
    (email: string) => accounts.setActive(email, false),
  ]) {
    const { token, email } = await world.app.user("staff");
    const tap = await world.app.connect(`/ws/tap/${id}`, bearer(token));
    await tap.next("tap_started");
    await end(email);
    expect(await tap.closed).toMatchObject({ code: 4001, reason: "the session was ended" });
  }
});

test("a client's odd words harm neither the tap nor the tapped", async () => {
  await using world = await OperationsWorld.start();
  using raw = await RawClient.open(world.app.port);
  raw.upgrade("/ws/phone");
  await raw.until("connected");
  const tap = await world.tap(await world.idOf("/ws/phone"), "?content=full");
  await tap.next("tap_started");
  for (const text of ["[[[[", '{"type":7}', '{"__proto__":{"type":"x"}}', '"', "\u0000\u001b[2J", "null"])
    raw.socket.write(textFrame(text));
  raw.socket.write(textFrame(`{"type":"${"x".repeat(50_000)}"}`.slice(0, 60_000)));
  raw.socket.write(textFrame('{"type":"ping"}'));
  await raw.until('"pong"');
  while ((await tap.next("tap_frame")).message_type !== "pong");
  expect(world.app.events.some(({ name }) => name === "failure")).toBe(false);
});
