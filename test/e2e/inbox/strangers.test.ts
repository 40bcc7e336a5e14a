import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { InboxWorld } from "./kit.ts";

const hour = 3_600_000;

/** A visitor of an address of his own, as a proxy tells of him. */
async function from(world: InboxWorld, address: string, inbox = world.inbox) {
  const visitor = await world.app.connect(`/ws/widget/${inbox}`, { "X-Forwarded-For": address });
  await visitor.next("welcome");
  return visitor;
}

/** What a first message of such a visitor is answered with. */
async function begin(world: InboxWorld, address: string, inbox = world.inbox) {
  const visitor = await from(world, address, inbox);
  visitor.send({ type: "message", content: "hi" });
  const answer = await visitor.next();
  await visitor.close();
  return answer;
}

const limits = (perAddress: string, perInbox: string) => ({
  "trust-proxy": "127.0.0.1",
  "max-new-conversations-per-address": perAddress,
  "max-new-conversations-per-inbox": perInbox,
});

test("one address begins so many conversations in an hour; another one, and who has one already, are not held up", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await InboxWorld.start({ clock, flags: limits("2", "0") });
  const first = await from(world, "192.0.2.1");
  for (const content of ["one", "two", "three"]) {
    first.send({ type: "message", content });
    expect((await first.next()).type).toBe("message");
  }
  expect((await begin(world, "192.0.2.1")).type).toBe("message");
  expect(await begin(world, "192.0.2.1")).toMatchObject({
    type: "error",
    error: "too_many_conversations",
    retry: "later",
    retry_after: 1_800,
  });
  first.send({ type: "message", content: "still here" });
  expect((await first.next()).type).toBe("message");
  expect((await begin(world, "192.0.2.2")).type).toBe("message");
  clock.advance(hour / 2);
  expect((await begin(world, "192.0.2.1")).type).toBe("message");
});

test("a loopback peer is the operator, or a proxy that stands for everybody", async () => {
  await using world = await InboxWorld.start({ flags: { "max-new-conversations-per-address": "1" } });
  for (let n = 0; n < 3; n++) await world.conversation();
  expect((await world.get("/conversations")).conversations).toHaveLength(3);
});

test("one web inbox takes so many new conversations in an hour; another inbox is not held up", async () => {
  await using world = await InboxWorld.start({ flags: limits("0", "2") });
  const { id } = await world.app.json(world.post("/inboxes", { kind: "web", name: "Other" }, world.staff));
  for (let n = 1; n <= 2; n++) expect((await begin(world, `192.0.2.${n}`)).type).toBe("message");
  expect(await begin(world, "192.0.2.3")).toMatchObject({ error: "too_many_conversations" });
  expect((await begin(world, "192.0.2.3", id)).type).toBe("message");
});

test("a name alone is no conversation; it is the visitor's when he writes", async () => {
  await using world = await InboxWorld.start();
  const visitor = await world.visitor();
  await visitor.next("welcome");
  visitor.send({ type: "name", name: "Zahra" });
  await visitor.settle();
  expect((await world.get("/conversations")).conversations).toEqual([]);
  expect((await world.get("/customers")).count).toBe(0);
  visitor.send({ type: "message", content: "hi" });
  await visitor.next("message");
  expect((await world.get("/conversations")).conversations).toMatchObject([{ title: "web - Zahra" }]);
});

test("a widget's pages are those of its inbox, whatever ALLOWED_ORIGINS says of agents", async () => {
  await using world = await InboxWorld.start({ flags: { "allowed-origins": "https://desk.example" } });
  const page = (Origin: string, path = `/ws/widget/${world.inbox}`) =>
    world.app.connect(path, { Origin, "User-Agent": "Mozilla/5.0 (X11)" });
  const shop = await page("https://shop.example");
  expect((await shop.next()).type).toBe("welcome");
  const answer = await world.send(
    "PATCH",
    `/inboxes/${world.inbox}`,
    { origins: ["https://shop.example"] },
    world.staff,
  );
  expect(await answer.json()).toMatchObject({ origins: ["https://shop.example"] });
  expect((await (await page("https://shop.example")).next()).type).toBe("welcome");
  const other = await page("https://desk.example");
  expect(await other.next()).toMatchObject({ type: "error", error: "origin_refused" });
  expect((await other.closed).code).toBe(4003);
  const agents = `/ws/conversations/?token=${world.ana.token}`;
  expect((await (await page("https://desk.example", agents)).next()).type).toBe("conversations_list");
  expect((await (await page("https://shop.example", agents)).closed).code).toBe(4003);
  const bad = { origins: ["https://shop.example/path"] };
  expect((await world.send("PATCH", `/inboxes/${world.inbox}`, bad, world.staff)).status).toBe(422);
});
