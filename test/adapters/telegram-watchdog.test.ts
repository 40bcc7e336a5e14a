import { expect, test } from "bun:test";
import type { WebhookInfo } from "grammy/types";
import { webhookProblem } from "../../src/adapters/telegram/webhook-advice.ts";
import { Bench } from "../kit/telegram/platform.ts";

const minutes = 60_000;
const url = "http://127.0.0.1:9/webhooks/telegram/7";
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function webhook(): Promise<Bench> {
  const bench = new Bench({ mode: "webhook", webhook_url: url });
  await bench.platform.start(bench.receive);
  return bench;
}

/** Five minutes pass, and Telegram is asked. */
async function look(bench: Bench): Promise<void> {
  const before = bench.waits(5 * minutes);
  bench.clock.advance(5 * minutes);
  await bench.until(() => bench.waits(5 * minutes) > before);
}

test("starting registers the address with its secret and what we want to hear of", async () => {
  await using bench = await webhook();
  expect(bench.telegram.webhookUrl).toBe(url);
  expect(bench.telegram.called("setWebhook").map(({ params }) => params)).toEqual([
    {
      url,
      secret_token: "hook-secret_123",
      allowed_updates: ["message", "edited_message", "my_chat_member"],
      max_connections: 20,
    },
  ]);
  expect(bench.platform.status()).toEqual({ ok: true, problem: null });
  await look(bench);
  expect(bench.platform.status().ok).toBe(true);
});

test("what Telegram says is wrong is told in its words, until it is mended", async () => {
  await using bench = await webhook();
  const update = bench.telegram.customerWrites(5, "one");
  await bench.telegram.deliver(update);
  await look(bench);
  const { ok, problem } = bench.platform.status();
  expect(ok).toBe(false);
  expect(problem).toBe(
    'Telegram cannot deliver messages: "Connection refused". 1 wait there. Open one of the ports 443, 80, 88 or 8443 to Telegram, and look at the firewall and the proxy in front.',
  );
  await look(bench);
  expect(bench.platform.status()).toEqual({ ok: true, problem: null });
});

test("a growing queue is told of even where Telegram names no error", async () => {
  await using bench = await webhook();
  bench.telegram.customerWrites(5, "one");
  await look(bench);
  expect(bench.platform.status().ok).toBe(true);
  bench.telegram.customerWrites(5, "two");
  await look(bench);
  expect(bench.platform.status().problem).toStartWith("More and more messages wait at Telegram (2)");
});

test("a webhook that is gone is registered again", async () => {
  await using bench = await webhook();
  bench.telegram.deleteWebhook();
  await look(bench);
  await bench.until(() => bench.telegram.webhookUrl === url);
  expect(bench.logs("webhook.gone")).toHaveLength(1);
});

test("a webhook of somebody else is told of, without the path that may hold a secret, and left alone", async () => {
  await using bench = await webhook();
  bench.telegram.setWebhook({ url: `https://other.example/hook/${bench.telegram.token}` });
  await look(bench);
  const { problem } = bench.platform.status();
  expect(problem).toStartWith("Telegram sends this bot's messages to another address (other.example).");
  expect(bench.telegram.webhookUrl).toContain("other.example");
});

test("Telegram away at the start: the start goes on, and the webhook is registered later", async () => {
  await using bench = new Bench({ mode: "webhook", webhook_url: url });
  await bench.telegram.goDown();
  await bench.platform.start(bench.receive);
  expect(bench.platform.status().problem).toStartWith("Telegram cannot be told the webhook's address");
  bench.telegram.comeUp();
  bench.clock.advance(1000);
  await bench.until(() => bench.platform.status().ok);
  expect(bench.telegram.webhookUrl).toBe(url);
});

test("an address that Telegram does not take is told in its words", async () => {
  await using bench = new Bench({ mode: "webhook", webhook_url: "http://example.com/hook" });
  await bench.platform.start(bench.receive);
  expect(bench.platform.status().problem).toContain("An HTTPS URL must be provided for webhook");
  bench.clock.advance(4 * minutes);
  await turn();
  expect(bench.telegram.called("setWebhook")).toHaveLength(1);
});

test("a revoked token is a problem here, too", async () => {
  await using bench = await webhook();
  bench.telegram.inject(
    { kind: "refuse", code: 401, description: "Unauthorized" },
    { method: "getWebhookInfo" },
  );
  await look(bench);
  expect(bench.platform.status().problem).toStartWith("The bot token is not valid");
  await look(bench);
  expect(bench.platform.status().ok).toBe(true);
});

test("nothing is asked after stopping", async () => {
  await using bench = await webhook();
  await bench.platform.stop();
  bench.clock.advance(60 * minutes);
  await turn();
  expect(bench.telegram.called("getWebhookInfo")).toEqual([]);
});

const now = 1_800_000_000_000;
const info = (changes: Partial<WebhookInfo>): WebhookInfo =>
  ({ url, has_custom_certificate: false, pending_update_count: 0, ...changes }) as WebhookInfo;
const problem = (last_error_message: string) =>
  webhookProblem(info({ last_error_date: now / 1000, last_error_message } as never), url, now, false);

test.each([
  ["SSL error {error:0A000086:SSL routines::certificate verify failed}", "full certificate chain"],
  ["Failed to resolve host: Name or service not known", "DNS entry"],
  ["IP address 10.0.0.1 is reserved", "public IPv4"],
  ["Connection timed out", "ports 443, 80, 88 or 8443"],
  ["Wrong response from the webhook: 401 Unauthorized", "save the inbox again"],
  ["Wrong response from the webhook: 404 Not Found", "without a redirect"],
  ["Wrong response from the webhook: 503 Service Unavailable", "this server's log and health"],
  ["Something new", "use polling"],
])("advice for: %s", (words, advice) => {
  expect(problem(words)).toContain(`"${words}"`);
  expect(problem(words)).toContain(advice);
});

test("an error of long ago is no problem, unless messages pile up since", () => {
  const old = info({
    last_error_date: now / 1000 - 301,
    last_error_message: "Connection timed out",
    pending_update_count: 3,
  } as never);
  expect(webhookProblem(old, url, now, false)).toBeUndefined();
  expect(webhookProblem(old, url, now, true)).toContain("3 wait there");
});
