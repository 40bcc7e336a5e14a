import { expect, test } from "bun:test";
import { TestClient } from "../../kit/client.ts";
import { FakeMeta } from "../../kit/instagram/meta.ts";
import { peyk, ServerProcess } from "../../kit/process.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { type Agent, InboxWorld } from "./kit.ts";

/** A Telegram bot as an inbox of this world. */
async function connectBot(world: InboxWorld, telegram: FakeTelegram, agents: readonly Agent[] = [world.ana]) {
  const settings = { bot_token: telegram.token, api_root: telegram.url };
  const answer = await world.post(
    "/inboxes",
    { kind: "telegram", name: "Bot", telegram: settings },
    world.staff,
  );
  if (answer.status !== 201) throw new Error(await answer.text());
  const inbox = await world.app.json(answer);
  for (const agent of agents) await world.join(inbox.id, agent);
  return inbox;
}

async function connectInstagram(world: InboxWorld, meta: FakeMeta) {
  const answer = await world.post(
    "/inboxes",
    { kind: "instagram", name: "Shop", instagram: meta.settings },
    world.staff,
  );
  if (answer.status !== 201) throw new Error(await answer.text());
  const inbox = await world.app.json(answer);
  await world.join(inbox.id, world.ana);
  return { ...inbox, webhook: `${world.app.http}/webhooks/instagram/${inbox.id}` };
}

/** A customer of the bot wrote; his conversation. */
async function hello(world: InboxWorld, telegram: FakeTelegram, chat = 42, text = "salam"): Promise<string> {
  const list = await world.list();
  telegram.customerWrites(chat, text, { first_name: "John", last_name: "Doe" });
  const { conversation_id } = await list.next("new_customer_message");
  await list.close();
  return conversation_id;
}

test("a Telegram customer writes, an agent answers, and the result rides on the echo", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const inbox = await connectBot(world, telegram);
  expect(inbox).toMatchObject({ kind: "telegram", account: "peyk_bot", ok: true });
  expect(JSON.stringify(inbox)).not.toContain(telegram.token);
  const id = await hello(world, telegram, 42, "سفارش من کجاست؟");
  const conversation = await world.get(`/conversations/${id}`);
  expect(conversation).toMatchObject({ title: "telegram - John Doe", source: "telegram", unread_count: 1 });
  const chat = await world.chat(id);
  chat.send({ type: "chat_message", content: "در راه است <b>!</b>" });
  expect(await chat.next("chat_message")).toMatchObject({
    message: { type: "support", state: "sent", content: "در راه است <b>!</b>" },
    external_send_result: { success: true, platform: "telegram", message_id: expect.any(String) },
  });
  expect(telegram.received(42)).toEqual(["در راه است <b>!</b>"]);
  chat.send({ type: "typing", is_typing: true });
  await telegram.until(() => telegram.called("sendChatAction").length > 0);
});

test("a slow platform: the message is shown after two seconds, and its result follows", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const id = await hello(world, telegram);
  const chat = await world.chat(id);
  const { promise, resolve } = Promise.withResolvers<void>();
  telegram.inject({ kind: "slow", until: promise });
  chat.send({ type: "chat_message", content: "slow" });
  const shown = await chat.next("chat_message");
  expect(shown).toMatchObject({ message: { state: "queued" }, external_send_result: null });
  resolve();
  expect(await chat.next("external_send_result")).toMatchObject({
    message_id: shown.message.id,
    result: { success: true, platform: "telegram" },
  });
  expect(await chat.settle()).toEqual([]);
  expect(telegram.received(42)).toEqual(["slow"]);
});

test("10. a platform that refuses: the message is stored and shown, with the platform's words, and can be sent again", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const id = await hello(world, telegram);
  const chat = await world.chat(id);
  telegram.inject({ kind: "refuse", code: 400, description: "Bad Request: something odd" });
  chat.send({ type: "chat_message", content: "refused" });
  const { message, external_send_result } = await chat.next("chat_message");
  expect(external_send_result).toMatchObject({ success: false, platform: "telegram" });
  expect(external_send_result.error).toContain("something odd");
  expect(message.state).toBe("failed");
  const path = `/conversations/${id}/messages/${message.id}/resend`;
  expect((await world.post(path, {})).status).toBe(202);
  expect((await chat.next("external_send_result")).result.success).toBe(true);
  expect(telegram.received(42)).toEqual(["refused"]);
  expect((await world.post(path, {})).status).toBe(409);
});

test("a customer who blocked the bot is unreachable, until he writes again", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const id = await hello(world, telegram);
  telegram.block(42);
  const chat = await world.chat(id);
  chat.send({ type: "chat_message", content: "hello?" });
  expect((await chat.next("chat_message")).external_send_result.error).toContain("blocked");
  expect((await world.get(`/conversations/${id}`)).customer.unreachable).toContain("blocked");
  telegram.unblock(42);
  telegram.customerWrites(42, "I am back");
  await chat.next("chat_message");
  expect((await world.get(`/conversations/${id}`)).customer.unreachable).toBeNull();
});

test("429: nothing is lost or doubled, and the order stays", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const id = await hello(world, telegram);
  telegram.inject({ kind: "flood", retryAfter: 1 }, { times: 2 });
  for (const content of ["one", "two", "three"])
    await world.post(`/conversations/${id}/messages`, { content });
  await telegram.until(() => telegram.received(42).length === 3);
  expect(telegram.received(42)).toEqual(["one", "two", "three"]);
}, 20_000);

test("one chat that must wait holds up no other", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const [slow, quick] = [await hello(world, telegram, 42), await hello(world, telegram, 43)];
  telegram.inject({ kind: "flood", retryAfter: 30 }, { chat: 42 });
  await world.post(`/conversations/${slow}/messages`, { content: "must wait" });
  await telegram.until(() => telegram.called("sendMessage").length === 1);
  const chat = await world.chat(quick);
  chat.send({ type: "chat_message", content: "need not" });
  expect((await chat.next("chat_message")).external_send_result).toMatchObject({ success: true });
  expect(telegram.received(43)).toEqual(["need not"]);
  expect(telegram.received(42)).toEqual([]);
}, 20_000);

test("a stop waits for the answer to what is under way: after the start it does not go out again", async () => {
  using folder = tempDir();
  await using telegram = FakeTelegram.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  {
    await using world = await InboxWorld.start({ dataDir: folder.path });
    await connectBot(world, telegram);
    const id = await hello(world, telegram);
    telegram.inject({ kind: "slow", until: promise });
    await world.post(`/conversations/${id}/messages`, { content: "once please" });
    await telegram.until(() => telegram.received(42).length === 1);
    setTimeout(resolve, 300);
  }
  const { TestApp } = await import("../../kit/app.ts");
  await using _app = await TestApp.start({ dataDir: folder.path });
  telegram.customerWrites(42, "are you back?");
  await telegram.until(() => telegram.pending.length === 0);
  expect(telegram.received(42)).toEqual(["once please"]);
}, 20_000);

test("a platform that was down gets everything, in order, once it is back", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const id = await hello(world, telegram);
  await telegram.goDown();
  for (const content of ["while", "you", "were", "away"])
    await world.post(`/conversations/${id}/messages`, { content });
  const chat = await world.chat(id);
  await until(
    () => world.get(`/conversations/${id}/messages`),
    ({ messages }) => messages.length === 5,
  );
  telegram.comeUp();
  await telegram.until(() => telegram.received(42).length === 4);
  expect(telegram.received(42)).toEqual(["while", "you", "were", "away"]);
  await until(
    () => world.get(`/conversations/${id}/messages`),
    ({ messages }) => messages.slice(1).every(({ state }: { state: string }) => state === "sent"),
  );
  await chat.close();
}, 30_000);

test("no answer after the platform took it: not sent again by itself, and the agent is told", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const id = await hello(world, telegram);
  const chat = await world.chat(id);
  telegram.inject({ kind: "accept_then_drop" });
  chat.send({ type: "chat_message", content: "did it arrive?" });
  const { external_send_result } = await chat.next("chat_message");
  expect(external_send_result.success).toBe(false);
  expect(external_send_result.error).toContain("may have arrived");
  chat.send({ type: "chat_message", content: "next" });
  await chat.next("chat_message");
  expect(telegram.received(42)).toEqual(["did it arrive?", "next"]);
});

test("the same update again, also after a restart, is one message; edits change it, groups are passed over", async () => {
  using folder = tempDir();
  await using telegram = FakeTelegram.start();
  let id: string;
  let token: string;
  {
    await using world = await InboxWorld.start({ dataDir: folder.path });
    await connectBot(world, telegram);
    ({ token } = world.ana);
    id = await hello(world, telegram);
    const chat = await world.chat(id);
    const written = telegram.customerWrites(42, "with a tpyo");
    await chat.next("chat_message");
    telegram.customerEdits(written, "without a typo");
    expect((await chat.next("message_updated")).message).toMatchObject({ content: "without a typo" });
    telegram.push({
      message: { ...written.message, chat: { id: -5, type: "group", title: "G" }, message_id: 900 } as never,
    });
    telegram.push({ message: written.message });
    await telegram.until(() => telegram.pending.length === 0);
    expect(await chat.settle()).toEqual([]);
  }
  const { TestApp } = await import("../../kit/app.ts");
  await using app = await TestApp.start({ dataDir: folder.path });
  const { messages } = await app.json(app.fetch(`/api/conversations/${id}/messages`, { token }));
  expect(messages.map(({ content }: { content: string }) => content)).toEqual(["salam", "without a typo"]);
  const chat = await app.connect(`/ws/chat/${id}/?token=${token}`);
  await chat.next("recent_messages");
  telegram.customerWrites(42, "after the restart");
  expect((await chat.next("chat_message")).message.content).toBe("after the restart");
});

test("a webhook without the right secret is refused and stores nothing; an unknown inbox answers the same", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start({ flags: { "public-url": "https://peyk.example" } });
  const settings = { bot_token: telegram.token, api_root: telegram.url, mode: "webhook" };
  const inbox = await world.app.json(
    world.post("/inboxes", { kind: "telegram", name: "Bot", telegram: settings }, world.staff),
  );
  expect(inbox.webhook_url).toBe(`https://peyk.example/webhooks/telegram/${inbox.id}`);
  await telegram.until(() => telegram.webhookUrl === inbox.webhook_url);
  const update = telegram.customerWrites(42, "by webhook");
  const post = (id: string, secret: string) =>
    fetch(`${world.app.http}/webhooks/telegram/${id}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret },
      body: JSON.stringify(update),
    });
  const [wrong, unknown] = [await post(inbox.id, "wrong"), await post("in_unknown", inbox.webhook_secret)];
  for (const refused of [wrong, unknown]) expect([401, 403]).toContain(refused.status);
  expect((await world.get("/conversations", world.staff)).pagination.count).toBe(0);
  for (let time = 0; time < 3; time++) expect((await post(inbox.id, inbox.webhook_secret)).status).toBe(200);
  const { conversations } = await world.get("/conversations", world.staff);
  expect(conversations).toHaveLength(1);
  expect(conversations[0].unread_count).toBe(1);
});

test("a token that Telegram does not know is refused with its own words, and is stored nowhere", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const bot_token = "1234567:AAaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const body = { kind: "telegram", name: "Bot", telegram: { bot_token, api_root: telegram.url } };
  const answer = await world.post("/inboxes", body, world.staff);
  expect(answer.status).toBe(400);
  const text = await answer.text();
  expect(text).toContain("Unauthorized");
  expect(text).not.toContain(bot_token);
});

test("Instagram: message, answer, echo of another tool, read receipt, unsend", async () => {
  await using meta = FakeMeta.start();
  await using world = await InboxWorld.start();
  const { webhook } = await connectInstagram(world, meta);
  const list = await world.list();
  meta.customer("900", { name: "Жанна И", username: "zhanna" });
  const mid = meta.customerWrites("900", "Привет 🙂 سلام");
  expect(await meta.deliver(webhook, { repeat: 3 })).toEqual([200, 200, 200]);
  const { conversation_id: id } = await list.next("new_customer_message");
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ source: "instagram", unread_count: 1 });
  const chat = await world.chat(id);
  chat.send({ type: "chat_message", content: "سلام ".repeat(180).trim() });
  expect((await chat.next("chat_message")).external_send_result).toMatchObject({
    success: true,
    platform: "instagram",
  });
  const parts = meta.received("900");
  expect(parts.length).toBeGreaterThan(1);
  for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(1_000);

  meta.ownerWrites("900", "typed in the app");
  await meta.deliver(webhook, { repeat: 2 });
  expect(await chat.next("chat_message")).toMatchObject({
    message: { type: "support", content: "typed in the app" },
  });
  const last = meta.messages("900").at(-1)!;
  meta.customerReads("900", last.mid);
  await meta.deliver(webhook);
  expect((await chat.next("messages_seen")).message_ids.length).toBeGreaterThan(0);
  meta.customerUnsends("900", mid);
  await meta.deliver(webhook);
  expect((await chat.next("message_updated")).message).toMatchObject({ content: "", deleted: true });
  expect(await chat.settle()).toEqual([]);
});

test("Instagram: an echo that overtakes the answer belongs to the message that was sent in parts", async () => {
  await using meta = FakeMeta.start({ echo: true });
  await using world = await InboxWorld.start();
  const { webhook } = await connectInstagram(world, meta);
  const list = await world.list();
  meta.customerWrites("900", "hi");
  await meta.deliver(webhook);
  const { conversation_id: id } = await list.next("new_customer_message");
  const chat = await world.chat(id);
  const release = meta.hold();
  chat.send({ type: "chat_message", content: "سلام ".repeat(180).trim() });
  await meta.arrived("send", 1);
  await meta.deliver(webhook);
  release();
  await chat.next("chat_message");
  await meta.deliver(webhook);
  expect(await chat.settle()).toEqual([]);
  expect((await world.get(`/conversations/${id}/messages`)).messages).toHaveLength(2);
  // The same words typed in the app are a message of their own.
  meta.ownerWrites("900", "ok");
  chat.send({ type: "chat_message", content: "ok" });
  await chat.next("chat_message");
  await meta.deliver(webhook);
  expect((await world.get(`/conversations/${id}/messages`)).messages).toHaveLength(4);
});

test("Instagram: a bad signature stores nothing, the challenge comes back as it is", async () => {
  await using meta = FakeMeta.start();
  await using world = await InboxWorld.start();
  const { webhook } = await connectInstagram(world, meta);
  const body = JSON.stringify(meta.payload([meta.item("900", { message: { mid: "m1", text: "forged" } })]));
  for (const signature of ["sha256=00", "", `sha256=${"0".repeat(64)}`]) {
    const answer = await fetch(webhook, {
      method: "POST",
      body,
      headers: { "X-Hub-Signature-256": signature },
    });
    expect([401, 403]).toContain(answer.status);
  }
  expect((await world.get("/conversations")).pagination.count).toBe(0);
  const ask = (token: string) =>
    fetch(`${webhook}?hub.mode=subscribe&hub.challenge=12345&hub.verify_token=${encodeURIComponent(token)}`);
  const good = await ask(meta.settings.verify_token);
  expect([good.status, await good.text()]).toEqual([200, "12345"]);
  expect((await ask("wrong")).status).toBe(403);
});

test("kill -9 while a thousand messages are on their way: each arrives, twice at most what was under way", async () => {
  using folder = tempDir();
  await using telegram = FakeTelegram.start();
  const settings = { MESSAGE_RATE: "0", INBOX_MESSAGES_PER_MINUTE: "0" };
  await peyk(
    folder.path,
    "user",
    "add",
    "--email",
    "s@example.com",
    "--password",
    "correct horse",
    "--role",
    "staff",
  );
  const token = (await peyk(folder.path, "token", "issue", "--user", "s@example.com")).trim();
  const api = (server: ServerProcess, path: string, body?: object) =>
    fetch(new URL(`/api${path}`, server.url), {
      method: body === undefined ? "GET" : "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const chats = Array.from({ length: 100 }, (_, n) => 1_000 + n);
  let underWay = 0;
  {
    await using server = await ServerProcess.start({ dataDir: folder.path, settings });
    const bot = { bot_token: telegram.token, api_root: telegram.url };
    expect((await api(server, "/inboxes", { kind: "telegram", name: "Bot", telegram: bot })).status).toBe(
      201,
    );
    const list = await TestClient.open(`ws://${server.url.host}/ws/conversations/?token=${token}`);
    for (const chat of chats) telegram.customerWrites(chat, "hi");
    const ids = [];
    while (ids.length < chats.length) ids.push((await list.next("new_customer_message")).conversation_id);
    const sends = ids.flatMap((id) =>
      Array.from({ length: 10 }, (_, n) =>
        api(server, `/conversations/${id}/messages`, { content: `${id} ${n}` }),
      ),
    );
    expect((await Promise.all(sends)).every(({ status }) => status === 201)).toBe(true);
    await telegram.until(() => telegram.messages().length > 50);
    await server.end("SIGKILL");
    underWay = telegram.messages().length;
  }
  await using server = await ServerProcess.start({ dataDir: folder.path, settings });
  const arrived = () => new Set(telegram.messages().map(({ text }) => text)).size;
  await telegram.until(() => arrived() === 1_000);
  const doubled = telegram.messages().length - arrived();
  // The gap: what was under way at the crash. One part at a time goes to each chat.
  expect(doubled).toBeLessThanOrEqual(Math.min(underWay, chats.length));
  for (const chat of chats) {
    const texts = [...new Set(telegram.received(chat))];
    const path = `/conversations/${texts[0]!.split(" ")[0]}/messages`;
    const stored = (await (await api(server, path)).json()) as { messages: { content: string }[] };
    expect(["hi", ...texts]).toEqual(stored.messages.map(({ content }) => content));
  }
  expect(server.output).not.toContain(telegram.token);
}, 120_000);

test("a customer's file is passed on whole, to members alone, and never as a page", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  await connectBot(world, telegram);
  const file = new Uint8Array(2 * 1024 * 1024).map((_, n) => n % 251);
  file.set([0xff, 0xd8, 0xff]);
  telegram.addFile("f", file, { path: "photos/x.html" });
  const list = await world.list();
  telegram.customerSends(42, { photo: [{ file_id: "f", file_unique_id: "u", width: 1, height: 1 }] });
  const { message } = await list.next("new_customer_message");
  const answer = await world.app.fetch(message.media_url, { token: world.ana.token });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("image/jpeg");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await answer.bytes()).toEqual(file);
  const stranger = await world.app.fetch(message.media_url, { token: world.stranger.token });
  expect(stranger.status).toBe(404);
});
