import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { until } from "../../kit/until.ts";
import { InboxWorld } from "./kit.ts";

/** The acceptance list of seed 002, item by item; its own JavaScript runs in test/seeds, platforms in platforms.test.ts. */

const content = (text: string) => ({ type: "chat_message", content: text });

test("1. a good token opens both sockets; any other is closed with 1008, which the client can read", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const list = await world.app.connect(`/ws/conversations/?token=${world.ana.token}`);
  expect((await list.next()).type).toBe("conversations_list");
  const chat = await world.app.connect(`/ws/chat/${id}/?token=${world.ana.token}`);
  expect((await chat.next()).type).toBe("recent_messages");

  const login = await world.app.user("user", "ana@example.com");
  const form = new URLSearchParams({ username: login.email, password: "correct horse" });
  const { refresh_token, access_token } = await world.app.json(
    world.app.fetch("/api/v1/login/access-token", { method: "POST", body: form }),
  );
  await world.app.fetch("/api/v1/login/logout", { method: "POST", token: access_token });
  for (const token of ["", "nonsense", refresh_token, access_token])
    for (const path of ["/ws/conversations/", `/ws/chat/${id}/`]) {
      const refused = await world.app.connect(token === "" ? `${path}?token=x` : `${path}?token=${token}`);
      const error = await refused.next();
      expect(error).toMatchObject({ type: "error", error: expect.any(String), message: expect.any(String) });
      expect((await refused.closed).code).toBe(1008);
      expect(refused.waiting).toEqual([]);
    }
});

test("1. without a token it is closed with 1008 as well, once the time for a first message is over", async () => {
  await using world = await InboxWorld.start({ flags: { "auth-timeout": 1 } });
  const refused = await world.app.connect("/ws/conversations/");
  expect((await refused.closed).code).toBe(1008);
});

test("2. an unknown conversation and somebody else's get the same answer, and nothing of it", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const answers = [];
  for (const conversation of [id, "conv_unknown"]) {
    const refused = await world.app.connect(`/ws/chat/${conversation}/?token=${world.stranger.token}`);
    const { receipt: _, ...error } = await refused.next();
    const { code, reason } = await refused.closed;
    answers.push({ error, code, reason: reason.replace(/ \[.*/, "") });
    expect(refused.waiting).toEqual([]);
  }
  expect(answers[0]).toEqual(answers[1]!);
  expect(answers[0]!.code).toBe(1008);
});

test("3. the list comes without asking, and again when it is asked for", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation("آخرین پیام");
  const list = await world.app.connect(`/ws/conversations/?token=${world.ana.token}`);
  const pushed = await list.next();
  list.send({ type: "get_conversations" });
  list.send({ type: "refresh_conversations" });
  list.send({});
  for (const frame of [pushed, await list.next(), await list.next(), await list.next()]) {
    expect(frame.type).toBe("conversations_list");
    expect(frame.conversations).toHaveLength(1);
    expect(frame.conversations[0]).toMatchObject({
      id,
      title: "web - Visitor",
      source: "web",
      status: "active",
      unread_count: 1,
      customer: { first_name: "Visitor", last_name: "", source: "web" },
      last_message: { content: "آخرین پیام", type: "customer" },
    });
    expect(frame.pagination).toMatchObject({ count: 1, page_size: 50, page: 1, has_next: false });
  }
});

test("4. recent_messages comes first, oldest first; the echo has the exact content; the row is saved once", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation("first");
  visitor.send({ type: "message", content: "second" });
  await visitor.next("message");
  const chat = await world.app.connect(`/ws/chat/${id}/?token=${world.ana.token}`);
  const recent = await chat.next();
  expect(recent.type).toBe("recent_messages");
  expect(recent.messages.map((message: { content: string }) => message.content)).toEqual(["first", "second"]);
  chat.send(content("  <b>متن پیام شما</b> & 🙂  "));
  const echo = await chat.next();
  expect(echo).toMatchObject({
    type: "chat_message",
    message: { type: "support", content: "<b>متن پیام شما</b> & 🙂", customer: { first_name: "Visitor" } },
    external_send_result: { success: true, platform: "web" },
  });
  expect((await world.get(`/conversations/${id}/messages`)).pagination.count).toBe(3);
});

test("5. two agents and three sockets: each message once on each, the sender's own too", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const sockets = [await world.chat(id), await world.chat(id), await world.chat(id, world.staff)];
  for (const socket of sockets) await socket.settle();
  sockets[0]!.send(content("from ana"));
  sockets[2]!.send(content("from staff"));
  visitor.send({ type: "message", content: "from outside" });
  while ((await visitor.next("message")).content !== "from outside");
  await Promise.all(sockets.map((socket) => socket.settle())).then((heard) => {
    for (const frames of heard) {
      const texts = frames
        .filter(({ type }) => type === "chat_message")
        .map(({ message }) => message.content);
      expect(texts.sort()).toEqual(["from ana", "from outside", "from staff"]);
    }
  });
});

test("6. typing, presence and read marks reach those whom they concern", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const a = await world.chat(id);
  const b = await world.chat(id, world.staff);
  expect(await b.next("user_presence")).toMatchObject({ user_id: Number(world.ana.id), is_online: true });
  expect(await a.next("user_presence")).toMatchObject({ user_id: Number(world.staff.id), is_online: true });
  a.send({ type: "typing", is_typing: true });
  const typing = await b.next("typing_indicator");
  expect(typing).toMatchObject({ user_id: Number(world.ana.id), is_typing: true, conversation_id: id });
  expect(Object.keys(typing)).toEqual(expect.arrayContaining(["username", "timestamp"]));
  a.send({ type: "mark_read" });
  for (const socket of [a, b])
    expect(await socket.next()).toMatchObject({ type: "messages_read", user_id: Number(world.ana.id) });
  expect(await a.settle()).toEqual([]);
  await b.close();
  expect(await a.next("user_presence")).toMatchObject({ user_id: Number(world.staff.id), is_online: false });
});

test("6. a second window of the same agent is no news", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const b = await world.chat(id, world.staff);
  const first = await world.chat(id);
  await b.next("user_presence");
  const second = await world.chat(id);
  await second.settle();
  await first.close();
  expect(await b.settle()).toEqual([]);
  await second.close();
  expect(await b.next("user_presence")).toMatchObject({ is_online: false });
});

test("7. empty, blank and too long are errors with both texts; the socket stays open", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const chat = await world.chat(id);
  for (const text of ["", "   \n "]) {
    chat.send(content(text));
    expect(await chat.next()).toMatchObject({
      type: "error",
      error: "Message content cannot be empty",
      message: expect.any(String),
    });
  }
  chat.send(content("۱".repeat(1_001)));
  expect((await chat.next()).error).toContain("1000");
  chat.send(content("🙂".repeat(1_000)));
  expect((await chat.next()).message.content).toHaveLength(2_000);
});

test("8. what is not JSON is an error, an unknown type is passed over; a missing type counts as a message", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  for (const socket of [await world.chat(id), await world.list()]) {
    socket.send("{not json");
    expect(await socket.next()).toMatchObject({
      type: "error",
      error: "Invalid JSON format",
      message: "Invalid JSON format",
    });
    socket.send({ type: "no_such_type" });
    expect(await socket.settle()).toEqual([]);
  }
  const chat = await world.chat(id);
  chat.send({ content: "without a type" });
  expect((await chat.next("chat_message")).message.content).toBe("without a type");
});

test("9. a customer's message raises the count, moves to the top, and reading lowers it", async () => {
  await using world = await InboxWorld.start();
  const { id: older, visitor } = await world.conversation("older");
  await world.conversation("newer");
  const list = await world.list();
  visitor.send({ type: "message", content: "again" });
  const news = await list.next("new_customer_message");
  expect(news).toMatchObject({
    conversation_id: older,
    unread_count: 2,
    message: { content: "again", type: "customer" },
  });
  const { conversations } = await world.get("/conversations");
  expect(conversations[0]).toMatchObject({ id: older, unread_count: 2 });
  const chat = await world.chat(older);
  const [first] = (await world.get(`/conversations/${older}/messages`)).messages;
  chat.send({ type: "mark_read", message_id: first.id });
  expect(await chat.next("messages_read")).toMatchObject({ unread_count: 1 });
  chat.send({ type: "mark_read" });
  expect(await chat.next("messages_read")).toMatchObject({ unread_count: 0 });
  expect(await list.next("conversation_updated")).toMatchObject({ conversation_id: older });
  expect((await world.get(`/conversations/${older}`)).unread_count).toBe(0);
});

test("11. after a restart the first frames bring the state, and a cursor what was missed", async () => {
  const { tempDir } = await import("../../kit/temp.ts");
  using folder = tempDir();
  let id: string;
  let cursor: string;
  let token: string;
  {
    await using world = await InboxWorld.start({ dataDir: folder.path });
    ({ id } = await world.conversation("before"));
    token = world.ana.token;
    const chat = await world.app.connect(`/ws/chat/${id}/?token=${token}`);
    ({ cursor } = await chat.next());
    await chat.close();
    await world.post(`/conversations/${id}/messages`, { content: "while away" });
  }
  await using app = await (await import("../../kit/app.ts")).TestApp.start({ dataDir: folder.path });
  const fresh = await app.connect(`/ws/chat/${id}/?token=${token}`);
  expect((await fresh.next()).messages).toHaveLength(2);
  const back = await app.connect(`/ws/chat/${id}/?token=${token}&since=${cursor}`);
  expect(await back.next()).toMatchObject({ type: "catch_up", recovered: true, events: 1 });
  expect((await back.next()).message.content).toBe("while away");
});

test("12. agents see their inboxes alone: in lists, chats, over HTTP, and in what is told live", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const outside = await world.list(world.stranger);
  const { visitor } = await world.conversation();
  visitor.send({ type: "message", content: "secret" });
  await visitor.next("message");
  expect(await outside.settle()).toEqual([]);
  const paths = [`/conversations/${id}`, `/conversations/${id}/messages`, `/conversations/${id}/notes`];
  for (const path of paths)
    expect((await world.app.fetch(`/api${path}`, { token: world.stranger.token })).status).toBe(404);
  expect((await world.post(`/conversations/${id}/messages`, { content: "x" }, world.stranger)).status).toBe(
    404,
  );
  expect((await world.get("/conversations", world.stranger)).conversations).toEqual([]);
  expect((await world.get("/customers", world.stranger)).count).toBe(0);
  expect((await world.get("/inboxes", world.stranger)).inboxes).toEqual([]);
});

test("13. five sockets at once open, and odd filters do no harm", async () => {
  await using world = await InboxWorld.start();
  await world.conversation();
  const lists = await Promise.all([1, 2, 3, 4, 5].map(() => world.list()));
  const [list] = lists;
  list!.send({ type: "filter_conversations", filters: { status: "open" } });
  expect((await list!.next()).conversations).toEqual([]);
  list!.send({
    type: "filter_conversations",
    filters: { page_size: "junk", tags: 7, order_by: "drop table" },
  });
  expect((await list!.next()).conversations).toHaveLength(1);
  list!.send({ type: "get_conversation_filter_options" });
  expect((await list!.next()).options.statuses.map(({ value }: { value: string }) => value)).toContain(
    "closed",
  );
});

test("14. a message over HTTP is the same frame in the room, and 201", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const chat = await world.chat(id);
  const answer = await world.post(`/conversations/${id}/messages`, {
    content: "over HTTP",
    client_message_id: "7",
  });
  expect(answer.status).toBe(201);
  const { message, is_new } = await world.app.json(answer);
  expect(is_new).toBe(true);
  expect((await chat.next("chat_message")).message).toEqual(message);
  expect((await visitor.next("message")).content).toBe("over HTTP");
  const repeat = await world.post(`/conversations/${id}/messages`, {
    content: "over HTTP",
    client_message_id: "7",
  });
  expect(await world.app.json(repeat)).toMatchObject({ is_new: false, message: { id: message.id } });
  expect((await world.post(`/conversations/${id}/messages`, { content: " " })).status).toBe(422);
});

test("a repeat under the sender's own id is one message, also when both come at once", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  const [a, b] = [await world.chat(id), await world.chat(id, world.staff)];
  await b.settle();
  for (let n = 0; n < 3; n++) a.send({ ...content("once"), client_message_id: "c1" });
  const again = await world.chat(id);
  again.send({ ...content("once"), client_message_id: "c1" });
  await again.next("chat_message");
  await a.settle();
  expect((await b.settle()).filter(({ type }) => type === "chat_message")).toHaveLength(1);
  await visitor.next("message");
  expect(await visitor.settle()).toEqual([]);
  expect((await world.get(`/conversations/${id}/messages`)).pagination.count).toBe(2);
});

test("15. a user's 21st message within a minute is refused; 1,000 characters are taken and 1,001 are not", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await InboxWorld.start({ clock, flags: { "inbox-messages-per-minute": 20 } });
  const { id, visitor } = await world.conversation();
  const chat = await world.chat(id);
  const post = (text: string, agent = world.ana) =>
    world.post(`/conversations/${id}/messages`, { content: text }, agent);
  // Characters as people count them: each of these is two of JavaScript's. What is refused for it does not count.
  for (const letter of ["x", "ж", "🙂"]) {
    chat.send(content(letter.repeat(1_001)));
    expect((await chat.next()).error).toBe("Message content cannot be longer than 1000 characters");
    expect((await post(letter.repeat(1_001))).status).toBe(422);
    visitor.send({ type: "message", content: letter.repeat(1_001) });
    expect(await visitor.next("error")).toMatchObject({ error: "bad_body" });
    chat.send(content(letter.repeat(1_000)));
    expect((await chat.next("chat_message")).message.content).toBe(letter.repeat(1_000));
    expect((await post(letter.repeat(1_000))).status).toBe(201);
    await chat.next("chat_message");
    visitor.send({ type: "message", content: `${letter.repeat(999)}!` });
    await chat.next("chat_message");
  }
  for (let n = 6; n < 20; n++) expect((await post(String(n))).status).toBe(201);
  chat.send(content("the 21st"));
  expect(await chat.next("error")).toMatchObject({ fault: "sending_too_fast", retry_after: 60 });
  expect((await post("the 21st")).status).toBe(429);
  expect((await post("of another user", world.staff)).status).toBe(201);
  clock.advance(60_000);
  expect((await post("a minute later")).status).toBe(201);
});

test("15. what looks like spam is marked and shown, and stats tell how the inbox does", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation("Salam");
  const chat = await world.chat(id);
  for (let n = 0; n < 3; n++) visitor.send({ type: "message", content: "Earn 5000 a day from home" });
  const marks = [];
  for (let n = 0; n < 3; n++) marks.push((await chat.next("chat_message")).message.suspicions);
  expect(marks).toEqual([undefined, undefined, ["repeated_text"]]);
  expect((await world.get("/conversations?suspected=true")).conversations).toMatchObject([
    { id, unread_count: 4 },
  ]);
  await world.send("PATCH", `/conversations/${id}`, { suspected: false });
  expect((await world.get("/conversations?suspected=true")).conversations).toEqual([]);
  await world.post(`/conversations/${id}/messages`, { content: "no, thanks" });
  const stats = await until(
    () => world.get(`/inboxes/${world.inbox}/stats`),
    ({ messages }) => messages.support === 1,
  );
  expect(stats).toMatchObject({
    conversations: { opened: 1, open: 1, closed: 0 },
    messages: { customer: 4, support: 1 },
    failed_sends: 0,
    first_response: { conversations: 1, median_ms: expect.any(Number), p95_ms: expect.any(Number) },
    agents: [{ user_id: Number(world.ana.id), messages: 1 }],
  });
});

test("16. an honest client may open and switch chats quickly", async () => {
  await using world = await InboxWorld.start();
  const ids = [(await world.conversation()).id, (await world.conversation()).id];
  for (let n = 0; n < 25; n++) await (await world.chat(ids[n % 2]!)).close();
});
