import { ApiError } from "./answer.ts";
import type { Backlog } from "./backlog.ts";
import type { Chats } from "./chats.ts";
import { type Faults, instead, spoil } from "./faults.ts";
import type { Files } from "./files.ts";
import { check, isServed, type Params } from "./params.ts";

/** What the methods work on. */
export interface Bot {
  readonly backlog: Backlog;
  readonly chats: Chats;
  readonly files: Files;
  readonly faults: Faults;
  readonly changed: () => void;
}

/** One call, with what was to go wrong with it. */
export async function serve(
  bot: Bot,
  method: string,
  params: Params,
  signal: AbortSignal,
): Promise<Response> {
  const fault = bot.faults.take(method, params.chat_id);
  const other = fault && instead(fault);
  if (other !== undefined) return other;
  try {
    const result = await run(bot, method, params, signal);
    bot.changed();
    return await spoil(fault, Response.json({ ok: true, result }));
  } catch (error) {
    if (error instanceof ApiError) return error.toResponse();
    throw error;
  }
}

function run({ backlog, chats, files }: Bot, method: string, params: Params, signal: AbortSignal): unknown {
  if (!isServed(method)) throw new ApiError(404, "Not Found: method not found");
  check(method, params);
  if (method === "getMe") return chats.me;
  if (method === "getUpdates") return backlog.get(params, signal);
  if (method === "setWebhook") return backlog.setWebhook(params);
  if (method === "deleteWebhook") return backlog.deleteWebhook(params);
  if (method === "getWebhookInfo") return backlog.info();
  if (method === "sendMessage") return chats.send(params);
  return method === "sendChatAction" ? chats.act(params) : files.get(params);
}
