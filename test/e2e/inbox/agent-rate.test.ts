import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { type Agent, InboxWorld } from "./kit.ts";

const limited = (perMinute: number, clock = new FakeClock(Date.now())) =>
  InboxWorld.start({ clock, flags: { "inbox-messages-per-minute": perMinute } });

const post = (world: InboxWorld, id: string, agent: Agent = world.ana, clientId?: string) =>
  world.post(`/conversations/${id}/messages`, { content: "over HTTP", client_message_id: clientId }, agent);

test("what one user says on all sockets and over HTTP counts together; another user is not held up", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await limited(4, clock);
  const [one, two] = [await world.conversation(), await world.conversation()];
  const sockets = [await world.chat(one.id), await world.chat(two.id), await world.chat(one.id)];
  for (const socket of sockets) {
    socket.send({ type: "chat_message", content: "over a socket" });
    await socket.next("chat_message");
  }
  expect((await post(world, two.id)).status).toBe(201);
  clock.advance(12_500);
  sockets[1]!.send({ type: "chat_message", content: "one too many", client_message_id: "c1" });
  const text = "you have sent 4 messages within a minute; try again in 48 s";
  expect(await sockets[1]!.next("error")).toMatchObject({
    ...{ error: text, message: text, fault: "sending_too_fast", retry: "later", retry_after: 48 },
    hint: expect.stringContaining("INBOX_MESSAGES_PER_MINUTE"),
    in_reply_to: "chat_message",
  });
  const refused = await post(world, one.id);
  expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "48"]);
  expect(refused.headers.get("Content-Type")).toBe("application/problem+json");
  expect(await refused.json()).toMatchObject({ fault: "sending_too_fast", detail: text, retry_after: 48 });
  expect((await post(world, one.id, world.staff)).status).toBe(201);
  clock.advance(47_500);
  // The same message under the same id. His sockets are gone: a clock that a test moves passes over their pongs.
  const back = await world.chat(two.id);
  back.send({ type: "chat_message", content: "one too many", client_message_id: "c1" });
  expect((await back.next("chat_message")).message.content).toBe("one too many");
});

test("repeats under the sender's own id and what is no message do not count", async () => {
  await using world = await limited(3);
  const { id } = await world.conversation();
  const chat = await world.chat(id);
  for (let n = 0; n < 5; n++) expect((await post(world, id, world.ana, "c1")).status).toBe(201);
  for (const content of ["", "  ", "x".repeat(1_001)]) {
    chat.send({ type: "chat_message", content });
    expect((await chat.next("error")).fault).toBe("bad_body");
  }
  // Several at once under one id are one as well.
  const together = await Promise.all([1, 2, 3].map(() => post(world, id, world.ana, "c2")));
  expect(together.map(({ status }) => status)).toContain(201);
  expect((await post(world, id)).status).toBe(201);
  expect((await post(world, id)).status).toBe(429);
  // What is stored is answered even now.
  expect((await post(world, id, world.ana, "c1")).status).toBe(201);
});

test("what could not be stored does not count", async () => {
  await using world = await limited(1);
  const { id } = await world.conversation();
  const { journal } = world.app.app.inbox.deps;
  const commit = journal.commit.bind(journal);
  journal.commit = () => Promise.reject(new Error("disk full"));
  expect((await post(world, id)).status).toBe(500);
  journal.commit = commit;
  expect((await post(world, id)).status).toBe(201);
  expect((await post(world, id)).status).toBe(429);
});

test("nobody who types is ever held up by the default, and 0 switches the limit off", async () => {
  {
    await using world = await InboxWorld.start({ clock: new FakeClock(Date.now()) });
    const { id } = await world.conversation();
    for (let n = 0; n < 60; n++) expect((await post(world, id)).status).toBe(201);
    expect((await post(world, id)).status).toBe(429);
  }
  await using world = await limited(0);
  const { id } = await world.conversation();
  for (let n = 0; n < 70; n++) expect((await post(world, id)).status).toBe(201);
});

test("sending a failed message again counts; asking for it where nothing failed does not", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start({ flags: { "inbox-messages-per-minute": 3 } });
  const bot = { bot_token: telegram.token, api_root: telegram.url };
  const made = await world.post("/inboxes", { kind: "telegram", name: "Bot", telegram: bot }, world.staff);
  await world.join((await world.app.json(made)).id, world.ana);
  const list = await world.list();
  telegram.customerWrites(42, "salam");
  const { conversation_id: id } = await list.next("new_customer_message");
  const chat = await world.chat(id);
  telegram.inject({ kind: "refuse", code: 400, description: "Bad Request: something odd" });
  await post(world, id);
  const { message } = await chat.next("chat_message");
  const resend = () => world.post(`/conversations/${id}/messages/${message.id}/resend`, {});
  expect((await resend()).status).toBe(202);
  expect((await chat.next("external_send_result")).result.success).toBe(true);
  expect((await resend()).status).toBe(409);
  expect((await post(world, id)).status).toBe(201);
  expect((await post(world, id)).status).toBe(429);
});
