import type { ApiMethods } from "grammy/types";
import { ApiError, badRequest } from "./answer.ts";

/** What a parameter must be; a trailing `!` says that it must be there. */
type Kind = "integer" | "boolean" | "string" | "strings" | "object" | "chat" | "text";
type Param = Kind | `${Kind}!`;

type Served =
  | "getMe"
  | "getUpdates"
  | "setWebhook"
  | "deleteWebhook"
  | "getWebhookInfo"
  | "sendMessage"
  | "sendChatAction"
  | "getFile";

export type Params = Readonly<Record<string, unknown>>;

/** The compiler holds the names against grammY's types of the same methods. */
type Known<M extends keyof ApiMethods> =
  Parameters<ApiMethods[M]> extends [infer Args]
    ? { readonly [P in keyof Args]?: Param }
    : Record<never, Param>;

const methods: { readonly [M in Served]: Known<M> } = {
  getMe: {},
  getUpdates: { offset: "integer", limit: "integer", timeout: "integer", allowed_updates: "strings" },
  setWebhook: {
    url: "string!",
    ip_address: "string",
    max_connections: "integer",
    allowed_updates: "strings",
    drop_pending_updates: "boolean",
    secret_token: "string",
  },
  deleteWebhook: { drop_pending_updates: "boolean" },
  getWebhookInfo: {},
  sendMessage: {
    chat_id: "chat!",
    text: "text!",
    message_thread_id: "integer",
    parse_mode: "string",
    entities: "object",
    link_preview_options: "object",
    disable_notification: "boolean",
    protect_content: "boolean",
    reply_parameters: "object",
    reply_markup: "object",
  },
  sendChatAction: { chat_id: "chat!", action: "string!", message_thread_id: "integer" },
  getFile: { file_id: "string!" },
};

export const isServed = (method: string): method is Served => Object.hasOwn(methods, method);

const fits: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  text: (value) => typeof value === "string",
  strings: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
  object: (value) => typeof value === "object" && value !== null,
  chat: (value) => Number.isSafeInteger(value) || (typeof value === "string" && /^(-?\d+|@\w+)$/.test(value)),
};

/** Telegram's words where something that is needed is missing. */
const missing: Readonly<Record<string, string>> = {
  chat_id: "chat_id is empty",
  text: "message text is empty",
  action: 'parameter "action" is required',
  file_id: "invalid file_id",
};

/** Stricter than Telegram, which overlooks parameters that it does not know. */
export function check(method: Served, params: Params): void {
  const known = methods[method] as Readonly<Record<string, Param>>;
  for (const name of Object.keys(params))
    if (!Object.hasOwn(known, name)) throw badRequest(`${method} has no parameter ${name}`);
  for (const [name, param] of Object.entries(known)) checkOne(name, param, params[name]);
}

function checkOne(name: string, param: Param, value: unknown): void {
  if (value === undefined) {
    if (param.endsWith("!")) throw badRequest(missing[name] ?? `parameter "${name}" is required`);
    return;
  }
  if (!fits[param.replace("!", "") as Kind](value)) throw badRequest(`can't parse parameter "${name}"`);
}

/** Body or query, as Telegram takes both. */
export async function readParams(request: Request): Promise<Params> {
  if (request.method === "GET") return Object.fromEntries(new URL(request.url).searchParams);
  if (request.method !== "POST") throw new ApiError(405, "Method Not Allowed");
  const body = await request.text();
  try {
    const params: unknown = body === "" ? {} : JSON.parse(body);
    if (typeof params === "object" && params !== null && !Array.isArray(params)) return params as Params;
  } catch {}
  throw badRequest("can't parse the request's JSON object");
}
