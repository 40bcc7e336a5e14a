import { expect, test } from "bun:test";
import type { MetaFault } from "../../../test/kit/instagram/refusals.ts";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";

const customer = "771000000000001";
const hour = 3_600_000;

/** An account to whose customer one may write. */
function world(settings: ConstructorParameters<typeof InstagramWorld>[0] = {}, options = {}) {
  const made = new InstagramWorld(settings, options);
  made.meta.customerWrites(customer, "سلام");
  return made;
}

async function outcomeOf(fault: MetaFault) {
  await using one = world();
  one.meta.fail(fault);
  const outcome = await one.send(customer, "hello");
  return { outcome, received: one.meta.received(customer), status: one.platform.status() };
}

test("a text arrives, and its id comes back", async () => {
  await using one = world({}, { echo: true });
  const outcome = await one.send(customer, "سلام! Здравствуйте 👨‍👩‍👧‍👦");
  const [message] = one.meta.messages(customer);
  expect(message).toMatchObject({ text: "سلام! Здравствуйте 👨‍👩‍👧‍👦", tag: undefined });
  expect(outcome).toEqual({ kind: "sent", platformId: message!.mid });
  await one.meta.deliver(one.webhook);
  expect(one.keys).toContain(`e:${message!.mid}`);
});

test("every part that split makes is taken, in order", async () => {
  await using one = world();
  const parts = one.platform.split("می‌نویسم و می‌نویسم. ".repeat(200));
  for (const part of parts) expect(await one.send(customer, part)).toMatchObject({ kind: "sent" });
  expect(one.meta.received(customer)).toEqual([...parts]);
  expect(one.platform.pace).toEqual({ chat: 0, inbox: 10 });
});

test("within 24 hours, to the millisecond", async () => {
  await using one = world();
  one.clock.advance(24 * hour);
  expect(await one.send(customer, "in time", 24 * hour)).toMatchObject({ kind: "sent" });
  const late = await one.send(customer, "late", 24 * hour + 1);
  expect(late).toMatchObject({ kind: "failed", unreachable: false });
  expect(late).toMatchObject({
    reason:
      "Instagram takes an answer only within 24 hours of the customer's last message, and that was 24 hours ago: wait until the customer writes again, or turn human_agent on where Meta allows your app to answer for 7 days",
  });
  expect(one.meta.count("send")).toBe(1);
});

test("who never wrote is not written to", async () => {
  await using one = world();
  const now = one.clock.now();
  const outcome = await one.platform.send("1", "hi", { now, lastCustomerMessageAt: undefined });
  expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining("has not written yet") });
});

test("with human_agent up to seven days, tagged", async () => {
  await using one = world({ human_agent: true });
  await one.send(customer, "soon", hour);
  one.clock.advance(7 * 24 * hour);
  expect(await one.send(customer, "after a week", 7 * 24 * hour)).toMatchObject({ kind: "sent" });
  expect(one.meta.messages(customer).map(({ tag }) => tag)).toEqual([undefined, "HUMAN_AGENT"]);
  expect(await one.send(customer, "too late", 7 * 24 * hour + 1)).toMatchObject({
    kind: "failed",
    reason:
      "Instagram takes an answer only within 7 days of the customer's last message, and that was 7 days ago: wait until the customer writes again",
  });
});

test("without Meta's approval the tag is refused in Meta's words", async () => {
  await using one = world({ human_agent: true }, { humanAgent: false });
  one.clock.advance(30 * hour);
  const reason = "Instagram refused it: Application does not have permission for HUMAN_AGENT.";
  expect(await one.send(customer, "hi", 30 * hour)).toEqual({ kind: "failed", reason, unreachable: false });
});

test("Meta's own window decides: its refusal says what to do", async () => {
  await using one = world();
  one.clock.advance(25 * hour);
  expect(await one.send(customer, "we thought it open", 0)).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(
      /^Instagram takes an answer only within 24 hours .*outside of allowed window/,
    ),
    unreachable: false,
  });
});

test("a dead token stops the inbox for long, is the account's problem, and loses nothing", async () => {
  await using one = world();
  one.meta.killToken();
  expect(await one.send(customer, "waits")).toEqual({
    kind: "retry",
    scope: "inbox",
    after: 30 * 60_000,
    reason: "the access token is no longer valid: connect the account again",
  });
  expect(one.platform.status()).toMatchObject({
    ok: false,
    problem: expect.stringMatching(
      /^the access token is no longer valid: connect the account again .*Session has expired/,
    ),
  });
  one.meta.reviveToken();
  expect(await one.send(customer, "waits")).toMatchObject({ kind: "sent" });
  expect(one.platform.status()).toEqual({ ok: true, problem: null });
});

test.each([4, 17, 32, 613, 80002, 80006])(
  "code %i throttles the inbox as long as Meta says",
  async (code) => {
    const { outcome, received } = await outcomeOf({ kind: "throttled", code, minutes: 19 });
    expect(outcome).toMatchObject({ kind: "retry", scope: "inbox", after: 19 * 60_000 });
    expect(received).toEqual([]);
  },
);

test("429 throttles whatever its code, for a minute where Meta does not say", async () => {
  const { outcome } = await outcomeOf({ kind: "throttled", code: 1, status: 429 });
  expect(outcome).toMatchObject({ kind: "retry", scope: "inbox", after: 60_000 });
});

test("a customer who blocks the account or is gone is unreachable", async () => {
  await using one = world();
  one.meta.block(customer);
  expect(await one.send(customer, "hi")).toEqual({
    kind: "failed",
    reason: "Instagram refused it: This person isn't available right now.",
    unreachable: true,
  });
  expect(await one.send("999", "hi")).toMatchObject({ kind: "failed", unreachable: true });
});

test.each([
  [551, undefined],
  [100, 2534014],
  [100, 1545041],
])("code %i with subcode %p is unreachable", async (code, subcode) => {
  const more = subcode === undefined ? {} : { subcode };
  const { outcome } = await outcomeOf({ kind: "refused", code, ...more, message: "not available" });
  expect(outcome).toMatchObject({ kind: "failed", unreachable: true });
});

test("other refusals are final, with Meta's words", async () => {
  await using one = world({ account_id: "17841499999999999" });
  const outcome = await one.send(customer, "hi");
  expect(outcome).toMatchObject({
    kind: "failed",
    reason: expect.stringContaining("does not exist"),
    unreachable: false,
  });
  await using two = world();
  expect(await two.send(customer, "x".repeat(1001))).toMatchObject({ kind: "failed", unreachable: false });
  expect(await two.send(customer, "")).toMatchObject({ kind: "failed", unreachable: false });
});

test.each([
  [{ kind: "status", status: 500 }, "chat"],
  [{ kind: "status", status: 502 }, "inbox"],
  [{ kind: "status", status: 503 }, "inbox"],
  [{ kind: "status", status: 400, transient: true }, "chat"],
  [{ kind: "refused", code: 2, message: "Service temporarily unavailable" }, "chat"],
] as const)("%j is tried again: %s", async (fault, scope) => {
  const { outcome, received } = await outcomeOf(fault);
  expect(outcome).toMatchObject({ kind: "retry", scope });
  expect(received).toEqual([]);
});

test("a gateway that ran out of time cannot say, so it is not sent again", async () => {
  expect((await outcomeOf({ kind: "status", status: 504 })).outcome).toMatchObject({ kind: "unknown" });
});

test("nobody listens: tried again, and sent when Meta is back", async () => {
  await using one = world();
  await one.meta.down();
  expect(await one.send(customer, "hi")).toMatchObject({
    kind: "retry",
    scope: "inbox",
    reason: expect.stringMatching(/^Instagram cannot be reached \(ECONNREFUSED\): check/),
  });
  one.meta.up();
  expect(await one.send(customer, "hi")).toMatchObject({ kind: "sent" });
  expect(one.meta.received(customer)).toEqual(["hi"]);
});

test("a name that is not found has not been sent to", async () => {
  await using one = world({ api_root: "http://meta.invalid/v23.0" });
  expect(await one.send(customer, "hi")).toMatchObject({ kind: "retry", scope: "inbox" });
});

test("taken and then cut off is unknown, and went out once", async () => {
  await using one = world();
  await one.send(customer, "first");
  one.meta.fail({ kind: "drop" });
  expect(await one.send(customer, "second")).toMatchObject({
    kind: "unknown",
    reason: expect.stringContaining("the connection to Instagram broke"),
  });
  expect(one.meta.received(customer)).toEqual(["first", "second"]);
});

test("an answer that nobody can read is unknown", async () => {
  expect((await outcomeOf({ kind: "garbage" })).outcome).toMatchObject({ kind: "unknown" });
});

test("no answer for 30 s is unknown; then Meta is asked first whether it answers", async () => {
  await using one = world();
  await one.send(customer, "first");
  let release = one.meta.hold();
  const sending = one.send(customer, "slow");
  await one.meta.arrived("send", 2);
  one.clock.advance(30_000);
  expect(await sending).toEqual({ kind: "unknown", reason: "Instagram did not answer in time" });
  const next = one.send(customer, "next");
  await one.meta.arrived("me", 2);
  one.clock.advance(10_000);
  expect(await next).toMatchObject({ kind: "retry", scope: "inbox", reason: "Instagram does not answer" });
  release();
  release = () => {};
  expect(await one.send(customer, "next")).toMatchObject({ kind: "sent" });
  expect(one.meta.received(customer)).toEqual(["first", "slow", "next"]);
});

test("at the start Meta is asked once for all that waits: a silence then costs nobody his message", async () => {
  await using one = world();
  const release = one.meta.hold();
  const waiting = ["one", "two", "three"].map((text) => one.send(customer, text));
  await one.meta.arrived("me");
  one.clock.advance(10_000);
  for (const outcome of await Promise.all(waiting))
    expect(outcome).toMatchObject({ kind: "retry", scope: "inbox", reason: "Instagram does not answer" });
  expect([one.meta.count("me"), one.meta.count("send")]).toEqual([1, 0]);
  release();
  expect(await one.send(customer, "one")).toMatchObject({ kind: "sent" });
  expect(one.meta.received(customer)).toEqual(["one"]);
});

test("a redirect is not followed with the token", async () => {
  const seen: string[] = [];
  await using thief = Bun.serve({ port: 0, fetch: ({ headers }) => Response.json([...headers].map(String)) });
  await using meta = Bun.serve({
    port: 0,
    fetch: ({ url }) => {
      seen.push(url);
      return Response.redirect(`http://127.0.0.1:${thief.port}/`, 307);
    },
  });
  await using one = world({ api_root: `http://127.0.0.1:${meta.port}` });
  expect(await one.send(customer, "hi")).toMatchObject({
    kind: "failed",
    reason: expect.stringContaining("HTTP 307"),
  });
  // Whether Meta answers, and the message.
  expect(seen).toHaveLength(2);
});
