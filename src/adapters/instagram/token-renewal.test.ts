import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/kit/clock.ts";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** Lets so many days go by, six hours at a time, as the looks come. */
async function pass(world: InstagramWorld, days: number): Promise<void> {
  for (let step = 0; step < days * 4; step++) {
    world.clock.advance(6 * hour);
    await world.idle();
  }
}

test("a token of which nobody knows the end is renewed a day after it came, then a month before it ends", async () => {
  await using world = new InstagramWorld();
  const first = world.meta.accessToken;
  await world.platform.start();
  await pass(world, 0.75);
  expect(world.meta.count("refresh")).toBe(0);
  await pass(world, 0.5);
  expect(world.meta.count("refresh")).toBe(1);
  expect(world.meta.accessToken).not.toBe(first);
  expect(world.kept).toMatchObject([
    { access_token: world.meta.accessToken, token_expires_at: expect.any(Number) },
  ]);
  // The new one is what Meta is asked with from now on: its looks after the subscription still succeed.
  await pass(world, 29);
  expect(world.meta.count("refresh")).toBe(1);
  expect(world.platform.status()).toEqual({ ok: true, problem: null });
  await pass(world, 2);
  expect(world.meta.count("refresh")).toBe(2);
  expect(JSON.stringify(world.log)).not.toContain("IGAA");
});

test("a token whose end is known waits for its time over restarts", async () => {
  const now = new FakeClock().now();
  await using world = new InstagramWorld({ token_since: now - 5 * day, token_expires_at: now + 31 * day });
  await world.platform.start();
  await world.idle();
  expect(world.meta.count("refresh")).toBe(0);
  await pass(world, 1.25);
  expect(world.meta.count("refresh")).toBe(1);
});

test("what cannot be renewed is told, with what to do, and tried again", async () => {
  await using world = new InstagramWorld({ token_since: 0, token_expires_at: undefined });
  // Meta has it for an hour only.
  await world.platform.start();
  await world.idle();
  expect(world.platform.status().problem).toMatch(
    /could not be renewed: make a new one .* `peyk inbox update` \(Instagram says: .*24 hours old/,
  );
  expect(world.kept).toEqual([]);
  await pass(world, 1);
  expect(world.platform.status()).toEqual({ ok: true, problem: null });
  expect(world.kept).toHaveLength(1);
});

test("a new token that could not be stored is stored as soon as it can be", async () => {
  await using world = new InstagramWorld();
  const { keep } = world;
  world.keep = () => Promise.reject(new Error("the disk is full"));
  await world.platform.start();
  await pass(world, 1);
  expect(world.platform.status().problem).toMatch(/renewed and could not be stored/);
  world.keep = keep;
  await pass(world, 0.25);
  expect(world.kept).toMatchObject([{ access_token: world.meta.accessToken }]);
  expect(world.meta.count("refresh")).toBe(1);
  expect(world.platform.status().ok).toBe(true);
});

test("a page token of graph.facebook.com is left alone", async () => {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(new URL(url).pathname);
    return Response.json({ data: [{ id: "9000" }] });
  };
  await using world = new InstagramWorld({ api_root: "https://graph.facebook.com/v23.0" }, {}, fetch);
  await world.platform.start();
  await pass(world, 2);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((path) => path.includes("refresh"))).toEqual([]);
});
