import { expect, test } from "bun:test";
import { Fault } from "../../../src/protocol/faults.ts";
import type { Received } from "../../kit/client.ts";
import { type Agent, InboxWorld } from "./kit.ts";

/** A second web inbox, of staff alone. */
async function secondInbox(world: InboxWorld): Promise<string> {
  const { id } = await world.app.json(world.post("/inboxes", { kind: "web", name: "Second" }, world.staff));
  return id;
}

const leave = (world: InboxWorld, inbox: string, agent: Agent) =>
  world.send("DELETE", `/inboxes/${inbox}/members/${agent.id}`, {}, world.staff);

async function write(world: InboxWorld, inbox: string, content: string): Promise<void> {
  const visitor = await world.app.connect(`/ws/widget/${inbox}`);
  visitor.send({ type: "message", content });
  await visitor.next("message");
  await visitor.close();
}

/** The list is open for a moment; the cursor with which its agent comes back. */
async function cursorOf(world: InboxWorld, agent: Agent): Promise<string> {
  const list = await world.app.connect(`/ws/conversations/?token=${agent.token}`);
  const { cursor } = await list.next("conversations_list");
  await list.close();
  return cursor;
}

const contents = ({ conversations }: Received): string[] =>
  conversations.map(({ last_message }: { last_message: { content: string } }) => last_message.content);

test("an agent who was added to an inbox while away gets its conversations when he comes back", async () => {
  await using world = await InboxWorld.start();
  const second = await secondInbox(world);
  await write(world, second, "before he was a member");
  const cursor = await cursorOf(world, world.ana);
  await world.join(second, world.ana);
  const list = await world.list(world.ana, `&since=${cursor}`);
  expect(await list.next()).toMatchObject({ type: "catch_up", recovered: false });
  const shown = await list.next("conversations_list");
  expect(contents(shown)).toEqual(["before he was a member"]);
  await write(world, second, "live");
  expect((await list.next("new_customer_message")).message.content).toBe("live");
  // The snapshot's own cursor is past the change: the next time, events alone do.
  const again = await world.list(world.ana, `&since=${shown.cursor}`);
  expect(await again.next()).toMatchObject({ type: "catch_up", recovered: true, events: 1 });
});

test("an agent who was taken from an inbox while away loses its conversations, and hears nothing of it", async () => {
  await using world = await InboxWorld.start();
  await world.conversation("mine");
  const second = await secondInbox(world);
  await world.join(second, world.ana);
  await write(world, second, "while a member");
  const cursor = await cursorOf(world, world.ana);
  await write(world, second, "missed, and not his any more");
  await leave(world, second, world.ana);
  await write(world, second, "after he left");
  const list = await world.list(world.ana, `&since=${cursor}`);
  const frames = await list.settle();
  expect(frames.map(({ type }) => type)).toEqual(["catch_up", "conversations_list"]);
  expect(frames[0]).toMatchObject({ recovered: false });
  expect(contents(frames[1]!)).toEqual(["mine"]);
  await write(world, second, "live");
  expect(await list.settle()).toEqual([]);
});

test("an inbox that was removed while an agent was away is gone from his list", async () => {
  await using world = await InboxWorld.start();
  await world.conversation("gone");
  const cursor = await cursorOf(world, world.ana);
  await world.send("DELETE", `/inboxes/${world.inbox}`, {}, world.staff);
  const list = await world.list(world.ana, `&since=${cursor}`);
  expect(await list.next()).toMatchObject({ type: "catch_up", recovered: false });
  expect(contents(await list.next("conversations_list"))).toEqual([]);
});

test("another agent's membership is no reason for a snapshot", async () => {
  await using world = await InboxWorld.start();
  await world.conversation("seen");
  const cursor = await cursorOf(world, world.ana);
  await world.join(world.inbox, world.stranger);
  await write(world, world.inbox, "missed");
  const list = await world.list(world.ana, `&since=${cursor}`);
  expect(await list.next()).toMatchObject({ type: "catch_up", recovered: true, events: 1 });
});

test("a membership that ends or begins while a list opens counts", async () => {
  await using world = await InboxWorld.start();
  const second = await secondInbox(world);
  const { access } = world.app.app.inbox;
  const read = access.inboxes.bind(access);
  let isFirst = true;
  // The change comes between reading the memberships and following them.
  access.inboxes = async (user, db) => {
    const found = await read(user, db);
    if (user !== world.ana.id || !isFirst) return found;
    isFirst = false;
    await leave(world, world.inbox, world.ana);
    await world.join(second, world.ana);
    return found;
  };
  const list = await world.app.connect(`/ws/conversations/?token=${world.ana.token}`);
  await list.settle();
  await write(world, world.inbox, "not his any more");
  await write(world, second, "his now");
  const heard = (await list.settle()).filter(({ type }) => type === "new_customer_message");
  expect(heard.map(({ message }) => message.content)).toEqual(["his now"]);
});

test("a list that cannot be shown anew is closed, and holds up no other", async () => {
  await using world = await InboxWorld.start();
  const [lame, well] = [await world.list(world.stranger), await world.list(world.stranger)];
  const { inbox } = world.app.app;
  const show = inbox.showList.bind(inbox);
  let isFirst = true;
  inbox.showList = (connection, filters) => {
    if (!isFirst) return show(connection, filters);
    isFirst = false;
    return Promise.reject(new Fault("unavailable"));
  };
  await world.join(world.inbox, world.stranger);
  await well.next("conversations_list");
  expect((await lame.closed).code).toBe(4106);
});
