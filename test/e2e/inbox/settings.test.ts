import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { FakeMeta } from "../../kit/instagram/meta.ts";
import { peyk } from "../../kit/process.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { InboxWorld } from "./kit.ts";

const bot = (telegram: FakeTelegram) => ({ bot_token: telegram.token, api_root: telegram.url });
const change = (world: InboxWorld, id: string, body: object) =>
  world.send("PATCH", `/inboxes/${id}`, body, world.staff);

async function add(world: InboxWorld, body: object) {
  const answer = await world.post("/inboxes", { name: "Shop", ...body }, world.staff);
  if (answer.status !== 201) throw new Error(await answer.text());
  const inbox = await world.app.json(answer);
  await world.join(inbox.id, world.ana);
  return inbox;
}

async function stored(world: InboxWorld, id: string) {
  const { store, box } = world.app.app.inbox.deps;
  const row = await store.db.selectFrom("inboxes").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  return { row, settings: JSON.parse(await box.open(row.secrets)) };
}

test("a bot's new token takes the place of the old one, and is asked about first", async () => {
  await using telegram = FakeTelegram.start();
  // The same bot, with a token that its owner has just made.
  await using renewed = FakeTelegram.start({ token: `${telegram.token.split(":")[0]}:AA${"n".repeat(33)}` });
  await using other = FakeTelegram.start({ token: `812345678:AA${"o".repeat(33)}` });
  await using world = await InboxWorld.start();
  const { id } = await add(world, { kind: "telegram", telegram: bot(telegram) });

  const wrong = await change(world, id, { telegram: { bot_token: renewed.token }, name: "No" });
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).not.toContain(renewed.token);
  expect((await change(world, id, { telegram: bot(other) })).status).toBe(400);
  expect((await change(world, id, { instagram: { app_secret: "0123456789" } })).status).toBe(422);
  expect((await change(world, id, { telegram: { mode: "webhook" } })).status).toBe(400);
  expect((await change(world, id, { telegram: { bottoken: "x" } })).status).toBe(422);
  expect((await stored(world, id)).row.name).toBe("Shop");

  const answer = await change(world, id, { name: "New name", telegram: bot(renewed) });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ name: "New name", ok: true, account: "peyk_bot" });
  const { row, settings } = await stored(world, id);
  expect(settings).toMatchObject({ bot_token: renewed.token, mode: "polling" });
  expect(settings.webhook_secret).toHaveLength(40);
  for (const secret of [renewed.token, settings.webhook_secret]) {
    expect(text).not.toContain(secret);
    expect(row.secrets).not.toContain(secret);
  }

  const list = await world.list();
  renewed.customerWrites(42, "through the new one");
  const { conversation_id } = await list.next("new_customer_message");
  await world.post(`/conversations/${conversation_id}/messages`, { content: "and back" });
  await renewed.until(() => renewed.received(42).length === 1);
  expect(telegram.received(42)).toEqual([]);
});

test("what waits because of a revoked token goes out as soon as there is another", async () => {
  await using telegram = FakeTelegram.start();
  await using renewed = FakeTelegram.start({ token: `${telegram.token.split(":")[0]}:AA${"n".repeat(33)}` });
  await using world = await InboxWorld.start();
  const { id } = await add(world, { kind: "telegram", telegram: bot(telegram) });
  const list = await world.list();
  telegram.customerWrites(42, "salam");
  const { conversation_id } = await list.next("new_customer_message");
  telegram.inject({ kind: "refuse", code: 401, description: "Unauthorized" }, { method: "sendMessage" });
  await world.post(`/conversations/${conversation_id}/messages`, { content: "at last" });
  const { db } = world.app.app.inbox.deps.store;
  await until(
    () => db.selectFrom("inbox_outbox").select("attempts").executeTakeFirstOrThrow(),
    ({ attempts }) => attempts === 1,
  );
  // The same bot knows him.
  renewed.customerWrites(42, "are you there?");
  expect((await change(world, id, { telegram: bot(renewed) })).status).toBe(200);
  await renewed.until(() => renewed.received(42).length === 1);
  expect(renewed.received(42)).toEqual(["at last"]);
}, 40_000);

test("an account's new token and app secret count at once", async () => {
  await using meta = FakeMeta.start();
  await using world = await InboxWorld.start();
  const { id } = await add(world, { kind: "instagram", instagram: meta.settings });
  meta.newToken("IGAA-another-token");
  expect((await change(world, id, { instagram: { access_token: "IGAA-a-wrong-one" } })).status).toBe(400);
  const secrets = { access_token: "IGAA-another-token", app_secret: "another-app-secret" };
  expect((await change(world, id, { instagram: secrets })).status).toBe(200);
  const webhook = `${world.app.http}/webhooks/instagram/${id}`;
  meta.customerWrites("900", "signed with the old app secret");
  expect(await meta.deliver(webhook)).toEqual([403]);
  expect((await change(world, id, { instagram: { app_secret: meta.settings.app_secret } })).status).toBe(200);
  const list = await world.list();
  expect(await meta.deliver(webhook)).toEqual([200]);
  const { conversation_id } = await list.next("new_customer_message");
  await world.post(`/conversations/${conversation_id}/messages`, { content: "with the new token" });
  await meta.arrived("send");
  expect(meta.received("900")).toEqual(["with the new token"]);
});

test("a token that Meta renewed is on the disk, encrypted, and counts after a restart", async () => {
  const clock = new FakeClock(Date.now() - 2 * 86_400_000);
  await using meta = FakeMeta.start({ clock });
  await using world = await InboxWorld.start();
  const first = meta.accessToken;
  const { id } = await add(world, { kind: "instagram", instagram: meta.settings });
  clock.advance(2 * 86_400_000);
  const { store, box } = world.app.app.inbox.deps;
  const { settings } = await stored(world, id);
  const secrets = await box.seal(JSON.stringify({ ...settings, token_since: 0 }));
  await store.commit({ writes: [store.db.updateTable("inboxes").set({ secrets }).where("id", "=", id)] });
  const { running } = world.app.app.inbox.inboxes;
  await running.changed({ inbox_id: id, platform: "changed" });
  const kept = await until(
    () => stored(world, id),
    ({ settings }) => settings.access_token !== first,
  );
  expect(kept.settings.access_token).toBe(meta.accessToken);
  expect(kept.row.secrets).not.toContain(meta.accessToken);
  await running.changed({ inbox_id: id, platform: "changed" });
  const asked = meta.count("subscriptions");
  await meta.arrived("subscriptions", asked + 1);
  expect(meta.count("refresh")).toBe(1);
  expect(running.status(id)).toEqual({ ok: true, problem: null });
});

test("the command line changes an inbox beside a running server", async () => {
  using folder = tempDir();
  await using telegram = FakeTelegram.start();
  await using renewed = FakeTelegram.start({ token: `${telegram.token.split(":")[0]}:AA${"n".repeat(33)}` });
  await using world = await InboxWorld.start({ dataDir: folder.path });
  const { id } = await add(world, { kind: "telegram", telegram: bot(telegram) });
  const flags = ["--name", "By command", "--bot-token", renewed.token, "--api-root", renewed.url];
  const said = await peyk(folder.path, "inbox", "update", id, ...flags, "--auto-assign", "on");
  expect(said).not.toContain(renewed.token);
  const list = await world.list();
  await renewed.until(() => renewed.called("getUpdates").length > 0);
  renewed.customerWrites(42, "hello");
  await list.next("new_customer_message");
  const { inboxes } = await world.get("/inboxes");
  expect(inboxes.find((each: { id: string }) => each.id === id)).toMatchObject({
    name: "By command",
    auto_assign: true,
  });
});

test("one bot or account feeds one inbox; who may see that one is told which", async () => {
  await using telegram = FakeTelegram.start();
  await using meta = FakeMeta.start();
  await using world = await InboxWorld.start();
  const other = await world.app.user("staff");
  for (const body of [
    { kind: "telegram", telegram: bot(telegram) },
    { kind: "instagram", instagram: meta.settings },
  ]) {
    const { id } = await add(world, body);
    const again = (agent = world.staff) => world.post("/inboxes", { name: "Again", ...body }, agent);
    const [mine, others] = [await again(), await again(other)];
    expect([mine.status, others.status]).toEqual([409, 409]);
    expect(await mine.text()).toContain(id);
    expect(await others.text()).not.toContain(id);
    const both = await Promise.all([again(), again()]);
    expect(both.map(({ status }) => status)).toEqual([409, 409]);
    await world.send("DELETE", `/inboxes/${id}`, {}, world.staff);
    expect((await again()).status).toBe(201);
  }
});
