import { expect, test } from "bun:test";
import { sql } from "kysely";
import { addInbox } from "../../../bench/servers/inbox.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { until } from "../../kit/until.ts";
import { InboxWorld } from "./kit.ts";

const ids = ({ conversations }: { conversations: { id: string }[] }) => conversations.map(({ id }) => id);

test("a small inbox is searched as if no huge one stood beside it", async () => {
  await using world = await InboxWorld.start();
  const small = await addInbox(world.app.app, world.ana.id, "Small", 30);
  // More messages with the same word than a search looks at, all of them newer.
  await addInbox(world.app.app, world.stranger.id, "Huge", 11_000);
  const mine = await world.get("/conversations?search=ORDER&page_size=20&page=2");
  expect(mine.pagination).toMatchObject({ count: 30, page_count: 2 });
  expect(new Set(mine.conversations.map(({ inbox_id }: { inbox_id: string }) => inbox_id))).toEqual(
    new Set([small]),
  );
  expect((await world.get("/conversations?search=Customer")).pagination.count).toBe(30);
  expect((await world.get("/conversations?search=Huge")).pagination.count).toBe(0);
  const theirs = await world.get("/conversations?search=order", world.stranger);
  expect(theirs.pagination.count).toBe(10_000);
});

test("pages of several inboxes follow one another without gap or repeat, however deep", async () => {
  await using world = await InboxWorld.start();
  for (const [name, count] of [
    ["One", 130],
    ["Two", 170],
    ["Three", 5],
  ] as const)
    await addInbox(world.app.app, world.ana.id, name, count);
  for (const order of ["", "&order_by=updated_at", "&order_by=-title"]) {
    const whole = ids(await world.get(`/conversations?page_size=500${order}`));
    expect(whole).toHaveLength(305);
    const pages: string[] = [];
    for (let page = 1; page <= 7; page++)
      pages.push(...ids(await world.get(`/conversations?page_size=50&page=${page}${order}`)));
    expect(pages).toEqual(whole);
  }
  expect(ids(await world.get("/conversations?page=8"))).toEqual([]);
});

test("a title that an agent gave is found, also after the customer's name has changed", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const count = async (search: string) =>
    (await world.get(`/conversations?search=${search}`)).pagination.count;
  await world.send("PATCH", `/conversations/${id}`, { title: "Broken teapot" });
  expect(await count("teapot")).toBe(1);
  const { customer } = await world.get(`/conversations/${id}`);
  await world.send("PATCH", `/customers/${customer.id}`, { first_name: "Zahra" });
  expect([await count("teapot"), await count("zahra")]).toEqual([1, 1]);
});

test("a search finds what a message says now", async () => {
  await using telegram = FakeTelegram.start();
  await using world = await InboxWorld.start();
  const settings = { bot_token: telegram.token, api_root: telegram.url };
  const body = { kind: "telegram", name: "Bot", telegram: settings };
  const { id } = await world.app.json(world.post("/inboxes", body, world.staff));
  await world.join(id, world.ana);
  const list = await world.list();
  const written = telegram.customerWrites(42, "where is my parcel");
  await list.next("new_customer_message");
  const count = async (search: string) =>
    (await world.get(`/conversations?search=${search}`)).pagination.count;
  const becomes = (search: string, n: number) =>
    until(
      () => count(search),
      (found) => found === n,
    );
  await becomes("parcel", 1);
  telegram.customerEdits(written, "where is my bicycle");
  await becomes("bicycle", 1);
  expect(await count("parcel")).toBe(0);
});

test("words of any script are found, in upper and lower case alike, and signs stand for themselves", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation(`Привет, سلام دنیا! 100%_sure 'quoted' "double" back\\slash`);
  await world.conversation("something else");
  const found = async (search: string) =>
    ids(await world.get(`/conversations?search=${encodeURIComponent(search)}`));
  await until(
    () => found("привет"),
    (all) => all.length > 0,
  );
  for (const search of ["ПРИВЕТ", "РИВЕ", "سلام", "لام د", "0%_S", "'QUO", '"dou', "k\\sla"])
    expect([search, await found(search)]).toEqual([search, [id]]);
  for (const search of ["0_%s", "%%%", "___", "приветы", "سلامت"])
    expect([search, await found(search)]).toEqual([search, []]);
});

test("two letters are looked for in the titles of the newest ten thousand conversations", async () => {
  await using world = await InboxWorld.start();
  const { app } = world.app;
  const inbox = await addInbox(app, world.ana.id, "Big", 10_002);
  for (const [title, nth] of [
    ["zq oldest", "min"],
    ["zq newest", "max"],
  ] as const) {
    const named =
      sql`update inbox_conversations set title = ${title} where inbox_id = ${inbox} and updated_at =
      (select ${sql.raw(nth)}(updated_at) from inbox_conversations where inbox_id = ${inbox})`.compile(
        app.store.db,
      );
    await app.store.commit({ writes: [{ compile: () => named }] });
  }
  const { conversations, pagination } = await world.get(`/conversations?inbox_id=${inbox}&search=ZQ`);
  expect(conversations.map(({ title }: { title: string }) => title)).toEqual(["zq newest"]);
  expect(pagination.count).toBe(1);
});
