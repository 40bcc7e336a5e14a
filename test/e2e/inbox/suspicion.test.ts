import { expect, test } from "bun:test";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { InboxWorld } from "./kit.ts";

const links = [1, 2, 3, 4, 5].map((n) => `https://casino${n}.example/win`).join(" ");
const offer = "Earn 5000 a day from home, write to me";

const say = async (visitor: Awaited<ReturnType<InboxWorld["visitor"]>>, content: string, id?: string) => {
  visitor.send({ type: "message", content, client_message_id: id });
  return visitor.next("message");
};

const ids = ({ conversations }: { conversations: { id: string }[] }) => conversations.map(({ id }) => id);

const clear = (world: InboxWorld, id: string) =>
  world.send("PATCH", `/conversations/${id}`, { suspected: false });

test("a suspicious message is stored and shown as any other, with the reasons; its writer hears nothing of it", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation("Salam");
  const [chat, list] = [await world.chat(id), await world.list()];
  const shown = await say(visitor, links);
  expect(shown.content).toBe(links);
  expect(JSON.stringify(shown)).not.toContain("susp");
  const { message } = await chat.next("chat_message");
  expect(message).toMatchObject({ content: links, type: "customer", suspicions: ["many_links"] });
  expect(await list.next("new_customer_message")).toMatchObject({
    conversation_id: id,
    message,
    unread_count: 2,
  });
  const { messages } = await world.get(`/conversations/${id}/messages`);
  expect(messages[1]).toEqual(message);
  expect("suspicions" in messages[0]).toBe(false);
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ suspected: true, unread_count: 2 });
  expect(JSON.stringify((await visitor.settle()).concat(shown))).not.toContain("susp");
});

test("the same text again and again is suspected at the third time; a repeat under the sender's own id is none", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation("سلام");
  const chat = await world.chat(id);
  await say(visitor, "سلام");
  for (let n = 0; n < 4; n++) await say(visitor, offer, "c1");
  await say(visitor, `  ${offer.toUpperCase()}`);
  expect((await world.get(`/conversations/${id}`)).suspected).toBe(false);
  await say(visitor, offer);
  const said = (await chat.settle()).filter(({ type }) => type === "chat_message");
  expect(said.map(({ message }) => message.suspicions)).toEqual([
    undefined,
    undefined,
    undefined,
    ["repeated_text"],
  ]);
  expect((await world.get(`/conversations/${id}`)).suspected).toBe(true);
});

test("suspected conversations are found by the filter, over HTTP and on the list's socket", async () => {
  await using world = await InboxWorld.start();
  const [good, bad] = [await world.conversation(), await world.conversation(links)];
  for (const [suspected, found] of [
    ["true", [bad.id]],
    ["false", [good.id]],
    ["junk", [bad.id, good.id]],
  ] as const)
    expect(ids(await world.get(`/conversations?suspected=${suspected}`))).toEqual([...found]);
  const list = await world.list();
  list.send({ type: "filter_conversations", filters: { suspected: true } });
  expect(await list.next("conversations_list")).toMatchObject({
    conversations: [{ id: bad.id, suspected: true }],
    count: 1,
  });
});

test("an agent clears a conversation: it is told and audited, and nothing in it is suspected any more", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation(links);
  const list = await world.list(world.staff);
  expect(await (await clear(world, id)).json()).toMatchObject({ id, suspected: false });
  expect(await list.next("conversation_updated")).toMatchObject({ conversation_id: id, suspected: false });
  await say(visitor, `${links} again`);
  const { messages } = await world.get(`/conversations/${id}/messages`);
  // What was noticed before stays with its message.
  expect(messages.map(({ suspicions }: { suspicions?: string[] }) => suspicions)).toEqual([
    ["many_links"],
    undefined,
  ]);
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ suspected: false });
  // An agent's second thoughts: from now on it is as if nobody had cleared it.
  await world.send("PATCH", `/conversations/${id}`, { suspected: true });
  expect(await list.next("conversation_updated")).toMatchObject({ suspected: true });
  expect(ids(await world.get("/conversations?suspected=true"))).toEqual([id]);
  const audit = await world.get("/audit", world.staff);
  expect(
    audit.entries
      .filter(({ what }: { what: string }) => what.startsWith("conversation."))
      .map(({ who, what, target }: Record<string, string>) => [who, what, target]),
  ).toEqual([
    [world.ana.id, "conversation.suspect", id],
    [world.ana.id, "conversation.clear", id],
  ]);
});

test("who sends back what he read judges nothing, and strangers cannot judge", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation();
  await world.send("PATCH", `/conversations/${id}`, { suspected: false, priority: 2 });
  await say(visitor, links);
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ suspected: true, priority: 2 });
  const foreign = await world.send("PATCH", `/conversations/${id}`, { suspected: false }, world.stranger);
  expect(foreign.status).toBe(404);
  expect((await world.get(`/conversations/${id}`)).suspected).toBe(true);
  const { entries } = await world.get("/audit", world.staff);
  expect(entries.filter(({ what }: { what: string }) => what.startsWith("conversation."))).toEqual([]);
});

test("a conversation that is cleared while its message is under way stays cleared", async () => {
  await using world = await InboxWorld.start();
  const { id, visitor } = await world.conversation(links);
  const { journal } = world.app.app.inbox.deps;
  const commit = journal.commit.bind(journal);
  journal.commit = async (change) => {
    journal.commit = commit;
    await clear(world, id);
    return commit(change);
  };
  await say(visitor, links);
  expect((await world.get(`/conversations/${id}`)).suspected).toBe(false);
});

test("a suspected conversation is given to nobody by itself; once it is cleared, it is", async () => {
  await using world = await InboxWorld.start();
  await world.send("PATCH", `/inboxes/${world.inbox}`, { auto_assign: true }, world.staff);
  const list = await world.list();
  const visitor = await world.visitor();
  await say(visitor, links);
  const { conversation_id: id } = await list.next("new_customer_message");
  const honest = await world.visitor();
  await say(honest, "hi");
  // It was offered after the suspected one, and is taken.
  await list.next("conversation_updated");
  const [other, first] = (await world.get("/conversations?order_by=-created_at")).conversations;
  expect([other.assigned_to, first.id, first.assigned_to]).toEqual([Number(world.ana.id), id, null]);
  await clear(world, id);
  expect((await world.get(`/conversations/${id}`)).assigned_to).toBe(Number(world.ana.id));
});

test("a delivery that had to be taken again, because it could not be stored, is no repeat", async () => {
  await using world = await InboxWorld.start();
  const { arrivals, deps } = world.app.app.inbox;
  const event = {
    kind: "message",
    platformId: "7",
    from: { id: "42", firstName: "Z", lastName: "" },
  } as const;
  const update = { key: "1", events: [{ ...event, text: offer, at: Date.now() }] };
  const commit = deps.journal.commit.bind(deps.journal);
  deps.journal.commit = () => Promise.reject(new Error("disk full"));
  for (let n = 0; n < 4; n++)
    expect(await arrivals.receive(world.inbox, "web", update).catch(String)).toContain("disk full");
  deps.journal.commit = commit;
  await arrivals.receive(world.inbox, "web", update);
  const { conversations } = await world.get("/conversations");
  expect(conversations).toMatchObject([{ suspected: false, last_message: { content: offer } }]);
});

test("Telegram: albums are no repeats, an edit is judged too, and what was noticed survives a restart", async () => {
  const { tempDir } = await import("../../kit/temp.ts");
  using folder = tempDir();
  await using telegram = FakeTelegram.start();
  let id = "";
  let ana: InboxWorld["ana"];
  {
    await using world = await InboxWorld.start({ dataDir: folder.path });
    const bot = { bot_token: telegram.token, api_root: telegram.url };
    const { id: inbox } = await world.app.json(
      world.post("/inboxes", { kind: "telegram", name: "Bot", telegram: bot }, world.staff),
    );
    await world.join(inbox, world.ana);
    ana = world.ana;
    const list = await world.list();
    for (let n = 0; n < 6; n++) telegram.customerSends(42, { photo: [{ file_id: `f${n}`, file_size: 9 }] });
    for (let n = 0; n < 6; n++) ({ conversation_id: id } = await list.next("new_customer_message"));
    expect((await world.get(`/conversations/${id}`)).suspected).toBe(false);
    const written = telegram.customerWrites(42, offer);
    await list.next("new_customer_message");
    telegram.customerEdits(written, links);
    await list.next("conversation_updated");
    const { messages } = await world.get(`/conversations/${id}/messages`);
    expect(messages.at(-1)).toMatchObject({ content: links, suspicions: ["many_links"] });
    expect((await world.get(`/conversations/${id}`)).suspected).toBe(true);
  }
  await using again = await (await import("../../kit/app.ts")).TestApp.start({ dataDir: folder.path });
  const chat = await again.connect(`/ws/chat/${id}/?token=${ana.token}`);
  expect((await chat.next("recent_messages")).messages.at(-1).suspicions).toEqual(["many_links"]);
});
