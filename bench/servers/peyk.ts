/** Peyk under test, in a process of its own: the product's own start, limits out of the way, no log. */
import { CompiledQuery } from "kysely";
import { type App, startApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { answerCalls } from "../kit/child.ts";
import { settledUsage, usage } from "../kit/usage.ts";
import type { ChatsPlan, InboxesPlan, ServerCalls } from "./calls.ts";
import { addDrivers, addOrders } from "./fleet.ts";
import { addInbox, addMessages, conversationsOf, tidy } from "./inbox.ts";
import { createRoomTable, roomChannel } from "./room.ts";

const users = 50;
let app: App | undefined;

function configure(): Config {
  const loaded = loadConfig({ env: process.env });
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  return loaded.config;
}

async function start(): Promise<number> {
  app = await startApp(configure(), { channels: (core) => [roomChannel(core)] });
  const table = CompiledQuery.raw(createRoomTable);
  await app.store.commit({ writes: [{ compile: () => table }] });
  return Number(app.urls[0]!.port);
}

async function tokens(count: number): Promise<string[]> {
  const emails = Array.from({ length: users }, (_, i) => `user${i}@bench.example`);
  await Promise.all(emails.map((email) => addUser(email, "user")));
  return Promise.all(
    Array.from({ length: count }, (_, i) => app!.accounts.issueToken(emails[i % users]!, 3600)),
  );
}

async function staffToken(): Promise<string> {
  const email = "staff@bench.example";
  await addUser(email, "staff");
  return app!.accounts.issueToken(email, 3600);
}

async function addUser(email: string, role: "user" | "staff"): Promise<void> {
  const known = (await app!.accounts.list()).some((user) => user.email === email);
  if (!known) await app!.accounts.add({ email, password: crypto.randomUUID(), role });
}

async function countRows(table: "device_logs" | "order_history"): Promise<number> {
  const { db } = app!.store;
  const counted = db.selectFrom(table).select((eb) => eb.fn.countAll<number>().as("n"));
  return (await counted.executeTakeFirstOrThrow()).n;
}

/** A token of one agent, and his id. */
async function agent(name: string): Promise<{ id: string; token: string }> {
  const email = `${name}@bench.example`;
  await addUser(email, "staff");
  const { id } = await app!.accounts.byEmail(email);
  return { id: String(id), token: await app!.accounts.issueToken(email, 3600) };
}

async function chats(plan: ChatsPlan): Promise<string[]> {
  const agents = await Promise.all(Array.from({ length: plan.agents }, (_, i) => agent(`agent${i}`)));
  const inbox = await addInbox(app!, agents[0]!.id, "Site", plan.conversations);
  for (const { id } of agents) await app!.inbox.inboxes.addMember(inbox, id);
  const ids = await conversationsOf(app!, inbox);
  const windows = Array.from({ length: plan.windows }, () => agents).flat();
  return windows.flatMap(({ token }) => ids.map((id) => `/ws/chat/${id}/?token=${token}`));
}

async function inboxes(plan: InboxesPlan): Promise<{ huge: string; small: string; long: string }> {
  const [huge, small] = [await agent("huge"), await agent("small")];
  await addInbox(app!, huge.id, "Huge", plan.huge);
  const inbox = await addInbox(app!, small.id, "Small", plan.small);
  const [long] = await conversationsOf(app!, inbox);
  await addMessages(app!, long!, plan.long);
  await tidy(app!.config);
  return { huge: huge.token, small: small.token, long: long! };
}

answerCalls({
  chats,
  inboxes,
  start,
  tokens,
  staffToken,
  logLines: () => countRows("device_logs"),
  drivers: (count: number) => addDrivers(app!, count),
  orders: (count: number) => addOrders(app!, count),
  orderSteps: () => countRows("order_history"),
  usage,
  settledUsage,
} satisfies ServerCalls);
