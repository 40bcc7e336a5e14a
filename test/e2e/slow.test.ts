import { expect, test } from "bun:test";
import { TestApp } from "../kit/app.ts";
import { RawClient } from "../kit/raw.ts";
import { outgoing, roomChannel, say } from "../kit/room.ts";

const start = (options: Parameters<typeof TestApp.start>[0] = {}) =>
  TestApp.start({ channels: (core) => [roomChannel(core)], ...options });

const big = "x".repeat(50_000);

async function stalledReader(app: TestApp, token: string): Promise<RawClient> {
  const raw = await RawClient.open(app.port);
  raw.upgrade(`/ws/rooms/1/?token=${token}`);
  await raw.until("101 ");
  await app.event("connection.opened");
  raw.socket.pause();
  return raw;
}

test("a slow reader of durable events is closed by name, behind what it has not read, and catches up", async () => {
  await using app = await start({ flags: { "max-outbox-bytes": "200000" } });
  const { core } = app.app;
  const { token } = await app.user();
  const cursor = await say(core, "1", "before");
  using raw = await stalledReader(app, token);
  let said = 0;
  while (!app.events.some(({ name }) => name === "connection.closed") && said < 1000)
    await say(core, "1", `${said++} ${big}`);
  expect(await app.event("connection.closed")).toMatchObject({ fault: "slow_reader", code: 4201 });
  raw.socket.resume();
  expect(await raw.until("the client reads too slowly")).toContain("0 xxx");

  const client = await app.connect(`/ws/rooms/1/?token=${token}&since=${cursor}`);
  expect(await client.next()).toMatchObject({ recovered: true, events: said });
  const numbers = (await client.settle()).map(({ text }) => Number.parseInt(text, 10));
  expect(numbers).toEqual(Array.from({ length: said }, (_, i) => i));
});

test("of positions a slow reader gets the newest of each driver, and stays", async () => {
  await using app = await start({ flags: { "max-outbox-bytes": "200000" } });
  const { publish } = app.app.core.hub.publisher(outgoing);
  const { token } = await app.user();
  using raw = await stalledReader(app, token);
  for (let at = 0; at < 600; at++)
    for (const driver of ["a", "b"]) {
      publish("room:1", "position", { driver, at, pad: big });
      if (at % 10 === 0) await Bun.sleep(0);
    }
  raw.socket.resume();
  const received = await raw.until('"driver":"b","at":599');
  expect(received).toContain('"driver":"a","at":599');
  expect(received.split('"type":"position"').length).toBeLessThan(400);
  expect(app.events.some(({ name }) => name === "connection.closed")).toBe(false);
});

test("1,000 stalled readers cost bounded memory, and others hear everything", async () => {
  await using app = await start({
    flags: { "max-outbox-bytes": "100000", "max-connections-per-user": "2000" },
  });
  const { core } = app.app;
  const { publish } = core.hub.publisher(outgoing);
  const { token } = await app.user();
  const stalled = await Promise.all(Array.from({ length: 1000 }, () => RawClient.open(app.port)));
  for (const raw of stalled) {
    raw.upgrade(`/ws/rooms/1/?token=${token}`);
    await raw.until("101 ");
    raw.socket.pause();
  }
  const reader = await app.connect(`/ws/rooms/1/?token=${token}`);
  await reader.settle();
  const heard: string[] = [];
  reader.socket.addEventListener("message", ({ data }) => heard.push(String(data).slice(0, 60)));
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 300; i++) {
    publish("room:1", "whisper", { text: `${i} ${big}`, who: "" });
    if (i % 3 === 0) await Bun.sleep(1);
  }
  await reader.settle();
  expect(heard.filter((frame) => frame.includes("whisper"))).toHaveLength(300);
  // 300 messages of 50 KB to each of 1,000 readers would be 15 GB. What the kernel takes is not ours to count.
  expect(process.memoryUsage().rss - before).toBeLessThan(1_500_000_000);
  for (const raw of stalled) raw[Symbol.dispose]();
}, 30_000);

test("a commit that takes 50 ms stalls nobody else's socket", async () => {
  await using app = await start({ slowCommit: 50 });
  const { token } = await app.user();
  const writer = await app.connect(`/ws/rooms/1/?token=${token}`);
  const other = await app.connect("/ws/test/");
  await other.next();
  await writer.settle();
  let writing = true;
  const write = (async () => {
    let written = 0;
    for (; writing; written++) {
      writer.send({ type: "say", text: `${written}` });
      await writer.next("said");
    }
    return written;
  })();
  const waits: number[] = [];
  for (let i = 0; i < 200; i++) {
    const sent = performance.now();
    other.send({ type: "ping" });
    await other.next("pong");
    const users = app.app.accounts.list();
    await users;
    waits.push(performance.now() - sent);
    await Bun.sleep(2);
  }
  writing = false;
  expect(await write).toBeGreaterThan(5);
  waits.sort((a, b) => a - b);
  expect(waits[Math.floor(waits.length * 0.98)]!).toBeLessThan(10);
});

test("messages of one moment share a commit, and each is answered only once it is on disk", async () => {
  await using app = await start({ slowCommit: 100 });
  const { core } = app.app;
  const started = performance.now();
  await Promise.all(Array.from({ length: 500 }, (_, i) => say(core, "1", `${i}`)));
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(90);
  expect(took).toBeLessThan(1000);
});
