import { expect, test } from "bun:test";
import type { Received } from "../../kit/client.ts";
import { peyk } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { InboxWorld } from "./kit.ts";

test("of two agents who take one conversation, one gets it and the other is told", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const list = await world.list();
  const take = (agent = world.ana) =>
    world.send("PATCH", `/conversations/${id}`, { assigned_to: agent.id }, agent);
  const { store } = world.app.app;
  const commit = store.commit.bind(store);
  // Both have read the conversation before one of them has it.
  const both = Promise.withResolvers<void>();
  let takers = 0;
  store.commit = async (change) => {
    const takes = change.events?.some(({ type }) => type === "conversation_updated");
    if (takes && ++takers === 2) both.resolve();
    if (takes) await both.promise;
    return commit(change);
  };
  const answers = await Promise.all([take(), take(world.staff)]);
  store.commit = commit;
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const told = await list.next("conversation_updated");
  expect(told.assigned_to).toBe((await world.get(`/conversations/${id}`)).assigned_to);
  const stranger = await world.send("PATCH", `/conversations/${id}`, { assigned_to: world.stranger.id });
  expect(stranger.status).toBe(422);
  expect((await world.send("PATCH", `/conversations/${id}`, { assigned_to: null })).status).toBe(200);
});

test("an inbox may give new conversations to the agent with the least to do who is here", async () => {
  await using world = await InboxWorld.start();
  await world.send("PATCH", `/inboxes/${world.inbox}`, { auto_assign: true }, world.staff);
  const [a, b] = [await world.list(world.ana), await world.list(world.staff)];
  const taken = [];
  for (let n = 0; n < 4; n++) {
    const { id } = await world.conversation();
    taken.push(
      (
        await until(
          () => world.get(`/conversations/${id}`),
          ({ assigned_to }) => assigned_to !== null,
        )
      ).assigned_to,
    );
  }
  expect(taken.filter((agent) => agent === Number(world.ana.id))).toHaveLength(2);
  await Promise.all([a.close(), b.close()]);
});

test("a closed conversation is open again when its customer writes", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const list = await world.list();
  await world.send("PATCH", `/conversations/${id}`, { status: "closed", priority: 3 });
  expect(await list.next()).toMatchObject({
    type: "conversation_updated",
    conversation_id: id,
    status: "closed",
  });
  expect(await world.get(`/conversations/${id}`)).toMatchObject({
    status: "closed",
    is_active: false,
    priority: 3,
  });
  visitor.send({ type: "message", content: "one more thing" });
  await list.next("new_customer_message");
  expect((await world.get(`/conversations/${id}`)).status).toBe("active");
  expect((await world.send("PATCH", `/conversations/${id}`, { status: "open" })).status).toBe(422);
});

test("notes are for agents, tags are found by filters, ready answers are kept", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const chat = await world.chat(id, world.staff);
  expect((await world.post(`/conversations/${id}/notes`, { content: "he is angry" })).status).toBe(201);
  expect((await chat.next("note_added")).note).toMatchObject({ content: "he is angry" });
  expect((await world.get(`/conversations/${id}/notes`)).notes).toHaveLength(1);
  expect(await visitor.settle()).toEqual([]);

  for (const name of ["vip", "vip", "refund"]) await world.post(`/conversations/${id}/tags`, { name });
  expect(
    (await world.get(`/conversations/${id}`)).customer.tag.map(({ name }: { name: string }) => name),
  ).toEqual(["refund", "vip"]);
  const list = await world.list();
  for (const [tags, found] of [
    [["vip"], 1],
    [["nobody"], 0],
  ] as const) {
    list.send({ type: "filter_conversations", filters: { tags } });
    expect((await list.next("conversations_list")).count).toBe(found);
  }
  await world.send("DELETE", `/conversations/${id}/tags/vip`);
  expect((await world.get(`/conversations/${id}`)).customer.tag).toHaveLength(1);

  const path = `/inboxes/${world.inbox}/canned-replies`;
  expect((await world.post(path, { shortcut: "hi", content: "Salam!" })).status).toBe(201);
  expect((await world.post(path, { shortcut: "hi", content: "again" })).status).toBe(409);
  const { replies } = await world.get(path);
  expect(replies).toMatchObject([{ shortcut: "hi", content: "Salam!" }]);
  await world.send("DELETE", `${path}/${replies[0].id}`);
  expect((await world.get(path)).replies).toEqual([]);
  expect((await world.app.fetch(`/api${path}`, { token: world.stranger.token })).status).toBe(404);
});

test("what agents know of a customer is kept, and found", async () => {
  await using world = await InboxWorld.start();
  await world.conversation("hello");
  const [customer] = (await world.get("/customers")).customers;
  const change = { first_name: "Жанна", last_name: "Иванова", email: "j@example.com" };
  expect((await world.send("PATCH", `/customers/${customer.id}`, change)).status).toBe(200);
  expect((await world.get("/conversations?search=ИВАНОВ")).conversations).toHaveLength(1);
  expect((await world.send("PATCH", `/customers/${customer.id}`, change, world.stranger)).status).toBe(404);
});

test("messages are found by any part of a word, in any script, upper and lower case alike", async () => {
  await using world = await InboxWorld.start();
  await world.conversation("Где мой Заказ?");
  await world.conversation("سفارش من کجاست");
  const count = async (search: string) =>
    (await world.get(`/conversations?search=${encodeURIComponent(search)}`)).pagination.count;
  for (const [search, found] of [
    ["аказ", 1],
    ["ЗАКАЗ", 1],
    ["سفارش", 1],
    ["Vi", 2],
  ] as const)
    await until(
      () => count(search),
      (n) => n === found,
    );
  for (const search of ['"', "nothing here", "100%"]) expect(await count(search)).toBe(0);
});

test("older messages come in pages", async () => {
  await using world = await InboxWorld.start({ flags: { "inbox-messages-per-minute": 0 } });
  const { id } = await world.conversation("0");
  for (let n = 1; n < 75; n++) await world.post(`/conversations/${id}/messages`, { content: String(n) });
  const chat = await world.app.connect(`/ws/chat/${id}/?token=${world.ana.token}`);
  const texts = ({ messages }: Received) =>
    messages.map(({ content }: { content: string }) => Number(content));
  const first = await chat.next();
  expect([texts(first)[0], texts(first).at(-1), first.pagination.has_next]).toEqual([25, 74, true]);
  chat.send({ type: "load_more_messages", filters: { page_size: 50, offset: 50 } });
  const older = await chat.next("recent_messages");
  expect([texts(older)[0], texts(older).at(-1), older.pagination.has_next]).toEqual([0, 24, false]);
  chat.send({ type: "get_messages" });
  expect(texts(await chat.next("recent_messages"))).toHaveLength(10);
});

test("who becomes a member sees the inbox at once; who is no member any more is out at once", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const list = await world.list(world.stranger);
  await world.join(world.inbox, world.stranger);
  expect((await list.next("conversations_list")).conversations).toHaveLength(1);
  const chat = await world.chat(id, world.stranger);
  visitor.send({ type: "message", content: "to all" });
  await list.next("new_customer_message");
  await world.send("DELETE", `/inboxes/${world.inbox}/members/${world.stranger.id}`, {}, world.staff);
  expect((await chat.closed).code).toBe(1008);
  expect((await list.next("conversations_list")).conversations).toEqual([]);
  visitor.send({ type: "message", content: "not to all" });
  await visitor.next("message");
  await visitor.next("message");
  expect(await list.settle()).toEqual([]);
});

test("inboxes are made and removed by staff, beside a running server too", async () => {
  using folder = tempDir();
  await using world = await InboxWorld.start({ dataDir: folder.path });
  expect((await world.post("/inboxes", { kind: "web", name: "Mine" })).status).toBe(403);
  expect((await world.post("/inboxes", { kind: "telegram", name: "Bot" }, world.staff)).status).toBe(422);
  await world.app.user("staff", "boss@example.com");
  const added = JSON.parse(
    await peyk(
      folder.path,
      "inbox",
      "add",
      "--kind",
      "web",
      "--name",
      "Shop",
      "--member",
      "boss@example.com",
      "--json",
    ),
  );
  expect(await peyk(folder.path, "inbox", "list")).toContain("Shop");
  const visitor = await world.app.connect(`/ws/widget/${added.id}`);
  expect((await visitor.next()).type).toBe("welcome");
  await peyk(folder.path, "inbox", "remove", added.id);
  expect((await (await world.app.connect(`/ws/widget/${added.id}`)).closed).code).toBe(4004);
  expect(await peyk(folder.path, "inbox", "list")).not.toContain("Shop");
});

test("a visitor keeps his conversation by his token, and learns nothing of others", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor, token } = await world.conversation("mine");
  await visitor.close();
  await world.post(`/conversations/${id}/messages`, { content: "answer while away" });
  const back = await world.visitor(token);
  const welcome = await back.next();
  expect(welcome.visitor).toBe(token);
  expect(
    welcome.messages.map(({ from, content }: { from: string; content: string }) => [from, content]),
  ).toEqual([
    ["you", "mine"],
    ["support", "answer while away"],
  ]);
  back.send({ type: "name", name: "Zahra" });
  back.send({ type: "message", content: "twice", client_message_id: "a" });
  back.send({ type: "message", content: "twice", client_message_id: "a" });
  // A repeat is confirmed to him who repeats, and stored once.
  expect((await back.next("message")).id).toBe((await back.next("message")).id);
  expect(await back.settle()).toEqual([]);
  expect((await world.get(`/conversations/${id}/messages`)).pagination.count).toBe(3);
  const conversation = await world.get(`/conversations/${id}`);
  expect(conversation.customer.first_name).toBe("Zahra");
  expect(JSON.stringify(conversation)).not.toContain(token);
  const chat = await world.chat(id);
  back.send({ type: "seen" });
  expect((await chat.next("messages_seen")).message_ids).toHaveLength(1);
  back.send({ type: "typing", is_typing: true });
  expect(await chat.next("typing_indicator")).toMatchObject({ username: "Zahra", is_typing: true });
  const other = await world.visitor("v_".padEnd(42, "a"));
  expect((await other.next()).messages).toEqual([]);
  expect((await (await world.app.connect("/ws/widget/in_nothing")).closed).code).toBe(4004);
});

test("the first messages of one visitor from two tabs at once are both kept, in one conversation", async () => {
  await using world = await InboxWorld.start();
  const first = await world.visitor();
  const { visitor: token } = await first.next("welcome");
  const second = await world.visitor(token);
  await second.next("welcome");
  first.send({ type: "message", content: "from one tab", client_message_id: "1" });
  second.send({ type: "message", content: "from the other", client_message_id: "2" });
  second.send({ type: "message", content: "from one tab", client_message_id: "1" });
  for (const tab of [first, second]) for (let heard = 0; heard < 2; heard++) await tab.next("message");
  const { conversations } = await world.get("/conversations");
  expect(conversations).toHaveLength(1);
  expect((await world.get(`/conversations/${conversations[0].id}/messages`)).pagination.count).toBe(2);
});

test("the number of unread messages that is told last is the one that is stored", async () => {
  await using world = await InboxWorld.start({ slowCommit: 20 });
  const { id, visitor } = await world.conversation();
  const [list, chat] = [await world.list(), await world.chat(id)];
  chat.send({ type: "mark_read" });
  visitor.send({ type: "message", content: "in the same moment" });
  await visitor.next("message");
  await chat.next("messages_read");
  const told = await list.settle();
  const { unread_count } = await world.get(`/conversations/${id}`);
  expect(told.at(-1)!.unread_count).toBe(unread_count);
});

test("a visitor of a widget that is removed is told so", async () => {
  await using world = await InboxWorld.start();
  const { visitor } = await world.conversation();
  await world.send("DELETE", `/inboxes/${world.inbox}`, {}, world.staff);
  expect((await visitor.closed).code).toBe(4004);
});
