import { expect, test } from "bun:test";
import { FakeMeta } from "../../kit/instagram/meta.ts";
import { InboxWorld } from "./kit.ts";

async function shop(meta: FakeMeta) {
  const world = await InboxWorld.start();
  const body = { kind: "instagram", name: "Shop", instagram: meta.settings };
  const { id } = await world.app.json(world.post("/inboxes", body, world.staff));
  await world.join(id, world.ana);
  return { world, webhook: `${world.app.http}/webhooks/instagram/${id}` };
}

test("a customer whose message waits for the disk holds up no other, and a batch waits for each", async () => {
  await using meta = FakeMeta.start();
  const { world, webhook } = await shop(meta);
  await using _ = world;
  const { journal } = world.app.app.inbox.deps;
  const commit = journal.commit.bind(journal);
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.assign(journal, {
    commit: async (change: Parameters<typeof commit>[0]) => {
      if (JSON.stringify(change.events).includes("slow one")) await promise;
      return commit(change);
    },
  });
  const list = await world.list();
  for (const text of ["slow one", "slow two"]) meta.customerWrites("1001", text);
  meta.customerWrites("1002", "quick");
  const delivered = meta.deliver(webhook, { batch: true });
  expect((await list.next("new_customer_message")).message.content).toBe("quick");
  resolve();
  expect(await delivered).toEqual([200]);
  const others = [await list.next("new_customer_message"), await list.next("new_customer_message")];
  expect(others.map(({ message }) => message.content)).toEqual(["slow one", "slow two"]);
});

test("of a flood that is delivered three times at once, everything is there once and in order", async () => {
  await using meta = FakeMeta.start();
  const { world, webhook } = await shop(meta);
  await using _ = world;
  const texts = Array.from({ length: 5 }, (_, n) => `message ${n}`);
  const customers = Array.from({ length: 40 }, (_, n) => String(2_000 + n));
  for (const text of texts) for (const customer of customers) meta.customerWrites(customer, text);
  const answers = await Promise.all([1, 2, 3].map(() => meta.deliver(webhook, { batch: true })));
  expect(answers).toEqual([[200], [200], [200]]);
  const { conversations } = await world.get("/conversations?page_size=100");
  expect(conversations).toHaveLength(customers.length);
  for (const { id, unread_count } of conversations) {
    const { messages } = await world.get(`/conversations/${id}/messages`);
    expect(messages.map(({ content }: { content: string }) => content)).toEqual(texts);
    expect(unread_count).toBe(texts.length);
  }
});
