import { expect, test } from "bun:test";
import { TelegramPlatform } from "../../src/adapters/telegram/platform.ts";
import { scrubber } from "../../src/adapters/telegram/scrub.ts";
import { asFault, type Fault } from "../../src/protocol/faults.ts";
import { FakeClock } from "../kit/clock.ts";
import type { InjectedFault } from "../kit/telegram/faults.ts";
import { Bench } from "../kit/telegram/platform.ts";
import { FakeTelegram } from "../kit/telegram/server.ts";

const checkFault = (settings: { bot_token: string; api_root: string }): Promise<Fault> =>
  TelegramPlatform.checkToken(settings, new FakeClock()).then(() => expect.unreachable(), asFault);

test("a good token is told by the bot's name", async () => {
  await using telegram = FakeTelegram.start({ username: "shop_bot" });
  expect(await TelegramPlatform.checkToken(telegram.settings(), new FakeClock())).toBe("shop_bot");
});

test.each([
  ["123456:AAwrong_token_wrong_token_wrong", "Telegram does not take this bot token: Unauthorized"],
  ["no token", "a bot token looks like 123456:ABC-def; @BotFather gives it"],
  ["1:a/../../x", "a bot token looks like 123456:ABC-def; @BotFather gives it"],
])("the token %j is refused in words", async (bot_token, message) => {
  await using telegram = FakeTelegram.start();
  const fault = await checkFault({ bot_token, api_root: telegram.url });
  expect(fault).toMatchObject({ fault: "bad_request", message });
});

test("an api_root that is wrong, or away, is told", async () => {
  const telegram = FakeTelegram.start();
  const settings = telegram.settings();
  await telegram.goDown();
  const away = `${new URL(telegram.url).host} cannot be reached: the connection was refused`;
  expect(await checkFault(settings)).toMatchObject({ fault: "bad_request", message: away });
  for (const api_root of ["", "telegram", "file:///etc"])
    expect(await checkFault({ ...settings, api_root })).toMatchObject({
      message: "api_root is not an http address",
    });
});

test("secrets are taken out of any text, also in the form they have in an address", () => {
  const scrub = scrubber("12:a b", "hush", "");
  expect(scrub("12:a b 12%3Aa%20b hush\n")).toBe("[secret] [secret] [secret] ");
  expect(scrub("POST /bot987654321:AAforeign_token_of_another_bot/getMe")).toBe("POST /bot[secret]/getMe");
});

const faults: readonly InjectedFault[] = [
  { kind: "flood", retryAfter: 1 },
  { kind: "refuse", code: 401, description: "Unauthorized" },
  { kind: "refuse", code: 500, description: "Internal Server Error" },
  { kind: "html", status: 302 },
  { kind: "html", status: 200 },
  { kind: "drop" },
  { kind: "accept_then_drop" },
];

test("the token and the webhook's secret are in nothing that comes out, whatever goes wrong", async () => {
  await using bench = new Bench({ mode: "webhook", webhook_url: "http://127.0.0.1:9/hook" });
  const { telegram, platform } = bench;
  const { token } = telegram;
  const echo = {
    kind: "refuse",
    code: 400,
    description: `Bad Request: bot${token}`,
  } as const;
  telegram.customerWrites(5, "/start");
  telegram.addFile("f", new Uint8Array(1));
  const seen: unknown[] = [];
  const see = async (made: unknown) =>
    seen.push(
      await Promise.resolve(made).catch((error: Error) => [error.message, error.stack, Bun.inspect(error)]),
    );
  const everything = async () => {
    await see(platform.send("5", "x"));
    await see(platform.send("5", "x"));
    await see(platform.media("f"));
    await see(platform.start(bench.receive));
    await see(platform.status());
    await see(TelegramPlatform.checkToken(telegram.settings(), bench.clock));
  };
  for (const fault of [...faults, echo])
    for (const method of ["*", "sendMessage"]) {
      const undo = telegram.inject(fault, { method, times: 1000 });
      await everything();
      undo();
    }
  const secret = { kind: "refuse", code: 400, description: "Bad Request: hook-secret_123" } as const;
  telegram.inject(secret);
  await see(platform.send("5", "x"));
  await telegram.goDown();
  await everything();
  const all = Bun.inspect([seen, bench.logged], { depth: 20 });
  expect(seen).toHaveLength(17 * 6 + 1);
  expect(bench.logged.length).toBeGreaterThan(5);
  expect(all).not.toContain(token);
  expect(all).not.toContain(token.split(":")[1]!);
  expect(all).not.toContain("hook-secret_123");
  expect(all).toContain("[secret]");
});

test("no error of a long poll tells the token", async () => {
  await using bench = new Bench();
  const answered = faults.filter(({ kind }) => kind !== "accept_then_drop");
  for (const fault of answered) bench.telegram.inject(fault, { method: "getUpdates" });
  await bench.platform.start(bench.receive);
  for (let count = 1; count <= answered.length; count++) {
    await bench.until(() => bench.logs("polling.failed").length === count);
    await new Promise((resolve) => setImmediate(resolve));
    bench.clock.advance(600_000);
  }
  expect(Bun.inspect([bench.logged, bench.platform.status()])).not.toContain(bench.telegram.token);
});
