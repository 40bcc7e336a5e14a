import { expect, test } from "bun:test";
import { FakeMeta } from "../../kit/instagram/meta.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { until } from "../../kit/until.ts";
import { InboxWorld } from "./kit.ts";

async function instagram(meta: FakeMeta) {
  const world = await InboxWorld.start();
  const body = { kind: "instagram", name: "Shop", instagram: meta.settings };
  const { id } = await world.app.json(world.post("/inboxes", body, world.staff));
  await world.join(id, world.ana);
  return { world, id, webhook: `${world.app.http}/webhooks/instagram/${id}` };
}

const only = async (world: InboxWorld) => (await world.get("/conversations")).conversations[0];
const messages = async (world: InboxWorld) =>
  (await world.get(`/conversations/${(await only(world)).id}/messages`)).messages;

test("a message that was taken back before it came is never shown, and nobody has to read it", async () => {
  await using meta = FakeMeta.start();
  const { world, webhook } = await instagram(meta);
  await using _ = world;
  const mid = meta.customerWrites("900", "I regret this");
  meta.customerUnsends("900", mid);
  const list = await world.list();
  expect(await meta.deliver(webhook, { reversed: true, repeat: 2 })).toEqual([200, 200, 200, 200]);
  expect(await messages(world)).toMatchObject([{ deleted: true, content: "" }]);
  expect((await only(world)).unread_count).toBe(0);
  const told = await list.settle();
  expect(told.map(({ type }) => type)).not.toContain("new_customer_message");
  expect(JSON.stringify(told)).not.toContain("regret");
  const { db } = world.app.app.inbox.deps.store;
  // What was waiting for the message itself is used up; for its other pieces it waits three days.
  const left = await db.selectFrom("inbox_early_changes").select("platform_id").execute();
  expect(left.map(({ platform_id }) => platform_id)).not.toContain(mid);
  // A deletion of what is here leaves nothing waiting for pieces that never were.
  const next = meta.customerWrites("900", "second thoughts");
  meta.customerUnsends("900", next);
  await meta.deliver(webhook);
  expect(await db.selectFrom("inbox_early_changes").select("at").execute()).toHaveLength(left.length);
});

test("a message that was edited before it came is stored as it was meant; the newest edit counts", async () => {
  await using meta = FakeMeta.start();
  const { world, webhook } = await instagram(meta);
  await using _ = world;
  const mid = meta.customerWrites("900", "first");
  const at = Date.now();
  const edit = (text: string, timestamp: number) =>
    meta.queue({ ...meta.item("900", { message_edit: { mid, text, num_edit: 1 } }), timestamp });
  edit("second", at + 1);
  edit("third", at + 2);
  const list = await world.list();
  await meta.deliver(webhook, { reversed: true });
  expect((await list.next("new_customer_message")).message).toMatchObject({
    content: "third",
    edited_at: new Date(at + 2).toISOString(),
  });
  // Of a message that is here, an older edit that comes late changes nothing either.
  edit("late", at);
  await meta.deliver(webhook);
  expect(await messages(world)).toMatchObject([{ content: "third", deleted: false }]);
});

test("each of several attachments counts", async () => {
  await using meta = FakeMeta.start();
  const { world, webhook } = await instagram(meta);
  await using _ = world;
  const list = await world.list();
  const attachments = [1, 2, 3].map((n) => ({
    type: "image",
    payload: { url: meta.file(new Uint8Array([n])) },
  }));
  meta.customerSends("900", { attachments });
  await meta.deliver(webhook);
  const counts = [];
  for (let n = 0; n < 3; n++) counts.push((await list.next("new_customer_message")).unread_count);
  expect(counts).toEqual([1, 2, 3]);
  expect((await only(world)).unread_count).toBe(3);
});

test("a title follows the name, a name that an agent gave stays, and so does a title", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const settings = { bot_token: telegram.token, api_root: telegram.url };
  const body = { kind: "telegram", name: "Bot", telegram: settings };
  const { id: inbox } = await world.app.json(world.post("/inboxes", body, world.staff));
  await world.join(inbox, world.ana);
  const list = await world.list();
  const writes = async (first_name: string) => {
    telegram.customerWrites(42, "hi", { first_name, last_name: "" });
    await list.next("new_customer_message");
    const { title, customer } = await only(world);
    return [title, customer.first_name];
  };
  expect(await writes("John")).toEqual(["telegram - John", "John"]);
  telegram.customerWrites(42, "hi", { first_name: "Johnny", last_name: "" });
  expect((await list.next("conversation_updated")).conversation_id).toBe((await only(world)).id);
  await list.next("new_customer_message");
  expect((await only(world)).title).toBe("telegram - Johnny");

  const { id, customer } = await only(world);
  await world.send("PATCH", `/customers/${customer.id}`, { first_name: "Mr Doe" });
  expect((await only(world)).title).toBe("telegram - Mr Doe");
  expect(await writes("Jack")).toEqual(["telegram - Mr Doe", "Mr Doe"]);
  await world.send("PATCH", `/conversations/${id}`, { title: "The refund" });
  await world.send("PATCH", `/customers/${customer.id}`, { last_name: "Senior" });
  expect((await only(world)).title).toBe("The refund");
});

test("a visitor's own name does not take the place of the one that an agent gave him", async () => {
  await using world = await InboxWorld.start();
  const { visitor } = await world.conversation();
  const { customer } = await only(world);
  visitor.send({ type: "name", name: "Zahra" });
  await until(
    () => only(world),
    ({ title }) => title === "web - Zahra",
  );
  await world.send("PATCH", `/customers/${customer.id}`, { first_name: "Zahra K." });
  visitor.send({ type: "name", name: "Admin" });
  await visitor.settle();
  expect((await only(world)).customer.first_name).toBe("Zahra K.");
});
