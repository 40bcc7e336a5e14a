import { expect, test } from "bun:test";
import { until } from "../../kit/until.ts";
import { type Agent, InboxWorld } from "./kit.ts";

interface Given {
  readonly assigned_to: number | null;
}

const assignee = async (world: InboxWorld, id: string) =>
  (await world.get(`/conversations/${id}`, world.staff)).assigned_to;

test("what a removed member had is anybody's again, and given to another where the inbox gives out", async () => {
  await using world = await InboxWorld.start();
  const [open, closed] = [await world.conversation(), await world.conversation()];
  for (const { id } of [open, closed])
    await world.send("PATCH", `/conversations/${id}`, { assigned_to: world.ana.id });
  await world.send("PATCH", `/conversations/${closed.id}`, { status: "closed" });
  await world.send("PATCH", `/inboxes/${world.inbox}`, { auto_assign: true }, world.staff);
  const list = await world.list(world.staff);
  await world.send("DELETE", `/inboxes/${world.inbox}/members/${world.ana.id}`, {}, world.staff);
  const told = [await list.next("conversation_updated"), await list.next("conversation_updated")];
  expect(told.map(({ assigned_to }) => assigned_to)).toEqual([null, null]);
  // He who is here takes over what is open; what is closed stays free.
  expect(await list.next("conversation_updated")).toMatchObject({
    conversation_id: open.id,
    assigned_to: Number(world.staff.id),
  });
  expect(await assignee(world, closed.id)).toBeNull();
});

test("a change of a conversation is all or nothing", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const body = { status: "closed", title: "No", assigned_to: world.stranger.id };
  expect((await world.send("PATCH", `/conversations/${id}`, body)).status).toBe(422);
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ status: "active", assigned_to: null });
  // Somebody else takes it between reading and writing.
  const { access } = world.app.app.inbox;
  const room = access.room.bind(access);
  access.room = async (user, conversation) => {
    const found = await room(user, conversation);
    access.room = room;
    await world.send("PATCH", `/conversations/${id}`, { assigned_to: world.staff.id }, world.staff);
    return found;
  };
  const late = { status: "closed", assigned_to: world.ana.id };
  expect((await world.send("PATCH", `/conversations/${id}`, late)).status).toBe(409);
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ status: "active" });
  const both = { status: "closed", priority: 2, title: "Refund", assigned_to: null };
  const list = await world.list();
  expect((await world.send("PATCH", `/conversations/${id}`, both)).status).toBe(200);
  expect(await world.get(`/conversations/${id}`)).toMatchObject({ ...both, assigned_to: null });
  expect(await list.settle()).toMatchObject([
    { type: "conversation_updated", status: "closed", assigned_to: null },
  ]);
});

test("a conversation that is given to him who is taken from the inbox in the same moment stays free", async () => {
  await using world = await InboxWorld.start();
  const { id } = await world.conversation();
  const { conversations, inboxes, access, deps } = world.app.app.inbox;
  const { conversation } = await access.room(world.ana.id, id);
  const give = () => conversations.change(conversation, { assigned_to: world.ana.id });
  const take = () => inboxes.removeMember(world.inbox, world.ana.id);
  const commit = deps.journal.commit.bind(deps.journal);
  /** The first change has read what it wants to know, and is written after the other one. */
  const overtaken = async (first: () => Promise<void>, second: () => Promise<void>) => {
    deps.journal.commit = async (change) => {
      deps.journal.commit = commit;
      await second();
      return commit(change);
    };
    await first();
  };
  const list = await world.list(world.staff);
  expect(await overtaken(give, take).catch((error) => error)).toMatchObject({ fault: "conflict" });
  expect(await assignee(world, id)).toBeNull();
  await world.join(world.inbox, world.ana);
  await list.settle();
  await overtaken(take, give);
  expect(await assignee(world, id)).toBeNull();
  const told = (await list.settle()).filter(({ type }) => type === "conversation_updated");
  expect(told.at(-1)).toMatchObject({ conversation_id: id, assigned_to: null });
});

test("conversations of removed inboxes are no load", async () => {
  await using world = await InboxWorld.start();
  const { id: old } = await world.app.json(world.post("/inboxes", { kind: "web", name: "Old" }, world.staff));
  await world.join(old, world.ana);
  for (let n = 0; n < 2; n++) {
    const visitor = await world.app.connect(`/ws/widget/${old}`);
    visitor.send({ type: "message", content: "hi" });
    await visitor.next("message");
  }
  for (const { id } of (await world.get("/conversations")).conversations)
    await world.send("PATCH", `/conversations/${id}`, { assigned_to: world.ana.id });
  await world.send("DELETE", `/inboxes/${old}`, {}, world.staff);
  // Staff has one, Ana none that anybody can see.
  const first = await world.conversation();
  await world.send("PATCH", `/conversations/${first.id}`, { assigned_to: world.staff.id }, world.staff);
  await world.send("PATCH", `/inboxes/${world.inbox}`, { auto_assign: true }, world.staff);
  const lists = [await world.list(world.ana), await world.list(world.staff)];
  const { id } = await world.conversation();
  expect(
    await until(
      () => assignee(world, id),
      (agent) => agent !== null,
    ),
  ).toBe(Number(world.ana.id));
  for (const list of lists) await list.close();
});

test("many who write at once are shared among the agents who are here", async () => {
  await using world = await InboxWorld.start();
  await world.send("PATCH", `/inboxes/${world.inbox}`, { auto_assign: true }, world.staff);
  const lists = [await world.list(world.ana), await world.list(world.staff)];
  const visitors = await Promise.all(Array.from({ length: 12 }, () => world.visitor()));
  for (const visitor of visitors) visitor.send({ type: "message", content: "hi" });
  const answer = await until(
    () => world.get("/conversations"),
    ({ conversations }) =>
      conversations.length === 12 && conversations.every((each: Given) => each.assigned_to !== null),
  );
  const given = answer.conversations.map(({ assigned_to }: Given) => String(assigned_to));
  for (const { id } of [world.ana, world.staff])
    expect(given.filter((agent: string) => agent === id)).toHaveLength(6);
  for (const list of lists) await list.close();
});

test("what a removed member had is shared among those who are here", async () => {
  await using world = await InboxWorld.start();
  await world.join(world.inbox, world.stranger);
  for (let n = 0; n < 6; n++) {
    const visitor = await world.visitor();
    visitor.send({ type: "message", content: "hi" });
    await visitor.next("message");
  }
  for (const { id } of (await world.get("/conversations")).conversations)
    await world.send("PATCH", `/conversations/${id}`, { assigned_to: world.stranger.id });
  await world.send("PATCH", `/inboxes/${world.inbox}`, { auto_assign: true }, world.staff);
  const lists = [await world.list(world.ana), await world.list(world.staff)];
  await world.send("DELETE", `/inboxes/${world.inbox}/members/${world.stranger.id}`, {}, world.staff);
  const shared = (agent: Agent) => world.get(`/conversations?assigned_to=${agent.id}`);
  for (const agent of [world.ana, world.staff])
    await until(
      () => shared(agent),
      ({ conversations }) => conversations.length === 3,
    );
  for (const list of lists) await list.close();
});

test("nobody becomes a member who does not exist", async () => {
  const issuers = [{ name: "shop", algorithm: "HS256", secret: "a secret of sixteen letters" }];
  await using world = await InboxWorld.start({ flags: { "jwt-issuers": JSON.stringify(issuers) } });
  const join = (user_id: string) => world.post(`/inboxes/${world.inbox}/members`, { user_id }, world.staff);
  for (const user of ["99999", "0", "-1", "1e3", "nobody@example.com", "bank:7", "shop:"])
    expect([user, (await join(user)).status]).toEqual([user, 404]);
  // Users of another back end are known to that one alone.
  expect((await join("shop:7")).status).toBe(204);
});
