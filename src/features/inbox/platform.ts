/** What a platform (Telegram, Instagram, the web widget) is to the inbox: one object for each inbox that uses it. */

export const platformNames = ["telegram", "instagram", "web"] as const;
export type PlatformName = (typeof platformNames)[number];

/** Who wrote, as far as the platform tells. */
export interface Contact {
  /** The platform's id of the customer: Telegram's chat id, Instagram's scoped id, the widget's visitor id. */
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly username?: string | undefined;
  /** Where the platform gave one, a reference that `media` can fetch; never an address that holds a secret. */
  readonly picture?: string | undefined;
}

export const mediaKinds = [
  "image",
  "voice",
  "audio",
  "video",
  "document",
  "sticker",
  "location",
  "share",
] as const;

export interface Media {
  readonly kind: (typeof mediaKinds)[number];
  /** What `Platform.media` takes to fetch it: a file id, an address of the platform's CDN. Shown to nobody. */
  readonly reference?: string | undefined;
  readonly name?: string | undefined;
  readonly bytes?: number | undefined;
  readonly contentType?: string | undefined;
}

/** What happened on the platform. `chat` is `Contact.id`; `platformId` the platform's id of the message. Times in ms. */
export type PlatformEvent =
  | {
      readonly kind: "message";
      readonly platformId: string;
      readonly from: Contact;
      /** Text, caption, or a placeholder such as `[Voice Message]`. */
      readonly text: string;
      readonly media?: Media | undefined;
      readonly at: number;
    }
  | {
      readonly kind: "edited";
      readonly chat: string;
      readonly platformId: string;
      readonly text: string;
      readonly at: number;
    }
  /** The customer took it back: its text must no longer be shown. */
  | { readonly kind: "deleted"; readonly chat: string; readonly platformId: string; readonly at: number }
  /** A message of our own account, which another tool or the platform's app sent; or we ourselves did. */
  | {
      readonly kind: "echo";
      readonly chat: string;
      readonly platformId: string;
      readonly text: string;
      readonly at: number;
    }
  /** The customer has seen everything up to this message. */
  | { readonly kind: "read"; readonly chat: string; readonly platformId: string; readonly at: number }
  /** Nothing that the inbox shows. Logged. */
  | { readonly kind: "ignored"; readonly reason: string };

/** One delivery of the platform. The same `key` a second time changes nothing, also after a restart. */
export interface Update {
  readonly key: string;
  /** All of one chat: what several chats tell is taken side by side. */
  readonly events: readonly PlatformEvent[];
}

/** The chat that an update tells of; one that tells of none is like a chat of its own. */
export function chatOf({ key, events }: Update): string {
  for (const event of events) {
    if (event.kind === "message") return event.from.id;
    if (event.kind !== "ignored") return event.chat;
  }
  return key;
}

/** What became of one part of a message. */
export type SendOutcome =
  | { readonly kind: "sent"; readonly platformId: string }
  /** The platform certainly has not taken it; try again after so many milliseconds. `scope`: what must pause. */
  | {
      readonly kind: "retry";
      readonly after: number | undefined;
      readonly scope: "chat" | "inbox";
      readonly reason: string;
    }
  /** It went out and no answer came: it may have arrived, so it is not sent again by itself. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** Refused for good, with the platform's own words. `unreachable`: nothing reaches this customer any more. */
  | { readonly kind: "failed"; readonly reason: string; readonly unreachable: boolean };

/** How the platform is, for health and for the inbox's own page. `problem` is a sentence that says what to do. */
export interface PlatformStatus {
  readonly ok: boolean;
  readonly problem: string | null;
}

/** A webhook's request: the body as the bytes that came, for signatures are over those. */
export interface WebhookRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  /** Seconds, for 429 and 503. */
  readonly retryAfter?: number;
}

/** What a platform calls. Resolves when the update is on disk; rejects when it could not be stored (try again). */
export type Receive = (update: Update) => Promise<void>;

export interface SendContext {
  /** When the customer last wrote, ms since 1970: platforms have windows for answers. `undefined`: never. */
  readonly lastCustomerMessageAt: number | undefined;
  readonly now: number;
}

export interface Platform {
  readonly name: PlatformName;
  /** Cuts a text into parts that the platform takes, in order, never through a character. */
  split(text: string): readonly string[];
  /** Sends one part. Never rejects: every failure is an outcome. */
  send(chat: string, text: string, context: SendContext): Promise<SendOutcome>;
  /** Milliseconds between two parts: to one chat, and to all chats together. The outbox keeps to it. */
  readonly pace: { readonly chat: number; readonly inbox: number };
  /** Shows the customer that somebody types, where the platform can. Failures are nobody's business. */
  typing?(chat: string): Promise<void>;
  /** Fetches what a `Media.reference` or `Contact.picture` names, as fast as it is read. Throws a Fault where it cannot be had. */
  media?(
    reference: string,
  ): Promise<{ readonly data: ReadableStream<Uint8Array>; readonly contentType: string }>;
  /** Judges and takes a webhook's request. Absent: the platform has none. */
  webhook?(request: WebhookRequest, receive: Receive): Promise<WebhookAnswer>;
  /** Begins to receive (polling, registering the webhook, watchdog); `stop` ends it. */
  start?(receive: Receive): Promise<void>;
  stop?(): Promise<void>;
  status(): PlatformStatus;
}

/** Settings of an inbox as they are stored. Secrets are encrypted on disk and leave the server for nobody but the platform. */
export interface TelegramSettings {
  readonly bot_token: string;
  readonly mode: "polling" | "webhook";
  /** Bot API server; https://api.telegram.org by default. */
  readonly api_root: string;
  /** What Telegram hands back in X-Telegram-Bot-Api-Secret-Token. */
  readonly webhook_secret: string;
  /** Public address of our webhook; empty in polling mode. */
  readonly webhook_url: string;
}

export interface InstagramSettings {
  readonly account_id: string;
  readonly access_token: string;
  readonly app_secret: string;
  readonly verify_token: string;
  /** https://graph.instagram.com/v23.0 by default. */
  readonly api_root: string;
  /** May answer with the HUMAN_AGENT tag up to seven days after the customer's message. */
  readonly human_agent: boolean;
  /** Since when we have the access token, and when it ends, in ms since 1970, as far as it is known. */
  readonly token_since?: number | undefined;
  readonly token_expires_at?: number | undefined;
}
