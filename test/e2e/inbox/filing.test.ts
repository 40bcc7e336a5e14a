import { expect, test } from "bun:test";
import * as repo from "../../../src/features/inbox/repo.ts";
import { InboxWorld } from "./kit.ts";

const parts = (world: InboxWorld) => {
  const { conversations, deps } = world.app.app.inbox;
  const { db } = deps.store;
  return {
    /** As much as a step files when it finds more than it asked for. */
    step: (limit: number) => deps.store.commit({ writes: repo.fileMessages(db, limit) }),
    file: (limit: number) => conversations.file(limit),
    unfiled: () => repo.unfiled(db),
    newest: (conversation: string) => repo.newestSeq(db, conversation),
  };
};

/** Everything that is asked of the messages of a conversation, whatever of it has been filed. */
async function look(world: InboxWorld, id: string) {
  const pages: string[] = [];
  const page = (n: number) => world.get(`/conversations/${id}/messages?page_size=4&page=${n}`);
  const { pagination } = await page(1);
  for (let n = 1; n <= pagination.page_count; n++)
    pages.unshift(...(await page(n)).messages.map(({ content }: { content: string }) => content));
  const { unread_count: unread } = await world.get(`/conversations/${id}`);
  return { pages, count: pagination.count, unread };
}

const say = (world: InboxWorld, id: string, content: string) =>
  world.post(`/conversations/${id}/messages`, { content });

test("a conversation shows the same, whether its messages have been filed, some of them, or none", async () => {
  await using world = await InboxWorld.start();
  const { step, file, unfiled, newest } = parts(world);
  const { id, visitor } = await world.conversation("m0");
  const other = await world.conversation("of another conversation");
  const expected = ["m0"];
  for (let i = 1; i <= 12; i++) {
    await say(world, id, `m${i}`);
    await say(world, other.id, `other ${i}`);
    expected.push(`m${i}`);
  }
  visitor.send({ type: "message", content: "m13" });
  while ((await visitor.next("message")).content !== "m13");
  expected.push("m13");
  const before = { ...(await look(world, id)), newest: await newest(id) };
  expect(before).toMatchObject({ pages: expected, count: 14, unread: 2 });
  expect(await unfiled()).toBe(27);
  for (const left of [26, 20, 11, 1]) {
    await step((await unfiled()) - left);
    expect(await unfiled()).toBe(left);
    expect({ ...(await look(world, id)), newest: await newest(id) }).toEqual(before);
  }
  await file(1);
  expect(await unfiled()).toBe(0);
  expect({ ...(await look(world, id)), newest: await newest(id) }).toEqual(before);
  const chat = await world.chat(id);
  chat.send({ type: "mark_read" });
  expect(await chat.next("messages_read")).toMatchObject({ unread_count: 0 });
  expect((await look(world, id)).unread).toBe(0);
});

test("a step that asks for more than there is leaves no hole for what comes later", async () => {
  await using world = await InboxWorld.start();
  const { step, unfiled } = parts(world);
  const { id } = await world.conversation("m0");
  // Two processes may see the same messages waiting.
  await Promise.all([step(500), step(500)]);
  expect(await unfiled()).toBe(0);
  await say(world, id, "m1");
  expect(await unfiled()).toBe(1);
  expect((await look(world, id)).pages).toEqual(["m0", "m1"]);
  await step(1);
  expect((await look(world, id)).pages).toEqual(["m0", "m1"]);
});

test("filing goes on as long as there is a whole step, and leaves the rest", async () => {
  await using world = await InboxWorld.start();
  const { file, unfiled } = parts(world);
  const { id } = await world.conversation("m0");
  for (let i = 1; i < 11; i++) await say(world, id, `m${i}`);
  await file(4);
  expect(await unfiled()).toBe(3);
});
