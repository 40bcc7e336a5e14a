import { createHash, timingSafeEqual } from "node:crypto";
import type { Receive, WebhookAnswer, WebhookRequest } from "../../features/inbox/platform.ts";
import type { Log } from "./troubles.ts";
import { isUpdate, readUpdate } from "./updates.ts";

const header = "X-Telegram-Bot-Api-Secret-Token";
/** Updates are far smaller; more is nobody's update. */
const maxBytes = 1_048_576;
/** Seconds: Telegram honours it, and comes back sooner than by its own doubling pauses. */
const retryAfter = 5;

/** Judges a webhook's request. Never 410: after a day of it Telegram forgets the webhook. */
export async function takeWebhook(
  { method, headers, body }: WebhookRequest,
  secret: string,
  receive: Receive,
  log: Log,
): Promise<WebhookAnswer> {
  // Before all else: whoever has no secret learns nothing, not even what this is.
  if (!isSame(headers.get(header) ?? "", secret)) return answer(401, `${header} is missing or wrong`);
  if (method !== "POST") return answer(405, "POST only");
  if (body.byteLength > maxBytes) return answer(413, "larger than 1 MB");
  const update = parse(body);
  if (!isUpdate(update)) return answer(400, "not an update in JSON");
  try {
    await receive(readUpdate(update));
    return answer(200, "ok");
  } catch (error) {
    const why = error instanceof Error ? error.name : "unknown";
    log({ kind: "update.not_stored", detail: `update ${update.update_id}: ${why}` });
    return { ...answer(503, "not stored, come again"), retryAfter };
  }
}

const answer = (status: number, body: string): WebhookAnswer => ({
  status,
  body,
  contentType: "text/plain; charset=utf-8",
});

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** In constant time, whatever the lengths. An empty secret lets nobody in. */
const isSame = (given: string, secret: string): boolean =>
  timingSafeEqual(hash(given), hash(secret)) && secret !== "";

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
