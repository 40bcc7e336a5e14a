import { randomId } from "../../core/id.ts";
import { Fault } from "../../protocol/faults.ts";
import type { InstagramSettings, PlatformName, TelegramSettings } from "./platform.ts";

export interface NewInbox {
  readonly kind: PlatformName;
  readonly name: string;
  readonly telegram?: Pick<TelegramSettings, "bot_token" | "mode" | "api_root"> | undefined;
  readonly instagram?: InstagramSettings | undefined;
  readonly auto_assign?: boolean | undefined;
  /** Web: pages that may show the widget, such as `https://shop.example`; empty: all. */
  readonly origins?: readonly string[] | undefined;
}

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What is not given stays as it is. */
export interface InboxChange {
  readonly name?: string | undefined;
  readonly auto_assign?: boolean | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly telegram?: Given<NonNullable<NewInbox["telegram"]>> | undefined;
  readonly instagram?: Given<Omit<InstagramSettings, "account_id">> | undefined;
}

/** What the platform of an inbox works with; encrypted on the disk. */
export type Settings = TelegramSettings | InstagramSettings | Readonly<Record<never, never>>;

/** What may be shown of them, as it stands in `inboxes.info`. */
export interface Info {
  readonly account: string | null;
  readonly webhook_url: string | null;
  readonly mode: "polling" | "webhook" | null;
  readonly origins?: readonly string[];
}

export const infoOf = (row: { readonly info: string }): Info => JSON.parse(row.info);

export const webhookUrl = (publicUrl: string | undefined, id: string, kind: PlatformName): string | null =>
  kind === "web" || publicUrl === undefined ? null : `${publicUrl}/webhooks/${kind}/${id}`;

/** Settings of an inbox that is made at `now`. Throws `bad_body` where the kind's own are missing. */
export function newSettings(inbox: NewInbox, url: string | null, now: number): Settings {
  requireOrigins(inbox.kind, inbox.origins);
  if (inbox.kind === "web") return {};
  if (inbox.kind === "instagram" && inbox.instagram !== undefined)
    return { ...inbox.instagram, token_since: now };
  if (inbox.kind === "telegram" && inbox.telegram !== undefined)
    return withWebhook({ ...inbox.telegram, webhook_secret: randomId(40), webhook_url: "" }, url);
  throw new Fault("bad_body", `${inbox.kind}: its settings are missing`);
}

/** `undefined`: nothing of the platform changes. Throws the fault that says why it cannot be so. */
export function changedSettings(
  kind: PlatformName,
  old: Settings,
  change: InboxChange,
  url: string | null,
  now: number,
): Settings | undefined {
  for (const name of ["telegram", "instagram"] as const)
    if (change[name] !== undefined && name !== kind)
      throw new Fault("bad_body", `${name}: this inbox is of the kind ${kind}`);
  requireOrigins(kind, change.origins);
  const given = definedOnly(kind === "telegram" ? change.telegram : change.instagram);
  if (Object.keys(given).length === 0) return undefined;
  const changed = { ...old, ...given };
  if (kind === "telegram") return withWebhook(sameBot(old as TelegramSettings, changed), url);
  const isNewToken = "access_token" in given;
  return isNewToken ? { ...changed, token_since: now, token_expires_at: undefined } : changed;
}

function requireOrigins(kind: PlatformName, origins: readonly string[] | undefined): void {
  if (origins !== undefined && kind !== "web")
    throw new Fault("bad_body", "origins: only a web inbox has pages");
  const odd = origins?.find((each) => URL.parse(each)?.origin !== each);
  if (odd !== undefined)
    throw new Fault("bad_body", `origins: ${odd} is no origin such as https://shop.example`);
}

const definedOnly = (given: object = {}): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** Chats and update ids are those of one bot: another one's would be mixed up with them. */
function sameBot(old: TelegramSettings, changed: object): TelegramSettings {
  const settings = changed as TelegramSettings;
  if (botId(settings) !== botId(old))
    throw new Fault("bad_request", "this is another bot's token: make an inbox of its own for that bot");
  return settings;
}

function withWebhook(settings: TelegramSettings, url: string | null): TelegramSettings {
  if (settings.mode !== "webhook") return { ...settings, webhook_url: "" };
  if (url !== null) return { ...settings, webhook_url: url };
  throw new Fault(
    "bad_request",
    "a webhook needs PUBLIC_URL, the https address under which the outside reaches Peyk; without one, use mode polling",
  );
}

const botId = ({ bot_token }: TelegramSettings): string => bot_token.split(":")[0] ?? "";

/** One bot or account feeds one inbox: two would take each other's updates. `null`: there may be many. */
export function accountKey(kind: PlatformName, settings: Settings): string | null {
  if (kind === "telegram") return `telegram:${botId(settings as TelegramSettings)}`;
  return kind === "instagram" ? `instagram:${(settings as InstagramSettings).account_id}` : null;
}

/** What the platform's webhook must bring; `null` where it has none. */
export function webhookSecret(kind: PlatformName, settings: Settings): string | null {
  if (kind === "telegram") return (settings as TelegramSettings).webhook_secret;
  return kind === "instagram" ? (settings as InstagramSettings).verify_token : null;
}
