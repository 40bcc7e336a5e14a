import { expect, test } from "bun:test";
import { TestApp } from "../kit/app.ts";
import { roomChannel } from "../kit/room.ts";

const start = (flags: Record<string, unknown>) =>
  TestApp.start({ flags, channels: (core) => [roomChannel(core)] });

test("MESSAGE_RATE and MESSAGE_BURST: over it an error, far over it a close", async () => {
  await using app = await start({ "message-rate": "1", "message-burst": "5" });
  const client = await app.connect("/ws/test/");
  await client.next();
  for (let i = 0; i < 6; i++) client.send({ type: "ping" });
  for (let i = 0; i < 5; i++) expect((await client.next()).type).toBe("pong");
  expect(await client.next()).toMatchObject({ type: "error", error: "too_many_messages", retry: "later" });
  for (let i = 0; i < 120; i++) client.send({ type: "ping" });
  expect(await client.closed).toMatchObject({ code: 4101, reason: "too many messages in a short time" });
});

test("a message's own rate is told by its name, and other messages pass", async () => {
  await using app = await start({});
  const { token } = await app.user();
  const client = await app.connect(`/ws/rooms/1/?token=${token}`);
  for (let at = 0; at < 4; at++) client.send({ type: "move", driver: "d", at });
  const frames = await client.settle();
  expect(frames.filter(({ error }) => error === "too_many_messages")).toMatchObject([
    { in_reply_to: "move" },
  ]);
});

test("MAX_MESSAGE_BYTES", async () => {
  await using app = await start({ "max-message-bytes": "2000" });
  const client = await app.connect("/ws/test/");
  await client.next();
  client.send({ type: "echo", data: "x".repeat(1900) });
  expect((await client.next()).type).toBe("echo_response");
  client.send({ type: "echo", data: "x".repeat(2000) });
  expect((await client.closed).code).toBe(1009);
});

test("MAX_MESSAGE_DEPTH", async () => {
  await using app = await start({ "max-message-depth": "4" });
  const client = await app.connect("/ws/test/");
  await client.next();
  client.send('{"type":"echo","data":[[[1]]]}');
  expect((await client.next()).type).toBe("echo_response");
  client.send('{"type":"echo","data":[[[[1]]]]}');
  expect(await client.next()).toMatchObject({ error: "bad_message" });
});

test("MAX_BYTES_BEFORE_AUTH", async () => {
  await using app = await start({ "max-bytes-before-auth": "600" });
  const client = await app.connect("/ws/rooms/1/");
  client.send({ type: "auth", token: "x".repeat(700) });
  expect(await client.next()).toMatchObject({ error: "message_too_big" });
  expect((await client.closed).code).toBe(1009);
});

test("MAX_CONNECTIONS", async () => {
  await using app = await start({ "max-connections": "2" });
  const first = await app.connect("/ws/test/");
  const second = await app.connect("/ws/test/");
  await Promise.all([first.next(), second.next()]);
  const third = await app.connect("/ws/test/");
  expect(await third.next()).toMatchObject({ error: "server_full", retry: "later" });
  expect((await third.closed).code).toBe(4105);
  await first.close();
  await app.event("connection.closed", ({ fault }) => fault === undefined);
  expect((await (await app.connect("/ws/test/")).next()).type).toBe("test_message");
});

test("MAX_CONNECTIONS_PER_USER", async () => {
  await using app = await start({ "max-connections-per-user": "2" });
  const { token } = await app.user();
  for (const name of ["a", "b"])
    expect((await (await app.connect(`/ws/${name}?token=${token}`)).next()).type).toBe("connected");
  const third = await app.connect(`/ws/c?token=${token}`);
  expect(await third.next()).toMatchObject({ error: "too_many_connections" });
  expect((await third.closed).code).toBe(4102);
});

const behindProxy = (address: string) => ({ "X-Forwarded-For": address });

test("MAX_CONNECTIONS_PER_ADDRESS counts the client's address behind a trusted proxy", async () => {
  await using app = await start({ "max-connections-per-address": "1", "trust-proxy": "127.0.0.1" });
  const first = await app.connect("/ws/test/", behindProxy("192.0.2.7"));
  expect((await first.next()).type).toBe("test_message");
  const second = await app.connect("/ws/test/", behindProxy("1.1.1.1, 192.0.2.7"));
  expect(await second.next()).toMatchObject({
    error: "too_many_connections",
    message: "too many open connections from 192.0.2.7",
  });
  const other = await app.connect("/ws/test/", behindProxy("192.0.2.8"));
  expect((await other.next()).type).toBe("test_message");
});

test("a forwarding header of somebody who is no trusted proxy is not believed", async () => {
  await using app = await start({ "max-connections-per-address": "1" });
  const client = await app.connect("/ws/test/", behindProxy("192.0.2.7"));
  await client.next();
  expect(await app.event("connection.opened")).toMatchObject({ peer: "127.0.0.1" });
});

test("CONNECT_RATE and CONNECT_RATE_PER_ADDRESS", async () => {
  await using app = await start({ "connect-rate-per-address": "3", "trust-proxy": "127.0.0.1" });
  const clients = await Promise.all(
    Array.from({ length: 10 }, () => app.connect("/ws/test/", behindProxy("192.0.2.9"))),
  );
  const first = await Promise.all(clients.map((client) => client.next()));
  expect(first.filter(({ error }) => error === "connecting_too_fast").length).toBeGreaterThan(0);
  await using tight = await start({ "connect-rate": "3" });
  const more = await Promise.all(Array.from({ length: 10 }, () => tight.connect("/ws/test/")));
  const answers = await Promise.all(more.map((client) => client.next()));
  expect(answers.some(({ error }) => error === "connecting_too_fast")).toBe(true);
});

test("ALLOWED_ORIGINS holds for browsers, and not for devices", async () => {
  await using app = await start({ "allowed-origins": "https://shop.example" });
  const browser = (origin: string) =>
    app.connect("/ws/test/", { Origin: origin, "User-Agent": "Mozilla/5.0 (X11)" });
  expect((await (await browser("https://shop.example")).next()).type).toBe("test_message");
  for (const origin of [
    "https://evil.example",
    "https://shop.example.evil.example",
    "null",
    "http://shop.example",
  ]) {
    const client = await browser(origin);
    expect(await client.next()).toMatchObject({ error: "origin_refused" });
    expect((await client.closed).code).toBe(4003);
  }
  const device = await app.connect("/ws/test/", {
    Origin: "file://",
    "User-Agent": "arduino-WebSocket-Client",
  });
  expect((await device.next()).type).toBe("test_message");
});
