import { expect, test } from "bun:test";
import { Bench } from "../kit/telegram/platform.ts";

/** A chat in which the customer has written, so that the bot may answer. */
function open(): Bench {
  const bench = new Bench();
  for (const chat of [5, 6]) bench.telegram.customerWrites(chat, "/start");
  return bench;
}

test("a text arrives as it is, without markup, and its outcome names the message", async () => {
  await using bench = open();
  const text = "<b>سلام</b> *not bold* & 👋";
  const outcome = await bench.platform.send("5", text);
  const [message] = bench.telegram.messages(5);
  expect(outcome).toEqual({ kind: "sent", platformId: `5:${message!.messageId}` });
  expect(bench.telegram.received(5)).toEqual([text]);
  expect(bench.telegram.called("sendMessage")[0]!.params).toEqual({ chat_id: "5", text });
});

test("429 pauses the chat for as long as Telegram says", async () => {
  await using bench = open();
  bench.telegram.inject({ kind: "flood", retryAfter: 7 });
  expect(await bench.platform.send("5", "x")).toEqual({
    kind: "retry",
    after: 7000,
    scope: "chat",
    reason: "Too Many Requests: retry after 7",
  });
  expect(bench.telegram.received(5)).toEqual([]);
});

test("429 in two chats within two seconds pauses the inbox", async () => {
  await using bench = open();
  bench.telegram.inject({ kind: "flood", retryAfter: 3 }, { times: 9 });
  const scopeOf = async (chat: string) => {
    const outcome = await bench.platform.send(chat, "x");
    return outcome.kind === "retry" && outcome.scope;
  };
  expect(await scopeOf("5")).toBe("chat");
  expect(await scopeOf("5")).toBe("chat");
  bench.clock.advance(1900);
  expect(await scopeOf("6")).toBe("inbox");
  bench.clock.advance(2100);
  expect(await scopeOf("5")).toBe("chat");
});

test("429 that names a global limit pauses the inbox", async () => {
  await using bench = open();
  const description = "Too Many Requests: global limit, retry after 5";
  bench.telegram.inject({ kind: "refuse", code: 429, description, parameters: { retry_after: 5 } });
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "retry", scope: "inbox", after: 5000 });
});

test.each([
  [403, "Forbidden: bot was blocked by the user", true],
  [403, "Forbidden: user is deactivated", true],
  [403, "Forbidden: bot can't initiate conversation with a user", true],
  [400, "Bad Request: chat not found", true],
  [400, "Bad Request: message is too long", false],
  [413, "Request Entity Too Large", false],
])("%i %s fails for good, in Telegram's words", async (code, description, unreachable) => {
  await using bench = open();
  bench.telegram.inject({ kind: "refuse", code, description });
  expect(await bench.platform.send("5", "x")).toEqual({ kind: "failed", reason: description, unreachable });
});

test("what the fake itself refuses: a blocked bot, an unknown chat, an empty text, one that is too long", async () => {
  await using bench = open();
  bench.telegram.block(5);
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "failed", unreachable: true });
  expect(await bench.platform.send("99", "x")).toMatchObject({ reason: "Bad Request: chat not found" });
  expect(await bench.platform.send("6", " \n ")).toMatchObject({
    reason: "Bad Request: message text is empty",
  });
  expect(await bench.platform.send("6", "x".repeat(4097))).toMatchObject({
    reason: "Bad Request: message is too long",
    unreachable: false,
  });
});

test("a chat that moved is followed once", async () => {
  await using bench = open();
  bench.telegram.migrate(5, -100200);
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "sent" });
  expect(bench.telegram.received(-100200)).toEqual(["x"]);
  bench.telegram.migrate(-100200, -100300);
  expect(await bench.platform.send("5", "y")).toMatchObject({ kind: "failed" });
  expect(bench.telegram.called("sendMessage")).toHaveLength(4);
});

test.each([500, 502, 503])("%i is tried again", async (code) => {
  await using bench = open();
  bench.telegram.inject({ kind: "refuse", code, description: "Internal Server Error" });
  expect(await bench.platform.send("5", "x")).toMatchObject({
    kind: "retry",
    scope: "inbox",
    after: undefined,
  });
  bench.telegram.inject({ kind: "html", status: code });
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "retry", scope: "inbox" });
});

test("a gateway that waited in vain, or says yes in no known way, leaves the outcome unknown", async () => {
  await using bench = open();
  for (const status of [504, 200]) {
    await bench.platform.send("6", "the line is alive");
    bench.telegram.inject({ kind: "html", status });
    expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "unknown" });
  }
  bench.telegram.inject({ kind: "refuse", code: 504, description: "Gateway Timeout" });
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "unknown", reason: "Gateway Timeout" });
});

test.each([302, 403, 407])("%i of something that is not Telegram refuses no customer", async (status) => {
  await using bench = open();
  bench.telegram.inject({ kind: "html", status });
  const outcome = await bench.platform.send("5", "x");
  expect(outcome).toMatchObject({
    kind: "retry",
    scope: "inbox",
    reason: expect.stringContaining(`${status}`),
  });
});

test("a server that refuses connections is tried again, whether it was well before or not", async () => {
  await using bench = open();
  await bench.platform.send("5", "one");
  await bench.telegram.goDown();
  for (let turn = 0; turn < 2; turn++)
    expect(await bench.platform.send("5", "two")).toMatchObject({
      kind: "retry",
      scope: "inbox",
      reason: expect.stringContaining("the connection was refused"),
    });
  bench.telegram.comeUp();
  expect(await bench.platform.send("5", "two")).toMatchObject({ kind: "sent" });
  expect(bench.telegram.received(5)).toEqual(["one", "two"]);
});

test("a host that DNS does not know is tried again", async () => {
  await using bench = new Bench({ api_root: "http://telegram.invalid/" });
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "retry", scope: "inbox" });
});

test("a connection that breaks after Telegram took the message leaves it unknown, and it is not sent twice", async () => {
  await using bench = open();
  bench.telegram.inject({ kind: "accept_then_drop" });
  expect(await bench.platform.send("5", "x")).toMatchObject({ kind: "unknown" });
  expect(bench.telegram.received(5)).toEqual(["x"]);
  expect(bench.telegram.called("sendMessage")).toHaveLength(1);
});

test("no answer for thirty seconds leaves the outcome unknown", async () => {
  await using bench = open();
  bench.telegram.inject({ kind: "accept_then_hang" });
  const sending = bench.platform.send("5", "x");
  await bench.until(() => bench.telegram.received(5).length === 1);
  bench.clock.advance(29_999);
  expect(await Promise.race([sending, Promise.resolve("still waiting")])).toBe("still waiting");
  bench.clock.advance(1);
  expect(await sending).toMatchObject({ kind: "unknown", reason: expect.stringContaining("30 s are over") });
});

test("a message does not go into a line that was silent for long and is dead by now", async () => {
  await using bench = open();
  await bench.platform.send("5", "one");
  bench.clock.advance(15_001);
  bench.telegram.inject({ kind: "drop" }, { method: "getMe" });
  expect(await bench.platform.send("5", "two")).toMatchObject({ kind: "retry", scope: "inbox" });
  bench.telegram.inject({ kind: "accept_then_hang" }, { method: "getMe" });
  const sending = bench.platform.send("5", "two");
  await bench.until(() => bench.telegram.called("getMe").length === 3);
  bench.clock.advance(10_000);
  expect(await sending).toMatchObject({ kind: "retry" });
  expect(bench.telegram.received(5)).toEqual(["one"]);
});

test("somebody sets the clock back: a line that is silent for long is still asked first, and typing still told", async () => {
  await using bench = open();
  await bench.platform.send("5", "one");
  await bench.platform.typing("5");
  bench.clock.set(-3_600_000);
  bench.clock.advance(15_001);
  await bench.platform.typing("5");
  expect(bench.telegram.called("sendChatAction")).toHaveLength(2);
  bench.clock.advance(15_001);
  bench.telegram.inject({ kind: "drop" }, { method: "getMe" });
  expect(await bench.platform.send("5", "two")).toMatchObject({ kind: "retry", scope: "inbox" });
  expect(bench.telegram.received(5)).toEqual(["one"]);
});

test("many messages after a silence ask once whether the line lives", async () => {
  await using bench = open();
  await Promise.all(Array.from({ length: 20 }, (_, n) => bench.platform.send("5", `${n}`)));
  expect(bench.telegram.called("getMe")).toHaveLength(1);
  expect(bench.telegram.received(5)).toHaveLength(20);
});

test.each([
  [401, "Unauthorized"],
  [404, "Not Found"],
])(
  "a token that is revoked (%i) loses nothing: a long pause, and a sentence on what to do",
  async (code, description) => {
    await using bench = open();
    await bench.platform.send("5", "one");
    bench.telegram.inject({ kind: "refuse", code, description });
    expect(await bench.platform.send("5", "two")).toEqual({
      kind: "retry",
      after: 600_000,
      scope: "inbox",
      reason: description,
    });
    expect(bench.platform.status()).toEqual({
      ok: false,
      problem: expect.stringContaining(`(Telegram: "${description}"). Get the current one from @BotFather`),
    });
    expect(await bench.platform.send("5", "two")).toMatchObject({ kind: "sent" });
    expect(bench.platform.status()).toEqual({ ok: true, problem: null });
  },
);

test("typing is told once in four seconds and chat, and its failures are nobody's business", async () => {
  await using bench = open();
  const { platform, telegram, clock } = bench;
  for (const chat of ["5", "5", "6"]) await platform.typing(chat);
  expect(telegram.called("sendChatAction").map(({ params }) => params)).toEqual([
    { chat_id: "5", action: "typing" },
    { chat_id: "6", action: "typing" },
  ]);
  clock.advance(4000);
  telegram.inject({ kind: "refuse", code: 403, description: "Forbidden" }, { method: "sendChatAction" });
  await platform.typing("5");
  await telegram.goDown();
  await platform.typing("6");
  expect(telegram.called("sendChatAction")).toHaveLength(3);
});

test("the pace is Telegram's: one message a second in a chat, thirty in all", async () => {
  await using bench = open();
  expect(bench.platform.pace).toEqual({ chat: 1000, inbox: 34 });
});
