import type {
  Contact,
  InstagramSettings,
  Receive,
  Update,
  WebhookAnswer,
  WebhookRequest,
} from "../../features/inbox/platform.ts";
import { type Draft, readBatch } from "./batch.ts";
import { type Json, parseObject } from "./json.ts";
import type { Profiles } from "./profiles.ts";
import { isSame, isSigned } from "./signature.ts";

export type Log = (event: { kind: string; detail: string }) => void;

export interface WebhookParts {
  readonly settings: InstagramSettings;
  readonly profiles: Profiles;
  readonly log: Log;
  readonly now: () => number;
}

const maxBodyBytes = 1024 * 1024;
/** Seconds until Meta may come again with what could not be stored. */
const retryAfter = 10;

const plain = (status: number, body: string): WebhookAnswer => ({ status, body, contentType: "text/plain" });

/** A request to the webhook's address, whoever sent it. */
export async function takeWebhook(
  parts: WebhookParts,
  request: WebhookRequest,
  receive: Receive,
): Promise<WebhookAnswer> {
  if (request.method === "GET") return verify(parts, request.query);
  if (request.method !== "POST") return plain(405, "only GET and POST");
  if (request.body.byteLength > maxBodyBytes) return refuse(parts, 413, "the body is over 1 MB");
  const signature = request.headers.get("x-hub-signature-256");
  if (signature === null) return refuse(parts, 401, "X-Hub-Signature-256 is missing");
  if (!isSigned(signature, parts.settings.app_secret, request.body))
    return refuse(parts, 403, "X-Hub-Signature-256 does not fit: compare the app secret");
  const payload = parseBytes(request.body);
  if (payload === undefined) return refuse(parts, 400, "the body is no JSON object");
  if (payload.object !== "instagram") return ignore(parts, "its object is not instagram");
  return store(parts, payload, receive);
}

/** Meta asks once, when the webhook is set up: the challenge goes back raw. */
function verify(parts: WebhookParts, query: URLSearchParams): WebhookAnswer {
  const fits =
    query.get("hub.mode") === "subscribe" &&
    isSame(query.get("hub.verify_token") ?? "", parts.settings.verify_token);
  if (!fits) return refuse(parts, 403, "hub.verify_token does not fit: compare the verify token");
  return plain(200, query.get("hub.challenge") ?? "");
}

function refuse({ log }: WebhookParts, status: number, detail: string): WebhookAnswer {
  log({ kind: "webhook_refused", detail });
  return plain(status, detail);
}

function ignore({ log }: WebhookParts, reason: string): WebhookAnswer {
  log({ kind: "ignored", detail: reason });
  return json(200, { status: "ignored", reason });
}

const json = (status: number, body: Json): WebhookAnswer => ({
  status,
  body: JSON.stringify(body),
  contentType: "application/json",
});

function parseBytes(body: Uint8Array): Json | undefined {
  try {
    return parseObject(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

async function store(parts: WebhookParts, payload: Json, receive: Receive): Promise<WebhookAnswer> {
  const { drafts, strangers } = readBatch(payload, parts.settings.account_id, parts.now());
  for (const detail of strangers) parts.log({ kind: "ignored", detail });
  const contact = await parts.profiles.contacts(drafts.flatMap(({ update }) => writers(update)));
  const chats = Object.values(Object.groupBy(drafts, ({ chat }) => chat));
  const done = await Promise.allSettled(chats.map((chat) => inOrder(chat ?? [], contact, receive)));
  const failed = done.find((each) => each.status === "rejected");
  if (failed === undefined) return json(200, { status: "success", processed_count: drafts.length });
  parts.log({ kind: "not_stored", detail: `Meta will come again: ${errorName(failed.reason)}` });
  return { ...plain(503, "try again later"), retryAfter };
}

/** Chats side by side, so that a thousand updates share the store's commits; within a chat one after the other. */
async function inOrder(
  drafts: readonly Draft[],
  contact: (id: string) => Contact,
  receive: Receive,
): Promise<void> {
  for (const { update } of drafts) await receive(named(update, contact));
}

const writers = ({ events }: Update): string[] =>
  events.flatMap((event) => (event.kind === "message" ? event.from.id : []));

const named = ({ key, events }: Update, contact: (id: string) => Contact): Update => ({
  key,
  events: events.map((event) =>
    event.kind === "message" ? { ...event, from: contact(event.from.id) } : event,
  ),
});

/** Not its message, which may hold what the customer wrote. */
const errorName = (error: unknown): string => (error instanceof Error ? error.name : "unknown error");
