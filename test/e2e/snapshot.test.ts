import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import { z } from "zod";
import { defineChannel } from "../../src/core/channel.ts";
import type { JournalTables } from "../../src/core/journal-tables.ts";
import { TestApp } from "../kit/app.ts";
import { outgoing, say } from "../kit/room.ts";

/** Shows what was said so far, read slowly and in two parts: a state that moves meanwhile would show. */
const boardChannel = defineChannel({
  name: "board",
  path: "/ws/board/",
  summary: "Everything said in room 1, then what is said live",
  auth: ["anonymous"],
  incoming: { ping: z.object({}) },
  outgoing,
  async open(connection) {
    connection.follow("room:1");
    await Bun.sleep(20);
  },
  async snapshot(connection, db: Kysely<JournalTables>) {
    const read = (odd: number) =>
      db
        .selectFrom("journal")
        .select(["seq", "frame"])
        .where((eb) => eb(eb("seq", "%", 2), "=", odd))
        .execute();
    const first = await read(0);
    await Bun.sleep(40);
    const rows = [...first, ...(await read(1))].sort((a, b) => a.seq - b.seq);
    const heard = rows.map(({ frame }) => JSON.parse(frame).text);
    connection.send("state", { heard, cursor: connection.cursor });
  },
  handle: { ping: (connection) => connection.send("pong", {}) },
});

test.each(["/ws/board/", "/ws/board/?since="])(
  "%s: state and live events fit together, nothing twice, nothing missing",
  async (path) => {
    await using app = await TestApp.start({ channels: () => [boardChannel] });
    const { core } = app.app;
    let said = 0;
    let talking = true;
    const talk = (async () => {
      while (talking) {
        await say(core, "1", `${said++}`);
        await Bun.sleep(1);
      }
    })();
    const clients = [];
    for (let i = 0; i < 10; i++) {
      clients.push(await app.connect(path));
      await Bun.sleep(7);
    }
    await Bun.sleep(150);
    talking = false;
    await talk;
    const wanted = Array.from({ length: said }, (_, i) => `${i}`);
    for (const client of clients) {
      const frames = await client.settle();
      const state = frames.find(({ type }) => type === "state")!;
      expect(frames.filter(({ type }) => type === "state")).toHaveLength(1);
      if (path.includes("since")) expect(frames[0]).toMatchObject({ type: "catch_up", recovered: false });
      const live = frames.flatMap(({ type, text }) => (type === "said" ? [text] : []));
      expect([...state.heard, ...live]).toEqual(wanted);
      expect(live.length).toBeGreaterThan(0);
      expect(core.journal.place(state.cursor)).toBe(state.heard.length);
    }
  },
);

test("a client that could be caught up gets no snapshot", async () => {
  await using app = await TestApp.start({ channels: () => [boardChannel] });
  const cursor = await say(app.app.core, "1", "seen");
  await say(app.app.core, "1", "missed");
  const client = await app.connect(`/ws/board/?since=${cursor}`);
  const frames = await client.settle();
  expect(frames.map(({ type }) => type)).toEqual(["catch_up", "said"]);
});
