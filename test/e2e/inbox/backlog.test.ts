import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { TestApp } from "../../kit/app.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { tempDir } from "../../kit/temp.ts";
import { InboxWorld } from "./kit.ts";

/** More than what is read at once. */
const count = 520;

/** A server that ended while its platform was down: so many messages wait, and nobody was shown them. */
async function leaveBehind(dataDir: string, telegram: FakeTelegram) {
  await using world = await InboxWorld.start({ dataDir, flags: { "inbox-messages-per-minute": 0 } });
  const settings = { bot_token: telegram.token, api_root: telegram.url };
  const bot = { kind: "telegram", name: "Bot", telegram: settings };
  const { id: inbox } = await world.app.json(world.post("/inboxes", bot, world.staff));
  await world.join(inbox, world.ana);
  const list = await world.list();
  telegram.customerWrites(42, "salam");
  const { conversation_id: conversation } = await list.next("new_customer_message");
  await telegram.goDown();
  const texts = Array.from({ length: count }, (_, n) => String(n));
  for (const content of texts) await world.post(`/conversations/${conversation}/messages`, { content });
  return { conversation, texts, token: world.ana.token };
}

const databaseIn = (dataDir: string) => new Database(join(dataDir, "peyk.db"));

test("a start does not wait until everybody is shown what an earlier run left; then it comes in order", async () => {
  using folder = tempDir();
  await using telegram = FakeTelegram.start();
  const { conversation, texts, token } = await leaveBehind(folder.path, telegram);
  using other = databaseIn(folder.path);
  // Who has just ended may still be tidying up.
  other.run("pragma busy_timeout = 10000");
  other.run("update inbox_messages set announced = 0 where state = 'queued'");
  other.run("begin immediate");
  await using app = await TestApp.start({ dataDir: folder.path });
  const chat = await app.connect(`/ws/chat/${conversation}/?token=${token}`);
  expect((await chat.next("recent_messages")).messages).toHaveLength(1);
  other.run("rollback");
  const shown: string[] = [];
  while (shown.length < count) shown.push((await chat.next("chat_message")).message.content);
  expect(shown).toEqual(texts);
  telegram.comeUp();
  await telegram.until(() => telegram.received(42).length >= 2);
  expect(telegram.received(42).slice(0, 2)).toEqual(texts.slice(0, 2));
}, 60_000);
