import { expect, test } from "bun:test";
import { sql } from "kysely";
import { addInbox } from "../../../bench/servers/inbox.ts";
import { setMessageState } from "../../../src/features/inbox/repo.ts";
import { Stats } from "../../../src/features/inbox/stats.ts";
import { FakeClock } from "../../kit/clock.ts";
import { until } from "../../kit/until.ts";
import { type Agent, InboxWorld } from "./kit.ts";

/** Ten minutes before a day ends, in UTC. */
const evening = Date.parse("2026-11-20T23:50:00Z");

/** Counts what is stored now; the job does so each second. */
async function count(stats: Stats): Promise<void> {
  for (let n = 0; n < 3; n++) while (await stats.count(2));
}

const say = (world: InboxWorld, id: string, content: string, agent: Agent = world.ana) =>
  world.post(`/conversations/${id}/messages`, { content }, agent);

const ask = (world: InboxWorld, query = "", agent = world.ana, inbox = world.inbox) =>
  world.app.fetch(`/api/inboxes/${inbox}/stats${query}`, { token: agent.token });

test("what was opened, said and answered on which day, and how fast", async () => {
  const clock = new FakeClock(evening);
  await using world = await InboxWorld.start({ clock });
  const { stats } = world.app.app.inbox;
  const [one, two] = [await world.conversation(), await world.conversation()];
  clock.advance(10_000);
  await say(world, one.id, "at once");
  clock.advance(20_000);
  await say(world, two.id, "later", world.staff);
  await say(world, one.id, "and again");
  clock.advance(15 * 60_000);
  const three = await world.conversation();
  await world.post(`/conversations/${three.id}/messages`, { content: "offers", type: "marketing" });
  await world.send("PATCH", `/conversations/${one.id}`, { status: "closed" });
  await count(stats);
  const answer = await ask(world, "?from=2026-11-20&to=2026-11-21");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    inbox_id: world.inbox,
    from: "2026-11-20",
    to: "2026-11-21",
    conversations: { opened: 3, open: 2, closed: 1 },
    messages: { customer: 3, support: 3, marketing: 1, AI: 0 },
    failed_sends: 0,
    // A circular letter is no answer.
    first_response: { conversations: 2, median_ms: 10_000, p95_ms: 30_000 },
    agents: [
      { user_id: Number(world.ana.id), name: expect.any(String), messages: 3 },
      { user_id: Number(world.staff.id), name: expect.any(String), messages: 1 },
    ],
    days: [
      { day: "2026-11-20", opened: 2, customer: 2, support: 3, marketing: 0, AI: 0, failed_sends: 0 },
      { day: "2026-11-21", opened: 1, customer: 1, support: 0, marketing: 1, AI: 0, failed_sends: 0 },
    ],
  });
  // A day of which nothing was asked is not in it; what is open now is.
  expect(await (await ask(world, "?from=2026-11-21")).json()).toMatchObject({
    conversations: { opened: 1, open: 2, closed: 1 },
    messages: { customer: 1, support: 0 },
    first_response: { conversations: 0, median_ms: null, p95_ms: null },
    agents: [{ messages: 1 }],
  });
});

test("members and administrators see it; to all others the inbox does not exist", async () => {
  await using world = await InboxWorld.start();
  const [admin, elsewhere] = [await world.app.user("admin"), await world.app.user("staff")];
  expect((await ask(world)).status).toBe(200);
  expect((await ask(world, "", admin)).status).toBe(200);
  for (const agent of [world.stranger, elsewhere]) {
    const answers = [];
    // A range that cannot be tells nothing either.
    for (const [inbox, query] of [
      [world.inbox, ""],
      ["in_unknown", ""],
      [world.inbox, "?from=2020-01-01"],
    ] as const) {
      const { receipt: _, ...body } = await world.app.json(ask(world, query, agent, inbox));
      answers.push(body);
    }
    expect(answers[0]).toMatchObject({ status: 404, fault: "not_found" });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  }
  expect((await ask(world, "", admin, "in_unknown")).status).toBe(404);
  expect((await ask(world, "", { id: "", token: "nonsense" })).status).toBe(401);
});

test("92 days at most: past it 400, which says what to do", async () => {
  await using world = await InboxWorld.start();
  expect((await ask(world, "?from=2026-01-01&to=2026-04-02")).status).toBe(200);
  const tooMany = await ask(world, "?from=2026-01-01&to=2026-04-03");
  expect(tooMany.status).toBe(400);
  expect((await world.app.json(tooMany)).detail).toBe(
    "93 days are too many: ask for 92 at most, in several parts",
  );
  expect((await ask(world, "?from=2026-01-02&to=2026-01-01")).status).toBe(400);
  for (const junk of ["?from=yesterday", "?to=2026-02-30", "?from=2026-1-1"])
    expect((await ask(world, junk)).status).toBe(422);
});

test("what could not be sent counts until it is sent after all", async () => {
  await using world = await InboxWorld.start();
  const { store } = world.app.app.inbox.deps;
  const { id } = await world.conversation();
  const { message } = await world.app.json(say(world, id, "hello"));
  const failed = async () => (await world.app.json(ask(world))).failed_sends;
  expect(await failed()).toBe(0);
  await store.commit({ writes: [setMessageState(store.db, message.id, "failed", "blocked")] });
  expect(await failed()).toBe(1);
  expect((await world.app.json(ask(world))).days.at(-1).failed_sends).toBe(1);
  await store.commit({ writes: [setMessageState(store.db, message.id, "sent", null)] });
  expect(await failed()).toBe(0);
});

test("each message is counted once, whoever counts beside", async () => {
  await using world = await InboxWorld.start({ clock: new FakeClock(Date.now()) });
  const { deps, stats } = world.app.app.inbox;
  const other = new Stats(deps);
  const { id } = await world.conversation();
  for (let n = 0; n < 9; n++) await say(world, id, String(n));
  for (let n = 0; n < 8; n++) await Promise.all([stats.count(3), other.count(2)]);
  await say(world, id, "one more");
  await Promise.all([count(stats), count(other)]);
  const { messages, agents } = await world.app.json(ask(world));
  expect(messages).toMatchObject({ customer: 1, support: 10 });
  expect(agents).toMatchObject([{ messages: 10 }]);
});

test("the job counts by itself", async () => {
  await using world = await InboxWorld.start();
  await world.conversation();
  await until(
    () => world.app.json(ask(world)),
    ({ messages }) => messages.customer === 1,
  );
});

test("thousands of conversations of one moment are all counted, and nothing of another inbox", async () => {
  await using world = await InboxWorld.start();
  const { app } = world.app;
  const [inbox, other] = [
    await addInbox(app, world.ana.id, "Big", 5_000),
    await addInbox(app, world.ana.id, "Other", 100),
  ];
  const at = Date.parse("2026-11-20T12:00:00Z");
  const nth = sql`customer_id - (select min(customer_id) from inbox_conversations where inbox_id = ${inbox}) + 1`;
  const same =
    sql`update inbox_conversations set created_at = ${at}, first_response_at = ${at} + 10 * (${nth})
    where inbox_id = ${inbox}`.compile(app.store.db);
  await app.store.commit({ writes: [{ compile: () => same }] });
  const query = "?from=2026-11-20&to=2026-11-20";
  expect(await world.app.json(ask(world, query, world.ana, inbox))).toMatchObject({
    conversations: { opened: 5_000, open: 5_000, closed: 0 },
    first_response: { conversations: 5_000, median_ms: 25_000, p95_ms: 47_500 },
    days: [{ opened: 5_000 }],
  });
  expect((await world.app.json(ask(world, query, world.ana, other))).conversations.opened).toBe(0);
});
