import { expect, test } from "bun:test";
import { FakeMeta } from "../../kit/instagram/meta.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { InboxWorld } from "./kit.ts";

const secretHeader = "X-Telegram-Bot-Api-Secret-Token";

/** A bot and an account, their inboxes, and what a webhook of an inbox answers. */
async function platforms(telegram: FakeTelegram, meta: FakeMeta) {
  const world = await InboxWorld.start();
  const add = async (body: object) =>
    world.app.json(world.post("/inboxes", { name: "Shop", ...body }, world.staff));
  const bot = await add({
    kind: "telegram",
    telegram: { bot_token: telegram.token, api_root: telegram.url },
  });
  const account = await add({ kind: "instagram", instagram: meta.settings });
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(`${world.app.http}/webhooks/${path}`, init);
    const type = answer.headers.get("content-type");
    return { status: answer.status, body: await answer.text(), type };
  };
  return { world, bot, account, ask };
}

test("who has no secret learns not even which inboxes there are", async () => {
  await using telegram = FakeTelegram.start();
  await using meta = FakeMeta.start();
  const { world, bot, account, ask } = await platforms(telegram, meta);
  await using _ = world;
  const refused = { status: 403, body: "forbidden\n", type: "text/plain" };
  const strange = { [secretHeader]: "x".repeat(40), "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
  const requests: RequestInit[] = [
    { method: "POST", body: '{"update_id":1}' },
    { method: "POST", body: '{"update_id":1}', headers: strange },
    { method: "POST", body: "no JSON", headers: strange },
    { method: "GET", headers: strange },
  ];
  for (const init of requests)
    for (const path of [
      `telegram/${bot.id}`,
      `telegram/${account.id}`,
      `telegram/${world.inbox}`,
      "telegram/in_nobody",
      `instagram/${account.id}`,
      `instagram/${bot.id}`,
      "instagram/in_nobody",
      "web/in_nobody",
      `web/${world.inbox}`,
    ])
      expect([path, await ask(path, init)]).toEqual([path, refused]);
  const query = "?hub.mode=subscribe&hub.challenge=42&hub.verify_token=";
  for (const id of [account.id, "in_nobody"])
    expect(await ask(`instagram/${id}${query}wrong`, {})).toEqual(refused);
  expect((await ask(`instagram/${account.id}${query}${account.webhook_secret}`, {})).body).toBe("42");
  // What is refused without a look at any secret is refused to all alike.
  for (const id of [bot.id, "in_nobody"]) {
    expect((await ask(`telegram/${id}`, { method: "PUT", body: "{}" })).status).toBe(405);
    expect((await ask(`telegram/${id}`, { method: "POST", body: "x".repeat(1_100_000) })).status).toBe(413);
  }
});

test("a webhook of an unknown inbox costs the same work as one of a known", async () => {
  await using telegram = FakeTelegram.start();
  await using meta = FakeMeta.start();
  const { world, ask } = await platforms(telegram, meta);
  await using _ = world;
  const noted: { inbox: string; platform: string; detail: string }[] = [];
  world.app.app.events.on("platform.noted", (event) => noted.push(event));
  const headers = { "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
  await ask("instagram/in_nobody", { method: "POST", body: "{}", headers });
  // The signature was computed over the body: only then it can be said that it does not fit.
  expect(noted).toMatchObject([
    { inbox: "unknown", platform: "instagram", detail: expect.stringContaining("does not fit") },
  ]);
});

test("what a message is on its platform is found by an index", async () => {
  await using world = await InboxWorld.start();
  const { sql } = await import("kysely");
  const { rows } = await sql<{ detail: string }>`explain query plan
    select count(*) from inbox_message_refs where message_id = 'msg_1'`.execute(
    world.app.app.inbox.deps.store.db,
  );
  expect(rows.map(({ detail }) => detail).join()).toContain("inbox_message_refs_message");
});
