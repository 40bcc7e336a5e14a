import { expect, test } from "bun:test";
import { defineChannel } from "../../src/core/channel.ts";
import { Fault } from "../../src/protocol/faults.ts";
import { TestApp } from "../kit/app.ts";
import { RawClient, textFrame } from "../kit/raw.ts";
import { roomChannel } from "../kit/room.ts";
import { holds } from "../kit/until.ts";

const start = (flags: Record<string, unknown> = {}) =>
  TestApp.start({ flags, channels: (core) => [roomChannel(core)] });

test("who has no token and sends none in time is refused with error and 4001", async () => {
  await using app = await start({ "auth-timeout": "1" });
  const client = await app.connect("/ws/rooms/1/");
  expect(await client.next()).toMatchObject({ type: "error", error: "auth_timeout", retry: "new_token" });
  expect((await client.closed).code).toBe(4001);
});

test("the first message may bring the token", async () => {
  await using app = await start();
  const { token, id } = await app.user();
  const client = await app.connect("/ws/rooms/1/");
  client.send({ type: "auth", token });
  client.send({ type: "whisper", text: "here" });
  expect(await client.next()).toMatchObject({ type: "whisper", who: id });
});

test.each([
  ["another message", { type: "whisper", text: "x" }, "unauthorized"],
  ["a bad token", { type: "auth", token: "x.y.z" }, "bad_token"],
  ["an auth without token", { type: "auth" }, "unauthorized"],
])("%s first is refused, and nothing else is ever sent", async (_, message, error) => {
  await using app = await start();
  const client = await app.connect("/ws/rooms/1/");
  client.send(message);
  client.send({ type: "ping" });
  const refusal = await client.next();
  expect(refusal).toMatchObject({ type: "error", error });
  const { code, reason } = await client.closed;
  expect(code).toBe(4001);
  expect(reason).toContain(`[${refusal.receipt}]`);
  expect(client.waiting).toEqual([]);
});

test("a refusal is logged with its cause under the receipt that the client got", async () => {
  await using app = await start();
  const { token } = await app.user();
  const client = await app.connect("/ws/rooms/closed/", { Authorization: `Bearer ${token}` });
  const { receipt } = await client.next("error");
  expect(await client.closed).toMatchObject({ code: 4003, reason: `this room is closed [${receipt}]` });
  expect(await app.event("connection.refused")).toMatchObject({
    receipt,
    fault: "forbidden",
    token: "header",
    channel: "room",
  });
});

test("the wrong role is refused with the roles that may enter", async () => {
  await using app = await start();
  const { token } = await app.user("driver");
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  expect(await client.next()).toMatchObject({
    error: "forbidden",
    message: "user, staff may enter here, not driver",
  });
  expect((await client.closed).code).toBe(4003);
});

test("an administrator enters where staff may", async () => {
  await using app = await start();
  const { token } = await app.user("admin");
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  expect(await client.settle()).toEqual([]);
});

test("who brings a token may speak at once: what comes while it is looked at waits, and is not lost", async () => {
  await using app = await start();
  const { token, id } = await app.user();
  const raw = await RawClient.open(app.port);
  raw.upgrade(`/ws/rooms/1/?token=${token}`);
  const texts = Array.from({ length: 50 }, (_, i) => `${i} ${"x".repeat(400)}`);
  raw.socket.write(Buffer.concat(texts.map((text) => textFrame(JSON.stringify({ type: "whisper", text })))));
  const received = await raw.until('"text":"49 ');
  expect([...received.matchAll(/"text":"(\d+) /g)].map(([, n]) => Number(n))).toEqual(texts.map((_, i) => i));
  expect(received).toContain(`"who":"${id}"`);
  raw[Symbol.dispose]();
});

test("messages of one connection are handled in order, one at a time", async () => {
  await using app = await start();
  const { token } = await app.user();
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  for (const ms of [30, 1, 10, 1]) client.send({ type: "count", ms });
  client.send({ type: "ping" });
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await client.next());
  expect(answers.map(({ type, n }) => n ?? type)).toEqual([1, 2, 3, 4, "pong"]);
});

test("a slow handler of one connection does not hold up another", async () => {
  await using app = await start();
  const { token } = await app.user();
  const slow = await app.connect(`/ws/rooms/1/?token=${token}`);
  const other = await app.connect(`/ws/rooms/1/?token=${token}`);
  slow.send({ type: "count", ms: 300 });
  expect(await other.settle()).toEqual([]);
  expect(slow.waiting).toEqual([]);
  expect(await slow.next()).toMatchObject({ type: "counted" });
});

test("a fault in a handler is told, an error is hidden behind an incident, and the connection lives", async () => {
  await using app = await start();
  const { token } = await app.user();
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  client.send({ type: "fail", how: "fault", id: 7 });
  expect(await client.next()).toMatchObject({
    error: "conflict",
    message: "somebody was faster",
    in_reply_to: "fail",
    id: 7,
  });
  for (const how of ["error", "async"]) {
    client.send({ type: "fail", how });
    const answer = await client.next();
    expect(answer.error).toBe("internal");
    expect(answer.incident).toMatch(/^i_/);
    expect(JSON.stringify(answer)).not.toContain("secret");
    const logged = await app.event("failure", ({ incident }) => incident === answer.incident);
    expect(String(logged.error)).toContain("secret details");
  }
  expect(await client.settle()).toEqual([]);
});

test("a newer token of the same user prolongs the connection, another user's does not", async () => {
  await using app = await start();
  const { token, email } = await app.user();
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  client.send({ type: "auth", token: await app.app.accounts.issueToken(email, 7200) });
  const { expires_at } = await client.next("authenticated");
  expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(7000 * 1000);
  client.send({ type: "auth", token: (await app.user()).token });
  expect(await client.next()).toMatchObject({ error: "bad_token" });
  expect(await client.settle()).toEqual([]);
});

test("the connection ends when its token does", async () => {
  await using app = await start();
  const { email } = await app.user();
  const token = await app.app.accounts.issueToken(email, 2);
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  expect(await client.closed).toMatchObject({ code: 4001, reason: "the token has expired" });
});

test("presence lists who is in, and forgets who left", async () => {
  await using app = await start();
  const { token, id } = await app.user();
  const one = await app.connect(`/ws/rooms/1/?token=${token}`);
  const two = await app.connect(`/ws/rooms/1/?token=${token}`);
  await Promise.all([one.settle(), two.settle()]);
  const { presence } = app.app.core.options;
  expect(await presence.count("room:1")).toEqual({ connections: 2, identities: 1 });
  await one.close();
  await app.event("connection.closed");
  expect((await presence.list("room:1")).map(({ identity }) => identity)).toEqual([id]);
});

test("stopping tells every client to come back", async () => {
  const app = await start();
  const { token } = await app.user();
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  await client.settle();
  await app[Symbol.asyncDispose]();
  expect(await client.closed).toMatchObject({ code: 1012, reason: "the server restarts" });
});

test("a channel's close follows its open, also when that failed or the client left meanwhile", async () => {
  const calls: string[] = [];
  const channel = defineChannel({
    name: "careful",
    path: "/ws/careful/:how/",
    summary: "Takes its time to open",
    auth: ["anonymous"],
    incoming: {},
    outgoing: {},
    async open({ params: { how } }) {
      calls.push(`open ${how}`);
      await Bun.sleep(100);
      if (how === "fails") throw new Fault("forbidden");
      calls.push(`opened ${how}`);
    },
    close: ({ params: { how } }) => void calls.push(`close ${how}`),
    handle: {},
  });
  await using app = await TestApp.start({ channels: () => [channel] });
  const failing = await app.connect("/ws/careful/fails/");
  expect((await failing.closed).code).toBe(4003);
  const leaving = await app.connect("/ws/careful/leaves/");
  await leaving.close();
  await app.event("connection.closed", ({ path }) => path.includes("leaves"));
  expect(calls).toEqual(["open fails", "close fails", "open leaves"]);
  await holds(() => expect(calls.slice(3)).toEqual(["opened leaves", "close leaves"]));
  expect(app.events.some(({ name }) => name === "connection.opened")).toBe(false);
});
