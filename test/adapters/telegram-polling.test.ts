import { expect, test } from "bun:test";
import { Bench } from "../kit/telegram/platform.ts";

async function polling(): Promise<Bench> {
  const bench = new Bench();
  await bench.platform.start(bench.receive);
  return bench;
}

/** The loop waits for its time: the failure is logged before, and the timer is set in the same turn. */
async function afterFailure(bench: Bench, count: number): Promise<void> {
  await bench.until(() => bench.logs("polling.failed").length >= count);
  await new Promise((resolve) => setImmediate(resolve));
  bench.clock.advance(60_000);
}

test("what waited and what comes now arrive once, in order", async () => {
  await using bench = new Bench();
  bench.telegram.customerWrites(5, "one");
  bench.telegram.customerWrites(6, "two");
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.updates.length === 2 && bench.telegram.isPolled);
  bench.telegram.customerWrites(5, "three");
  await bench.until(() => bench.updates.length === 3);
  expect(bench.texts).toEqual(["one", "two", "three"]);
  const keys = bench.updates.map(({ key }) => Number(key));
  expect(keys).toEqual([keys[0]!, keys[0]! + 1, keys[0]! + 2]);
});

test("it asks for what it can use, holds the line long, and takes a webhook away first", async () => {
  await using bench = new Bench();
  bench.telegram.setWebhook({ url: "https://example.com/hook" });
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.telegram.isPolled);
  expect(bench.telegram.webhookUrl).toBe("");
  expect(bench.telegram.called("getUpdates")[0]!.params).toEqual({
    offset: 0,
    timeout: 50,
    allowed_updates: ["message", "edited_message", "my_chat_member"],
  });
});

test("an update is confirmed only after it is stored", async () => {
  await using bench = new Bench();
  let store = () => {};
  const stored = new Promise<void>((resolve) => {
    store = resolve;
  });
  bench.telegram.customerWrites(5, "one");
  await bench.platform.start(async (update) => {
    await stored;
    await bench.receive(update);
  });
  await bench.telegram.until(() => bench.telegram.called("getUpdates")[0]?.status === 200);
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.telegram.called("getUpdates")).toHaveLength(1);
  store();
  await bench.until(() => bench.telegram.isPolled);
  expect(bench.telegram.pending).toEqual([]);
  expect(bench.telegram.called("getUpdates")).toHaveLength(2);
});

test("what could not be stored comes again, and nothing after it before", async () => {
  await using bench = new Bench();
  bench.storeFails = 2;
  for (const text of ["one", "two", "three"]) bench.telegram.customerWrites(5, text);
  await bench.platform.start(bench.receive);
  for (let failure = 1; failure <= 2; failure++) {
    await bench.until(() => bench.logs("update.not_stored").length === failure);
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.platform.status().problem).toStartWith("Messages from Telegram cannot be stored");
    bench.clock.advance(60_000);
  }
  await bench.until(() => bench.updates.length === 3);
  expect(bench.texts).toEqual(["one", "two", "three"]);
  expect(bench.logs("update.not_stored")[0]).not.toContain("disk is full");
  await bench.until(() => bench.platform.status().ok);
});

test("chats are stored side by side, and of one that cannot be, what it says stays in order", async () => {
  await using bench = new Bench();
  const [lame] = ["lame one", "lame two"].map((text) => bench.telegram.customerWrites(5, text));
  bench.telegram.customerWrites(6, "well");
  const { promise, resolve } = Promise.withResolvers<void>();
  let isFirst = true;
  await bench.platform.start(async (update) => {
    if (isFirst && update.key === String(lame!.update_id)) {
      isFirst = false;
      await promise;
      throw new Error("not now");
    }
    await bench.receive(update);
  });
  await bench.until(() => bench.updates.length === 1);
  expect(bench.texts).toEqual(["well"]);
  resolve();
  await bench.until(() => bench.logs("update.not_stored").length === 1);
  await new Promise((next) => setImmediate(next));
  bench.clock.advance(60_000);
  await bench.until(() => bench.telegram.isPolled);
  // Asked for from the first that was left: the other chat's comes again under its key, of which the inbox knows.
  expect(bench.telegram.called("getUpdates")[1]!.params.offset).toBe(lame!.update_id);
  expect(bench.texts.filter((text) => text !== "well")).toEqual(["lame one", "lame two"]);
  expect(bench.telegram.pending).toEqual([]);
});

test("a restart gets again what was not confirmed, under the same key", async () => {
  await using bench = new Bench();
  const sent = bench.telegram.customerWrites(5, "one");
  bench.storeFails = 1;
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.logs("update.not_stored").length === 1);
  await bench.platform.stop();
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.updates.length === 1);
  expect(bench.updates[0]!.key).toBe(String(sent.update_id));
});

test("stopping ends the running long poll at once", async () => {
  await using bench = await polling();
  await bench.until(() => bench.telegram.isPolled);
  await bench.platform.stop();
  await bench.telegram.until(() => !bench.telegram.isPolled);
  bench.telegram.customerWrites(5, "later");
  expect(bench.updates).toEqual([]);
  expect(bench.platform.status()).toEqual({ ok: true, problem: null });
});

test("stopping ends a pause, too", async () => {
  await using bench = new Bench();
  await bench.telegram.goDown();
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.logs("polling.failed").length === 1);
  await bench.platform.stop();
});

test("a second poller is told of, and both conflicts end when it is gone", async () => {
  await using bench = await polling();
  await bench.until(() => bench.telegram.isPolled);
  const other = await fetch(`${bench.telegram.url}/bot${bench.telegram.token}/getUpdates`, {
    method: "POST",
  });
  expect(other.status).toBe(200);
  await bench.until(() => bench.logs("polling.failed").length === 1);
  expect(bench.platform.status().problem).toMatch(
    /^Another program uses this bot.*terminated by other getUpdates/,
  );
  await afterFailure(bench, 1);
  await bench.until(() => bench.telegram.isPolled);
  bench.telegram.customerWrites(5, "one");
  await bench.until(() => bench.platform.status().ok);
  expect(bench.texts).toEqual(["one"]);
});

test("a webhook that another program sets is told of and taken away again", async () => {
  await using bench = await polling();
  await bench.until(() => bench.telegram.isPolled);
  bench.telegram.setWebhook({ url: "https://example.com/hook" });
  await afterFailure(bench, 1);
  await bench.until(() => bench.telegram.webhookUrl === "" && bench.telegram.isPolled);
  expect(bench.platform.status().ok).toBe(false);
  expect(bench.telegram.called("deleteWebhook")).toHaveLength(2);
});

test("a token that Telegram refuses is a problem with a way out, and is tried again every ten minutes", async () => {
  await using bench = new Bench();
  bench.telegram.inject(
    { kind: "refuse", code: 401, description: "Unauthorized" },
    { method: "deleteWebhook" },
  );
  await bench.platform.start(bench.receive);
  await afterFailure(bench, 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.telegram.called("deleteWebhook")).toHaveLength(1);
  expect(bench.platform.status().problem).toStartWith("The bot token is not valid");
  bench.clock.advance(540_000);
  bench.telegram.customerWrites(5, "one");
  await bench.until(() => bench.texts.length === 1);
  await bench.until(() => bench.platform.status().ok);
});

test("Telegram away for ten minutes: one blip is no problem, more are, and nothing is lost", async () => {
  await using bench = await polling();
  await bench.until(() => bench.telegram.isPolled);
  await bench.telegram.goDown();
  bench.telegram.customerWrites(5, "while it was down");
  await bench.until(() => bench.logs("polling.failed").length === 1);
  expect(bench.platform.status().ok).toBe(true);
  for (let minute = 1; minute <= 10; minute++) await afterFailure(bench, minute);
  await bench.until(() => bench.logs("polling.failed").length === 11);
  expect(bench.platform.status().problem).toStartWith("Telegram cannot be asked for messages");
  expect(bench.logs("receiving.problem")).toHaveLength(1);
  bench.telegram.comeUp();
  await afterFailure(bench, 11);
  await bench.until(() => bench.texts.length === 1);
  await bench.until(() => bench.platform.status().ok);
});

test("pauses grow to a minute, of which a random half", async () => {
  await using bench = new Bench();
  await bench.telegram.goDown();
  await bench.platform.start(bench.receive);
  for (let failure = 1; failure <= 8; failure++) await afterFailure(bench, failure);
  const pauses = bench.clock.waits.filter((ms) => ms !== 15_000).slice(0, 8);
  for (const [n, ms] of pauses.entries()) {
    const longest = Math.min(60_000, 1000 * 2 ** n);
    expect(ms).toBeGreaterThanOrEqual(longest / 2);
    expect(ms).toBeLessThanOrEqual(longest);
  }
  expect(new Set(pauses.map((ms, n) => ms / Math.min(60_000, 1000 * 2 ** n))).size).toBeGreaterThan(1);
});

test("429 is waited out", async () => {
  await using bench = new Bench();
  bench.telegram.inject({ kind: "flood", retryAfter: 30 }, { method: "getUpdates" });
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.waits(30_000) === 1);
  bench.clock.advance(30_000);
  await bench.until(() => bench.telegram.isPolled);
});

test("after a good answer the next blip is a first one again", async () => {
  await using bench = new Bench();
  const broken = { kind: "refuse", code: 502, description: "Bad Gateway" } as const;
  bench.telegram.inject(broken, { method: "getUpdates", times: 3 });
  await bench.platform.start(bench.receive);
  for (let failure = 1; failure <= 3; failure++) await afterFailure(bench, failure);
  await bench.until(() => bench.telegram.isPolled);
  bench.telegram.inject(broken, { method: "getUpdates" });
  bench.telegram.customerWrites(5, "one");
  await bench.until(() => bench.logs("polling.failed").length === 4);
  expect(bench.platform.status()).toEqual({ ok: true, problem: null });
});

test("a poll that never comes back is given up after a while", async () => {
  await using bench = new Bench();
  bench.telegram.inject({ kind: "accept_then_hang" }, { method: "deleteWebhook" });
  await bench.platform.start(bench.receive);
  await bench.until(() => bench.telegram.called("deleteWebhook").length === 1);
  bench.clock.advance(15_000);
  await bench.until(() => bench.logs("polling.failed").length === 1);
});

test("what cannot be read does not hold up the rest", async () => {
  await using bench = await polling();
  bench.telegram.push({ message: "no object" } as never);
  bench.telegram.customerWrites(5, "one");
  await bench.until(() => bench.updates.length === 2);
  expect(bench.events[0]).toMatchObject({ kind: "ignored" });
});

test("a customer who blocks the bot is in the log", async () => {
  await using bench = await polling();
  bench.telegram.customerWrites(5, "bye");
  const { update_id } = bench.telegram.block(5);
  await bench.until(() => bench.updates.length === 2);
  expect(bench.logs("contact.blocked")).toEqual([
    `inbox 7: update ${update_id}: the customer blocked the bot`,
  ]);
});
