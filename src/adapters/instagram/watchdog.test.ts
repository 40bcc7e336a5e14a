import { expect, test } from "bun:test";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";
import { InstagramPlatform } from "./platform.ts";

const customer = "771000000000001";
const halfHour = 30 * 60_000;

test("a subscription that stands is left alone, and looked at every half hour", async () => {
  await using world = new InstagramWorld();
  await world.platform.start();
  await world.idle();
  world.clock.advance(halfHour);
  await world.idle();
  expect(world.meta.count("subscriptions")).toBe(2);
  expect(world.meta.calls.every(({ method }) => method === "GET")).toBe(true);
  expect(world.platform.status()).toEqual({ ok: true, problem: null });
  await world.platform.stop();
  world.clock.advance(10 * halfHour);
  expect(world.meta.count("subscriptions")).toBe(2);
});

test("a subscription that Meta dropped is made again", async () => {
  await using world = new InstagramWorld();
  await world.platform.start();
  await world.idle();
  world.meta.subscribed = [];
  world.clock.advance(halfHour);
  await world.idle();
  expect(world.meta.subscribed).toEqual([
    "messages",
    "messaging_postbacks",
    "messaging_seen",
    "message_edit",
  ]);
  expect(world.log).toMatchObject([{ kind: "subscription_gone" }]);
});

test("a field that is missing is subscribed to; one that Meta does not give is left out", async () => {
  await using world = new InstagramWorld();
  world.meta.subscribed = ["messages"];
  world.meta.subscribable = ["messages", "messaging_postbacks", "messaging_seen"];
  await world.platform.start();
  await world.idle();
  expect(world.meta.subscribed).toEqual(world.meta.subscribable);
});

test("what stands in the way is the account's problem until it is gone", async () => {
  await using world = new InstagramWorld();
  world.meta.subscribed = [];
  world.meta.subscribable = [];
  await world.platform.start();
  await world.idle();
  expect(world.platform.status().problem).toMatch(/App Dashboard \(Instagram says: Param subscribed_fields/);
  world.meta.subscribable = ["messages", "messaging_postbacks", "messaging_seen"];
  world.clock.advance(halfHour);
  await world.idle();
  expect(world.platform.status().ok).toBe(true);
});

test("an expired token and an absent Meta are told apart", async () => {
  await using world = new InstagramWorld();
  world.meta.killToken();
  await world.platform.start();
  await world.idle();
  expect(world.platform.status().problem).toMatch(
    /^the access token is no longer valid: connect the account again/,
  );
  await world.meta.down();
  world.meta.reviveToken();
  world.clock.advance(halfHour);
  await world.idle();
  world.meta.up();
  world.clock.advance(halfHour);
  await world.idle();
  expect(world.platform.status()).toEqual({ ok: true, problem: null });
  await world.meta.down();
  world.clock.advance(halfHour);
  await world.idle();
  expect(world.platform.status().problem).toMatch(/^Instagram cannot be reached/);
  world.meta.up();
});

test("a look that is under way when the inbox stops is given up", async () => {
  await using world = new InstagramWorld();
  const release = world.meta.hold();
  await world.platform.start();
  await world.meta.arrived("subscriptions");
  await world.platform.stop();
  await world.idle();
  expect(world.platform.status()).toEqual({ ok: true, problem: null });
  expect(world.log).toEqual([]);
  release();
});

test("typing is shown at most every 10 s in a chat, and its failures are nobody's business", async () => {
  await using world = new InstagramWorld();
  world.meta.customerWrites(customer, "hi");
  world.meta.customerWrites("2", "hi");
  for (const chat of [customer, customer, "2"]) await world.platform.typing(chat);
  expect([world.meta.typingShown(customer), world.meta.typingShown("2")]).toEqual([1, 1]);
  world.clock.advance(10_000);
  world.meta.fail({ kind: "status", status: 500 }, { on: "typing" });
  await world.platform.typing(customer);
  world.clock.advance(10_000);
  await world.platform.typing(customer);
  expect(world.meta.typingShown(customer)).toBe(2);
  await world.meta.down();
  await world.platform.typing("3");
  world.meta.up();
});

test("typing is shown also after somebody has set the clock back", async () => {
  await using world = new InstagramWorld();
  world.meta.customerWrites(customer, "hi");
  await world.platform.typing(customer);
  world.clock.set(-3_600_000);
  world.clock.advance(10_000);
  await world.platform.typing(customer);
  expect(world.meta.typingShown(customer)).toBe(2);
});

test("check tells the username, or what is wrong in Meta's words", async () => {
  await using world = new InstagramWorld();
  const { settings } = world.meta;
  expect(await InstagramPlatform.check(settings)).toBe("tea_house");
  const refused = (more: object) =>
    InstagramPlatform.check({ ...settings, ...more }).catch((error: unknown) => error);
  expect(await refused({ access_token: "IGAA-other" })).toMatchObject({
    fault: "bad_request",
    message: "Instagram does not take the access token: Malformed access token [secret]",
  });
  expect(await refused({ account_id: "1" })).toMatchObject({
    fault: "bad_request",
    message: `the access token belongs to the account ${settings.account_id}, not to 1: use that as account_id`,
  });
  await world.meta.down();
  expect(await refused({})).toMatchObject({
    fault: "bad_request",
    message: expect.stringContaining("be reached"),
  });
  world.meta.up();
});
