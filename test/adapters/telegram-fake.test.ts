import { expect, test } from "bun:test";
import { FakeTelegram } from "../kit/telegram/server.ts";

// The fake itself: it must refuse what Telegram refuses, or the tests that lean on it prove nothing.

const call = async (telegram: FakeTelegram, method: string, params: unknown, token = telegram.token) => {
  const body = typeof params === "string" ? params : JSON.stringify(params);
  const response = await fetch(`${telegram.url}/bot${token}/${method}`, { method: "POST", body });
  return (await response.json()) as { error_code?: number; description?: string; result?: unknown };
};

test.each([
  ["nonsense", {}, 404, "Not Found: method not found"],
  ["sendMessage", "{", 400, "Bad Request: can't parse the request's JSON object"],
  ["sendMessage", { text: "x" }, 400, "Bad Request: chat_id is empty"],
  ["sendMessage", { chat_id: 5 }, 400, "Bad Request: message text is empty"],
  ["sendMessage", { chat_id: 5, text: " " }, 400, "Bad Request: message text is empty"],
  ["sendMessage", { chat_id: 5, text: "x".repeat(4097) }, 400, "Bad Request: message is too long"],
  ["sendMessage", { chat_id: 5, text: "\ud83d" }, 400, "Bad Request: strings must be encoded in UTF-8"],
  ["sendMessage", { chat_id: 5, text: 7 }, 400, 'Bad Request: can\'t parse parameter "text"'],
  ["sendMessage", { chat_id: {}, text: "x" }, 400, 'Bad Request: can\'t parse parameter "chat_id"'],
  ["sendMessage", { chat_id: 5, text: "x", txt: 1 }, 400, "Bad Request: sendMessage has no parameter txt"],
  ["sendMessage", { chat_id: 9, text: "x" }, 400, "Bad Request: chat not found"],
  [
    "sendMessage",
    { chat_id: 5, text: "1 < 2", parse_mode: "HTML" },
    400,
    'Bad Request: can\'t parse entities: Unsupported start tag "" at byte offset 2',
  ],
  [
    "sendMessage",
    { chat_id: 5, text: "a_b", parse_mode: "Markdown" },
    400,
    "Bad Request: can't parse entities: Can't find end of the entity",
  ],
  [
    "sendChatAction",
    { chat_id: 5, action: "dancing" },
    400,
    "Bad Request: wrong parameter action in request",
  ],
  ["getFile", { file_id: "x" }, 400, "Bad Request: wrong file_id or the file is temporarily unavailable"],
  ["getUpdates", { offset: "1.5" }, 400, 'Bad Request: can\'t parse parameter "offset"'],
  ["setWebhook", {}, 400, 'Bad Request: parameter "url" is required'],
  [
    "setWebhook",
    { url: "http://example.com/" },
    400,
    "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
  ],
  [
    "setWebhook",
    { url: "https://example.com:9/" },
    400,
    "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
  ],
  [
    "setWebhook",
    { url: "https://example.com/", secret_token: "a b" },
    400,
    "Bad Request: secret token contains unallowed characters",
  ],
])("%s %j is %i", async (method, params, error_code, description) => {
  await using telegram = FakeTelegram.start();
  telegram.customerWrites(5, "/start");
  expect(await call(telegram, method, params)).toEqual({ ok: false, error_code, description } as never);
});

test("another token is 401, and what is none is 404", async () => {
  await using telegram = FakeTelegram.start();
  expect(await call(telegram, "getMe", {}, "1:other")).toMatchObject({
    error_code: 401,
    description: "Unauthorized",
  });
  expect(await call(telegram, "getMe", {}, "none")).toMatchObject({
    error_code: 404,
    description: "Not Found",
  });
});

test("an update stays until a later one is asked for", async () => {
  await using telegram = FakeTelegram.start();
  const ids = ["one", "two"].map((text) => telegram.customerWrites(5, text).update_id);
  expect(ids[1]).toBe(ids[0]! + 1);
  for (let turn = 0; turn < 2; turn++)
    expect((await call(telegram, "getUpdates", {})).result).toHaveLength(2);
  expect((await call(telegram, "getUpdates", { offset: ids[1] })).result).toHaveLength(1);
  expect(telegram.pending).toHaveLength(1);
});

test("polling and a webhook exclude each other, and so do two pollers", async () => {
  await using telegram = FakeTelegram.start();
  const first = call(telegram, "getUpdates", { timeout: 50 });
  await telegram.until(() => telegram.isPolled);
  const second = call(telegram, "getUpdates", { timeout: 50 });
  expect(await first).toMatchObject({
    error_code: 409,
    description: expect.stringContaining("other getUpdates"),
  });
  await telegram.until(() => telegram.isPolled);
  await call(telegram, "setWebhook", { url: "https://example.com/" });
  expect(await second).toMatchObject({ description: "Conflict: terminated by setWebhook request" });
  expect(await call(telegram, "getUpdates", {})).toMatchObject({
    description: expect.stringContaining("while webhook is active"),
  });
});
