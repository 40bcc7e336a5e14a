import { expect, test } from "bun:test";
import type { InboxDependencies } from "../../../src/features/inbox/dependencies.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { until } from "../../kit/until.ts";
import { InboxWorld } from "./kit.ts";

async function connectBot(world: InboxWorld, telegram: FakeTelegram) {
  const settings = { bot_token: telegram.token, api_root: telegram.url };
  const body = { kind: "telegram", name: "Bot", telegram: settings };
  const inbox = await world.app.json(world.post("/inboxes", body, world.staff));
  await world.join(inbox.id, world.ana);
  return inbox;
}

async function hello(world: InboxWorld, telegram: FakeTelegram): Promise<string> {
  const list = await world.list();
  telegram.customerWrites(42, "salam");
  const { conversation_id } = await list.next("new_customer_message");
  await list.close();
  return conversation_id;
}

const view = async (world: InboxWorld, id: string) =>
  (await world.get("/inboxes")).inboxes.find((each: { id: string }) => each.id === id);
const health = (world: InboxWorld) =>
  world.app.json(world.app.fetch("/api/websocket/health/", { token: world.staff.token }));

test("an inbox that does not start says so, is tried again, and loses nothing", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const { id } = await connectBot(world, telegram);
  const conversation = await hello(world, telegram);
  const { inbox } = world.app.app;
  const start = inbox.outbox.start.bind(inbox.outbox);
  let failures = 0;
  inbox.outbox.start = (...args) =>
    failures++ < 1 ? Promise.reject(new Error(`https://api/bot${telegram.token}/`)) : start(...args);
  await inbox.inboxes.running.changed({ inbox_id: id, platform: "changed" });
  const lame = await view(world, id);
  expect(lame).toMatchObject({ ok: false, problem: expect.stringContaining("could not be started") });
  expect(JSON.stringify(lame)).not.toContain(telegram.token);
  expect(JSON.stringify(await health(world))).toContain("could not be started");
  // Half an inbox would take the message and send it never.
  const refused = await world.post(`/conversations/${conversation}/messages`, { content: "too early" });
  expect(refused.status).toBe(503);
  expect(
    (
      await until(
        () => view(world, id),
        ({ ok }) => ok,
      )
    ).problem,
  ).toBeNull();
  await world.post(`/conversations/${conversation}/messages`, { content: "now" });
  await telegram.until(() => telegram.received(42).length === 1);
  telegram.customerWrites(42, "still polled");
  await telegram.until(() => telegram.pending.length === 0);
  expect(telegram.received(42)).toEqual(["now"]);
});

test("a platform whose start breaks down later is tried again too", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const { id } = await connectBot(world, telegram);
  const { inbox } = world.app.app;
  const { platforms } = inbox.deps;
  const create = platforms.create.bind(platforms);
  let isFirst = true;
  platforms.create = async (...args) => {
    const platform = await create(...args);
    if (!isFirst) return platform;
    isFirst = false;
    platform.start = () => Promise.reject(new Error("broke down"));
    return platform;
  };
  await inbox.inboxes.running.changed({ inbox_id: id, platform: "changed" });
  await until(
    () => view(world, id),
    ({ ok }) => !ok,
  );
  await until(
    () => view(world, id),
    ({ ok }) => ok,
  );
});

// biome-ignore lint/suspicious/noExplicitAny: a query of any shape.
type Query = any;

/** A query that runs once `released` is. */
const held = (query: Query, reading: () => void, released: Promise<void>): Query =>
  new Proxy(query, {
    get(target, name) {
      const part = Reflect.get(target, name, target);
      if (name !== "execute")
        return (...args: unknown[]) => held(part.apply(target, args), reading, released);
      return async () => {
        reading();
        await released;
        return part.call(target);
      };
    },
  });

/** What waits in the outbox is read once `released` is. */
function holdOutbox(deps: InboxDependencies, reading: () => void, released: Promise<void>): void {
  const { db } = deps.store;
  const selectFrom = db.selectFrom.bind(db) as Query;
  db.selectFrom = ((table: string) =>
    table === "inbox_outbox" ? held(selectFrom(table), reading, released) : selectFrom(table)) as Query;
}

test("what comes while an inbox starts goes out behind what an earlier run left", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const { id } = await connectBot(world, telegram);
  const conversation = await hello(world, telegram);
  await telegram.goDown();
  await world.post(`/conversations/${conversation}/messages`, { content: "first" });
  const { inboxes, deps } = world.app.app.inbox;
  const [reading, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  holdOutbox(deps, reading.resolve, released.promise);
  const started = inboxes.running.changed({ inbox_id: id, platform: "changed" });
  await reading.promise;
  telegram.comeUp();
  const second = world.post(`/conversations/${conversation}/messages`, { content: "second" });
  // Time enough to overtake, if it could.
  await world.get("/inboxes");
  released.resolve();
  await Promise.all([started, second]);
  await telegram.until(() => telegram.received(42).length === 2);
  expect(telegram.received(42)).toEqual(["first", "second"]);
}, 20_000);

test("a change that comes while the server starts its inboxes is taken after that", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const { id } = await connectBot(world, telegram);
  const { inbox } = world.app.app;
  const { running } = inbox.inboxes;
  await running.stop();
  const log: string[] = [];
  const { platforms } = inbox.deps;
  const create = platforms.create.bind(platforms);
  platforms.create = async (kind, ...args) => {
    log.push(`${kind} begins`);
    const platform = await create(kind, ...args);
    await Bun.sleep(5);
    log.push(`${kind} is made`);
    return platform;
  };
  await Promise.all([running.start(), running.changed({ inbox_id: id, platform: "changed" })]);
  const pairs = log.map((each, i) => (i % 2 === 0 ? each.endsWith("begins") : each.endsWith("is made")));
  expect(pairs.every(Boolean)).toBe(true);
  expect(log.filter((each) => each === "telegram begins")).toHaveLength(2);
});

test("what waited for a removed inbox is gone with it", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const { id } = await connectBot(world, telegram);
  const conversation = await hello(world, telegram);
  await telegram.goDown();
  await world.post(`/conversations/${conversation}/messages`, { content: "never" });
  await world.send("DELETE", `/inboxes/${id}`, {}, world.staff);
  const { store } = world.app.app.inbox.deps;
  expect(await store.db.selectFrom("inbox_outbox").selectAll().execute()).toEqual([]);
  telegram.comeUp();
});

test("an inbox whose store is away when it is started anew is tried again too", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const { id } = await connectBot(world, telegram);
  const { running } = world.app.app.inbox.inboxes;
  const { store } = world.app.app.inbox.deps;
  const { db } = store;
  const away = (): never => {
    throw new Error("the store is away");
  };
  Object.assign(store, { db: db.withPlugin({ transformQuery: away, transformResult: away }) });
  const renewed = running.changed({ inbox_id: id, platform: "changed" });
  await renewed.catch(() => {}).finally(() => Object.assign(store, { db }));
  expect(running.status(id)).toMatchObject({ ok: false, problem: expect.stringContaining("tried again") });
  await until(
    () => view(world, id),
    ({ ok }) => ok,
  );
  const conversation = await hello(world, telegram);
  await world.post(`/conversations/${conversation}/messages`, { content: "here again" });
  await telegram.until(() => telegram.received(42).length === 1);
});
