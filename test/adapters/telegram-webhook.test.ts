import { expect, test } from "bun:test";
import type { WebhookRequest } from "../../src/features/inbox/platform.ts";
import { Bench } from "../kit/telegram/platform.ts";

const secret = "hook-secret_123";
const header = "X-Telegram-Bot-Api-Secret-Token";
const utf8 = new TextEncoder();
const update = {
  update_id: 1,
  message: { message_id: 2, date: 3, chat: { id: 5, type: "private" }, text: "سلام" },
};

function request(body: unknown, changes: Partial<WebhookRequest> = {}): WebhookRequest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const base = { method: "POST", headers: new Headers({ [header]: secret }), query: new URLSearchParams() };
  return { ...base, body: utf8.encode(text), ...changes };
}

const take = (bench: Bench, given: WebhookRequest) => bench.platform.webhook(given, bench.receive);

test("an update with the secret is stored, then answered in plain text", async () => {
  await using bench = new Bench();
  const answer = await take(bench, request(update));
  expect(answer).toEqual({ status: 200, body: "ok", contentType: "text/plain; charset=utf-8" });
  expect(bench.texts).toEqual(["سلام"]);
});

test.each(["GET", "PUT", "HEAD"])("%s is 405", async (method) => {
  await using bench = new Bench();
  expect(await take(bench, request(update, { method }))).toMatchObject({ status: 405 });
  expect(bench.updates).toEqual([]);
});

test.each([
  ["no secret", {}],
  ["another", { [header]: "hook-secret_124" }],
  ["a longer one", { [header]: `${secret}4` }],
  ["an empty one", { [header]: "" }],
])("%s is 401 and nothing is stored", async (_, headers) => {
  await using bench = new Bench();
  const answer = await take(bench, request(update, { headers: new Headers(headers as never) }));
  expect(answer.status).toBe(401);
  expect(bench.updates).toEqual([]);
});

test("an inbox without a secret lets nobody in", async () => {
  await using bench = new Bench({ webhook_secret: "" });
  const none = new Headers({ [header]: "" });
  expect(await take(bench, request(update, { headers: none }))).toMatchObject({ status: 401 });
  expect(await take(bench, request(update, { headers: new Headers() }))).toMatchObject({ status: 401 });
});

test.each([
  ["{", 400],
  ["", 400],
  ["[]", 400],
  ["null", 400],
  ['{"update_id":"7"}', 400],
  [`"${"x".repeat(1_048_576)}"`, 413],
])("a body that is none (%#) is refused", async (body, status) => {
  await using bench = new Bench();
  expect(await take(bench, request(body))).toMatchObject({ status });
  expect(bench.updates).toEqual([]);
});

test("bytes that are not UTF-8 are refused", async () => {
  await using bench = new Bench();
  const body = Uint8Array.from('{"update_id":1,"x":"\xff"}', (character) => character.charCodeAt(0));
  expect(await take(bench, request("", { body }))).toMatchObject({ status: 400 });
});

test("an update of an unknown kind is taken, so that it does not come again", async () => {
  await using bench = new Bench();
  expect(await take(bench, request({ update_id: 9, business_message: {} }))).toMatchObject({ status: 200 });
  expect(bench.updates).toEqual([
    { key: "9", events: [{ kind: "ignored", reason: "update of the kind business_message" }] },
  ]);
});

test("what cannot be stored is asked for again, never with 410", async () => {
  await using bench = new Bench();
  bench.storeFails = 1;
  expect(await take(bench, request(update))).toMatchObject({ status: 503, retryAfter: 5 });
  expect(bench.logs("update.not_stored")).toEqual(["inbox 7: update 1: Error"]);
  expect(await take(bench, request(update))).toMatchObject({ status: 200 });
});

/** What stands between the fake and the platform in the product: a server that hands requests on. */
async function hooked() {
  const bench = new Bench();
  const server = Bun.serve({
    port: 0,
    fetch: async (given) => {
      const { searchParams: query } = new URL(given.url);
      const body = await given.bytes();
      const answer = await take(bench, { method: given.method, headers: given.headers, query, body });
      const retry = answer.retryAfter === undefined ? {} : { "Retry-After": String(answer.retryAfter) };
      return new Response(answer.body, { status: answer.status, headers: retry });
    },
  });
  bench.telegram.setWebhook({ url: `http://127.0.0.1:${server.port}/hook`, secret_token: secret });
  return { bench, server };
}

test("deliveries repeat and change places: each carries its own key", async () => {
  const { bench, server } = await hooked();
  await using _ = bench;
  await using __ = { [Symbol.asyncDispose]: () => server.stop(true) };
  const one = bench.telegram.customerWrites(5, "one");
  const two = bench.telegram.customerWrites(5, "two");
  for (const each of [two, one, two, one])
    expect(await bench.telegram.deliver(each)).toMatchObject({ status: 200 });
  const keys = [two, one, two, one].map(({ update_id }) => String(update_id));
  expect(bench.updates.map(({ key }) => key)).toEqual(keys);
  expect(bench.telegram.pending).toEqual([]);
});

test("what was not stored waits at Telegram, in its chat's order, and is told Retry-After", async () => {
  const { bench, server } = await hooked();
  await using _ = bench;
  await using __ = { [Symbol.asyncDispose]: () => server.stop(true) };
  for (const text of ["one", "two"]) bench.telegram.customerWrites(5, text);
  bench.telegram.customerWrites(6, "other chat");
  bench.storeFails = 1;
  const round = await bench.telegram.deliverPending();
  expect(round.map(({ status }) => status)).toEqual([503, 200]);
  expect(round[0]!.retryAfter).toBe(5);
  expect(await bench.telegram.deliverPending()).toHaveLength(2);
  expect(bench.texts).toEqual(["other chat", "one", "two"]);
});
