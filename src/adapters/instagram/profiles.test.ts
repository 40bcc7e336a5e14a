import { expect, test } from "bun:test";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";

const customer = "771000000000001";
const nameless = { firstName: "Instagram user", lastName: "" };

const lastFrom = (world: InstagramWorld) => {
  const event = world.events.at(-1);
  return event?.kind === "message" ? event.from : undefined;
};

async function write(world: InstagramWorld, from = customer) {
  world.meta.customerWrites(from, "سلام");
  await world.meta.deliver(world.webhook);
  return lastFrom(world);
}

test("a customer has the name, username and picture of his profile, asked for once a day", async () => {
  await using world = new InstagramWorld();
  const profile_pic = "https://x.fbcdn.net/pic";
  world.meta.customer(customer, { name: "زهرا احمدی نژاد", username: "zahra", profile_pic });
  const contact = {
    id: customer,
    firstName: "زهرا",
    lastName: "احمدی نژاد",
    username: "zahra",
    picture: profile_pic,
  };
  expect(await write(world)).toEqual(contact);
  await write(world);
  expect(world.meta.count("profile")).toBe(1);
  world.clock.advance(24 * 3_600_000);
  world.meta.customer(customer, { name: "Zahra" });
  expect(await write(world)).toEqual({ id: customer, firstName: "Zahra", lastName: "" });
  expect(world.meta.count("profile")).toBe(2);
});

test("who has set no name goes by the username", async () => {
  await using world = new InstagramWorld();
  world.meta.customer(customer, { name: null, username: "tea_lover" });
  expect(await write(world)).toMatchObject({ firstName: "tea_lover", lastName: "", username: "tea_lover" });
});

test("a refused profile is not asked for again at once, and an old name is better than none", async () => {
  await using world = new InstagramWorld();
  expect(await write(world)).toEqual({ id: customer, ...nameless });
  await write(world);
  expect(world.meta.count("profile")).toBe(1);
  world.clock.advance(5 * 60_000);
  world.meta.customer(customer, { name: "Ali Rezaei" });
  expect(await write(world)).toMatchObject({ firstName: "Ali" });
  world.clock.advance(24 * 3_600_000);
  world.meta.fail({ kind: "status", status: 500 }, { on: "profile" });
  expect(await write(world)).toMatchObject({ firstName: "Ali", lastName: "Rezaei" });
});

test("a webhook waits a second for a name, not longer, and the next message has it", async () => {
  await using world = new InstagramWorld();
  world.meta.customer(customer, { name: "Ali Rezaei" });
  const release = world.meta.hold();
  world.meta.customerWrites(customer, "first");
  const delivered = world.meta.deliver(world.webhook);
  await world.meta.arrived("profile");
  expect(world.updates).toEqual([]);
  world.clock.advance(1_000);
  expect(await delivered).toEqual([200]);
  expect(lastFrom(world)).toEqual({ id: customer, ...nameless });
  // The second message joins the lookup that is under way.
  world.meta.customerWrites(customer, "second");
  const second = world.meta.deliver(world.webhook);
  release();
  expect(await second).toEqual([200]);
  expect(lastFrom(world)).toMatchObject({ firstName: "Ali" });
  expect(world.meta.count("profile")).toBe(1);
});

test("of a thousand strangers at once fifty are looked up", async () => {
  await using world = new InstagramWorld();
  for (let i = 0; i < 1000; i++) world.meta.customerWrites(`78${i}`, "hi");
  expect(await world.meta.deliver(world.webhook, { batch: true })).toEqual([200]);
  expect(world.updates.length).toBe(1000);
  expect(world.meta.count("profile")).toBe(50);
});

test("an id that would be another path is not asked for", async () => {
  await using world = new InstagramWorld();
  expect(await write(world, "..")).toEqual({ id: "..", ...nameless });
  expect(world.meta.calls).toEqual([]);
});
