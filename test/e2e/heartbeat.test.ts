import { expect, test } from "bun:test";
import { z } from "zod";
import { defineChannel } from "../../src/core/channel.ts";
import { TestApp } from "../kit/app.ts";
import { FakeClock } from "../kit/clock.ts";
import { RawClient, textFrame } from "../kit/raw.ts";

/** A client that cannot see protocol pings, like the Pico's firmware, is pinged in JSON every 25 s. */
const deviceChannel = defineChannel({
  name: "device",
  path: "/ws/device",
  summary: "A device for tests",
  auth: ["anonymous"],
  jsonPing: ({ userAgent }) => (userAgent.includes("MicroPython") ? 25_000 : 120_000),
  incoming: { pong: z.object({}) },
  outgoing: {},
  handle: { pong: () => {} },
});

async function startWith(clock: FakeClock) {
  const app = await TestApp.start({ clock, channels: () => [deviceChannel] });
  const stop = async () => {
    const stopped = app[Symbol.asyncDispose]();
    clock.advance(1_000);
    await stopped;
  };
  return { app, stop };
}

/** Lets what the server sent arrive, and what arrived be handled. */
const settle = () => Bun.sleep(30);

test("a peer that answers no ping is gone within 60 s of its last sign of life", async () => {
  const clock = new FakeClock();
  const { app, stop } = await startWith(clock);
  // A raw connection answers no protocol ping, unlike every WebSocket library.
  using raw = await RawClient.open(app.port);
  raw.upgrade("/ws/test/");
  await raw.until("test_message");
  const pings = () => raw.received.split("\u0089\u0000").length - 1;
  for (let seconds = 0; seconds < 38; seconds++) clock.advance(1_000);
  await settle();
  expect(pings()).toBeGreaterThan(0);
  expect(app.events.some(({ name }) => name === "connection.closed")).toBe(false);
  for (let seconds = 38; seconds < 60; seconds++) clock.advance(1_000);
  expect(await app.event("connection.closed")).toMatchObject({ fault: "peer_lost", code: 4202 });
  expect(await raw.until("no sign of life")).toContain("no sign of life from the client");
  await stop();
});

test("a client that answers protocol pings stays", async () => {
  const clock = new FakeClock();
  const { app, stop } = await startWith(clock);
  const client = await app.connect("/ws/test/");
  await client.next();
  for (let i = 0; i < 30; i++) {
    clock.advance(10_000);
    await settle();
  }
  expect(await client.settle()).toEqual([]);
  await stop();
});

test("JSON pings go where the channel asks for them, at its interval", async () => {
  const clock = new FakeClock();
  const { app, stop } = await startWith(clock);
  const pico = await app.connect("/ws/device", { "User-Agent": "MicroPython" });
  const other = await app.connect("/ws/device");
  await settle();
  for (let i = 0; i < 25; i++) {
    clock.advance(5_000);
    await settle();
  }
  expect(pico.waiting.filter(({ type }) => type === "ping")).toHaveLength(5);
  expect(other.waiting.filter(({ type }) => type === "ping")).toHaveLength(1);
  await stop();
});

test("any message is a sign of life", async () => {
  const clock = new FakeClock();
  const { app, stop } = await startWith(clock);
  using raw = await RawClient.open(app.port);
  raw.upgrade("/ws/device");
  await raw.until("101 ");
  for (let i = 0; i < 10; i++) {
    raw.socket.write(textFrame('{"type":"pong"}'));
    await settle();
    clock.advance(20_000);
  }
  expect(app.events.some(({ name }) => name === "connection.closed")).toBe(false);
  await stop();
});

test("the holder of a client id who is dead makes room within seconds", async () => {
  const clock = new FakeClock();
  const { app, stop } = await startWith(clock);
  using dead = await RawClient.open(app.port);
  dead.upgrade("/ws/mine");
  await dead.until("connected");
  const refused = await app.connect("/ws/mine");
  expect((await refused.closed).code).toBe(4009);
  for (let seconds = 0; seconds < 7; seconds++) clock.advance(1_000);
  expect(await app.event("connection.closed", ({ fault }) => fault === "peer_lost")).toBeDefined();
  const again = await app.connect("/ws/mine");
  expect(await again.next()).toMatchObject({ type: "connected", client_id: "mine" });
  await stop();
});
