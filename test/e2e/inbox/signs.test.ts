import { expect, test } from "bun:test";
import { InboxWorld } from "./kit.ts";

test("reading what was read is answered to the reader, stored nowhere, and told to nobody", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const [ana, staff] = [await world.chat(id), await world.chat(id, world.staff)];
  ana.send({ type: "mark_read" });
  const first = await ana.next("messages_read");
  expect(first).toMatchObject({ user_id: Number(world.ana.id), unread_count: 0, cursor: expect.any(String) });
  await staff.next("messages_read");
  await Promise.all([ana.settle(), staff.settle()]);
  const { head } = world.app.app.core.journal;
  ana.send({ type: "mark_read" });
  const { cursor: _, ...told } = first;
  expect(await ana.next()).toEqual(told as never);
  expect(await staff.settle()).toEqual([]);
  expect((await world.post(`/conversations/${id}/read`, {})).status).toBe(204);
  expect(world.app.app.core.journal.head).toBe(head);
});

test("whoever goes types no more: an agent for the others and the visitor, a visitor for the agents", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const [ana, staff] = [await world.chat(id), await world.chat(id, world.staff)];
  ana.send({ type: "typing", is_typing: true });
  expect(await staff.next("typing_indicator")).toMatchObject({ is_typing: true });
  expect(await visitor.next("typing")).toMatchObject({ is_typing: true });
  ana.socket.terminate();
  expect(await staff.next("typing_indicator")).toMatchObject({
    user_id: Number(world.ana.id),
    is_typing: false,
  });
  expect(await visitor.next("typing")).toMatchObject({ is_typing: false });
  visitor.send({ type: "typing", is_typing: true });
  expect(await staff.next("typing_indicator")).toMatchObject({ is_typing: true });
  visitor.socket.terminate();
  expect(await staff.next("typing_indicator")).toMatchObject({ is_typing: false });
  // Who had stopped by himself is no news.
  const back = await world.chat(id);
  for (const is_typing of [true, false]) {
    back.send({ type: "typing", is_typing });
    expect(await staff.next("typing_indicator")).toMatchObject({ is_typing });
  }
  await back.close();
  await staff.next("user_presence");
  expect(await staff.settle()).toEqual([]);
});

test("seen is what the visitor had on the screen, not what was told since", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const say = async (content: string) => {
    await world.post(`/conversations/${id}/messages`, { content });
    return (await visitor.next("message")).id;
  };
  const [first, second] = [await say("one"), await say("two")];
  const chat = await world.chat(id);
  visitor.send({ type: "seen", message_id: first });
  expect((await chat.next("messages_seen")).message_ids).toEqual([first]);
  visitor.send({ type: "seen" });
  expect((await chat.next("messages_seen")).message_ids).toEqual([second]);
  const { id: other } = await world.conversation();
  const [theirs] = (await world.get(`/conversations/${other}/messages`)).messages;
  visitor.send({ type: "seen", message_id: theirs.id });
  expect(await visitor.next()).toMatchObject({ type: "error", error: "not_found" });
});

test("what an agent notes down for the customer is the customer's everywhere, live and later", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor, token } = await world.conversation("from the site");
  const [chat, list] = [await world.chat(id), await world.list()];
  const said = {
    type: "chat_message",
    content: "he called",
    message_type: "customer",
    client_message_id: "a",
  };
  chat.send(said);
  const echo = await chat.next("chat_message");
  expect(echo).toMatchObject({
    message: { type: "customer", is_answered: true },
    external_send_result: null,
  });
  const live = await visitor.next("message");
  expect(live).toMatchObject({ from: "you", content: "he called", client_message_id: null });
  expect((await list.next("conversation_updated")).conversation_id).toBe(id);
  // His agent has read it: only what came from the site waits.
  expect((await world.get(`/conversations/${id}`)).unread_count).toBe(1);
  chat.send({ type: "mark_read" });
  expect((await chat.next("messages_read")).unread_count).toBe(0);
  const welcome = await (await world.visitor(token)).next();
  const { type: _, ...shown } = live;
  expect(welcome.messages.at(-1)).toEqual(shown);
});
