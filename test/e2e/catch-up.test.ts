import { describe, expect, test } from "bun:test";
import { TestApp } from "../kit/app.ts";
import type { Received, TestClient } from "../kit/client.ts";
import { outgoing, roomChannel, say } from "../kit/room.ts";
import { tempDir } from "../kit/temp.ts";

const start = (flags: Record<string, unknown> = {}, dataDir?: string) =>
  TestApp.start({
    flags,
    channels: (core) => [roomChannel(core)],
    ...(dataDir === undefined ? {} : { dataDir }),
  });

const texts = (frames: readonly Received[]): string[] =>
  frames.flatMap(({ text }) => (text === undefined ? [] : [text]));

async function enter(app: TestApp, token: string, since?: string): Promise<TestClient> {
  const query = since === undefined ? "" : `&since=${encodeURIComponent(since)}`;
  return app.connect(`/ws/rooms/1/?token=${token}${query}`);
}

describe("?since=", () => {
  test("brings exactly what was missed, in order, then what is live", async () => {
    await using app = await start();
    const { core } = app.app;
    const { token } = await app.user();
    const cursor = await say(core, "1", "before");
    for (const text of ["a", "b"]) await say(core, "1", text);
    await say(core, "2", "elsewhere");
    await say(core, "1", "c");
    const client = await enter(app, token, cursor);
    // What is said before the past has been counted is part of it: so it is said after that.
    expect(await client.next()).toMatchObject({ type: "catch_up", recovered: true, events: 3 });
    await say(core, "1", "live");
    expect(texts(await client.settle())).toEqual(["a", "b", "c", "live"]);
  });

  test("with nothing missed answers at once, with a cursor to go on from", async () => {
    await using app = await start();
    const { token } = await app.user();
    const cursor = await say(app.app.core, "1", "seen");
    await say(app.app.core, "2", "elsewhere");
    const client = await enter(app, token, cursor);
    const answer = await client.next();
    expect(answer).toMatchObject({ recovered: true, events: 0 });
    await say(app.app.core, "1", "later");
    expect(texts(await client.settle())).toEqual(["later"]);
    const again = await enter(app, token, answer.cursor);
    await again.next("catch_up");
    expect(texts(await again.settle())).toEqual(["later"]);
  });

  test.each(["", "junk", "otherdb1-3", "x-y-z", "-1"])("says when it cannot recover: %p", async (since) => {
    await using app = await start();
    const { token } = await app.user();
    await say(app.app.core, "1", "old");
    const client = await enter(app, token, since);
    const answer = await client.next();
    expect(answer).toMatchObject({ type: "catch_up", recovered: false, events: 0 });
    await say(app.app.core, "1", "new");
    expect(texts(await client.settle())).toEqual(["new"]);
    const again = await enter(app, token, answer.cursor);
    expect(await again.next()).toMatchObject({ recovered: true, events: 1 });
  });

  test("a cursor of the future is not believed", async () => {
    await using app = await start();
    const { token } = await app.user();
    const [epoch] = (await say(app.app.core, "1", "x")).split("-");
    expect(await (await enter(app, token, `${epoch}-99`)).next()).toMatchObject({ recovered: false });
  });

  test("more than may be caught up is answered with a new start", async () => {
    await using app = await start({ "catch-up-max-events": "3" });
    const { token } = await app.user();
    const cursor = await say(app.app.core, "1", "0");
    for (const text of ["1", "2", "3"]) await say(app.app.core, "1", text);
    expect(await (await enter(app, token, cursor)).next()).toMatchObject({ recovered: true, events: 3 });
    await say(app.app.core, "1", "4");
    expect(await (await enter(app, token, cursor)).next()).toMatchObject({ recovered: false });
  });

  test("what was pruned is said, never skipped", async () => {
    await using app = await start();
    const { core } = app.app;
    const { token } = await app.user();
    const cursor = await say(core, "1", "first");
    const { draft } = core.hub.publisher(outgoing);
    const event = draft("room:1", "said", { text: "filler", who: "" });
    await core.journal.commit({ events: Array.from({ length: 2500 }, () => event) });
    expect(await core.journal.prune({ maxAge: 60_000, maxEvents: 1000 })).toBe(1000);
    expect(await core.journal.position()).toEqual({ head: 2501, floor: 1000 });
    expect(await (await enter(app, token, cursor)).next()).toMatchObject({ recovered: false });
    const { journal } = core;
    const kept = await enter(app, token, journal.cursor(1000));
    expect(await kept.next()).toMatchObject({ recovered: true, events: 1501 });
    expect(texts(await kept.settle())).toHaveLength(1501);
  });

  test("what is older than it must be kept is pruned, in whole steps", async () => {
    await using app = await start();
    const { core } = app.app;
    const event = core.hub.publisher(outgoing).draft("room:1", "said", { text: "x", who: "" });
    await core.journal.commit({ events: Array.from({ length: 2500 }, () => event) });
    const prune = (maxAge: number) => core.journal.prune({ maxAge, maxEvents: 1_000_000 });
    expect(await prune(60_000)).toBe(0);
    // Everything is older than an age that ends in the future.
    expect(await prune(-1_000)).toBe(2000);
    expect(await core.journal.position()).toEqual({ head: 2500, floor: 2000 });
    expect(app.events).toContainEqual({ name: "journal.pruned", events: 2000, floor: 2000 });
  });

  test("nothing is lost or doubled while others keep talking", async () => {
    await using app = await start();
    const { core } = app.app;
    const { token } = await app.user();
    const cursor = await say(core, "1", "start");
    let talking = true;
    let said = 0;
    const talk = (async () => {
      while (talking) {
        await Promise.all([say(core, "1", `${++said}`), say(core, "1", `${++said}`)]);
        await Bun.sleep(0);
      }
    })();
    const clients: TestClient[] = [];
    for (let i = 0; i < 20; i++) clients.push(await enter(app, token, cursor));
    talking = false;
    await talk;
    const wanted = Array.from({ length: said }, (_, i) => `${i + 1}`);
    for (const client of clients) {
      expect(await client.next()).toMatchObject({ recovered: true });
      expect(texts(await client.settle())).toEqual(wanted);
    }
  });
});

describe("resume", () => {
  test("brings what was missed before the connection began", async () => {
    await using app = await start();
    const { core } = app.app;
    const { token } = await app.user();
    const cursor = await say(core, "1", "seen");
    await say(core, "1", "missed");
    const client = await enter(app, token);
    client.send({ type: "resume", since: cursor });
    expect(await client.next()).toMatchObject({ type: "catch_up", recovered: true, events: 1 });
    await say(core, "1", "live");
    expect(texts(await client.settle())).toEqual(["missed", "live"]);
  });

  test("does not send again what came live meanwhile", async () => {
    await using app = await start();
    const { core } = app.app;
    const { token } = await app.user();
    const cursor = await say(core, "1", "missed is after this");
    await say(core, "1", "missed");
    const client = await enter(app, token);
    await client.settle();
    await say(core, "1", "live");
    client.send({ type: "resume", since: cursor });
    const frames = await client.settle();
    expect(texts(frames).sort()).toEqual(["live", "missed"]);
  });

  test("works once, and needs a cursor", async () => {
    await using app = await start();
    const { token } = await app.user();
    const client = await enter(app, token, "");
    await client.next("catch_up");
    client.send({ type: "resume", since: "x-1" });
    expect(await client.next()).toMatchObject({ error: "bad_message", in_reply_to: "resume" });
    const other = await enter(app, token);
    other.send({ type: "resume" });
    expect(await other.next()).toMatchObject({ error: "bad_message" });
  });
});

test("a restart loses nothing: the same cursor goes on", async () => {
  using dir = tempDir();
  const first = await start({}, dir.path);
  const { token } = await first.user();
  const cursor = await say(first.app.core, "1", "before");
  await say(first.app.core, "1", "missed");
  await first[Symbol.asyncDispose]();
  await using second = await start({}, dir.path);
  const client = await enter(second, token, cursor);
  expect(await client.next()).toMatchObject({ recovered: true, events: 1 });
  expect(texts(await client.settle())).toEqual(["missed"]);
});

test("what another process writes is told too, in its place", async () => {
  using dir = tempDir();
  await using one = await start({}, dir.path);
  await using two = await start({}, dir.path);
  const { token } = await one.user();
  const client = await enter(one, token);
  await client.settle();
  await say(two.app.core, "1", "from the other process");
  await say(one.app.core, "1", "from this one");
  expect(texts([await client.next(), await client.next()])).toEqual([
    "from the other process",
    "from this one",
  ]);
  await say(two.app.core, "1", "seen by the poll");
  expect(await client.next()).toMatchObject({ text: "seen by the poll" });
  expect(one.events.some(({ name }) => name === "journal.gap")).toBe(true);
});

test("the greeting's cursor is the client's own until it has caught up", async () => {
  await using app = await start();
  const { token } = await app.user();
  const { token: staff } = await app.user("staff");
  const first = await app.connect(`/ws/phone?token=${token}`);
  const { cursor } = await first.next("connected");
  await first.close();
  await app.post("/api/clients/send", { to: { all: true }, data: "missed" }, staff);
  const second = await app.connect(`/ws/phone?token=${token}&since=${cursor}`);
  expect((await second.next("connected")).cursor).toBe(cursor);
});
