import type { Update, WebhookInfo } from "grammy/types";
import { ApiError, badRequest } from "./answer.ts";
import type { Params } from "./params.ts";

/** What Telegram leaves out unless it is asked for by name. */
const notByDefault = ["chat_member", "message_reaction", "message_reaction_count"];

interface Waiting {
  readonly params: Params;
  readonly settle: (updates: Update[] | ApiError) => void;
}

const conflict = (words: string) => new ApiError(409, `Conflict: ${words}`);
const secretShape = /^[\w-]{1,256}$/;

/** Updates that wait, and the two ways of getting them, of which Telegram serves one at a time. */
export class Backlog {
  readonly #now: () => number;
  /** Told when somebody begins or ends to wait. */
  readonly #changed: () => void;
  #nextId = 870_000_001;
  #pending: Update[] = [];
  #waiting: Waiting | undefined;
  #allowed: readonly string[] | undefined;
  #url = "";
  #maxConnections = 40;
  #lastError: { date: number; words: string } | undefined;
  secret = "";

  constructor(now: () => number, changed: () => void) {
    this.#now = now;
    this.#changed = changed;
  }

  get pending(): readonly Update[] {
    return this.#pending;
  }

  get url(): string {
    return this.#url;
  }

  get isPolled(): boolean {
    return this.#waiting !== undefined;
  }

  add(content: Omit<Update, "update_id">): Update {
    const update: Update = { update_id: this.#nextId++, ...content };
    const kind = Object.keys(content)[0] ?? "";
    const wanted = this.#allowed?.includes(kind) ?? !notByDefault.includes(kind);
    if (wanted) this.#pending.push(update);
    if (wanted && this.#waiting !== undefined) this.#end(this.#select(this.#waiting.params));
    return update;
  }

  /** An offset confirms what is before it, and it alone. */
  get(params: Params, signal: AbortSignal): Promise<Update[]> {
    if (this.#url !== "")
      throw conflict(
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    this.#end(
      conflict("terminated by other getUpdates request; make sure that only one bot instance is running"),
    );
    this.#allow(params);
    const ready = this.#select(params);
    const seconds = Math.min(Number(params.timeout ?? 0), 50);
    return ready.length > 0 || seconds <= 0 ? Promise.resolve(ready) : this.#hold(params, seconds, signal);
  }

  #hold(params: Params, seconds: number, signal: AbortSignal): Promise<Update[]> {
    return new Promise((resolve, reject) => {
      const settle = (result: Update[] | ApiError) => {
        clearTimeout(timer);
        if (this.#waiting?.settle === settle) this.#waiting = undefined;
        result instanceof ApiError ? reject(result) : resolve(result);
        this.#changed();
      };
      const timer = setTimeout(() => settle([]), seconds * 1000);
      this.#waiting = { params, settle };
      this.#changed();
      signal.addEventListener("abort", () => settle([]));
    });
  }

  #end(result: Update[] | ApiError): void {
    this.#waiting?.settle(result);
  }

  #select({ offset = 0, limit = 100 }: Params): Update[] {
    const from = Number(offset);
    if (from < 0) this.#pending = this.#pending.slice(from);
    // One that was never reached counts as none.
    else if (from <= this.#nextId) this.#pending = this.#pending.filter(({ update_id }) => update_id >= from);
    return this.#pending.slice(0, Math.min(Math.max(Number(limit), 1), 100));
  }

  #allow({ allowed_updates }: Params): void {
    if (!Array.isArray(allowed_updates)) return;
    this.#allowed = allowed_updates.length === 0 ? undefined : allowed_updates;
  }

  setWebhook(params: Params): true {
    const url = String(params.url);
    if (url === "") return this.deleteWebhook(params);
    checkUrl(url);
    const secret = params.secret_token ?? "";
    if (secret !== "" && !secretShape.test(String(secret)))
      throw badRequest("secret token contains unallowed characters");
    this.#end(conflict("terminated by setWebhook request"));
    this.#allow(params);
    this.#url = url;
    this.secret = String(secret);
    this.#maxConnections = Math.min(Math.max(Number(params.max_connections ?? 40), 1), 100);
    this.#lastError = undefined;
    if (params.drop_pending_updates === true) this.#pending = [];
    return true;
  }

  deleteWebhook(params: Params): true {
    this.#url = "";
    this.secret = "";
    this.#lastError = undefined;
    if (params.drop_pending_updates === true) this.#pending = [];
    return true;
  }

  info(): WebhookInfo {
    return {
      url: this.#url,
      has_custom_certificate: false,
      pending_update_count: this.#pending.length,
      max_connections: this.#maxConnections,
      ...(this.#allowed && { allowed_updates: [...this.#allowed] as never }),
      ...(this.#lastError && {
        last_error_date: this.#lastError.date,
        last_error_message: this.#lastError.words,
      }),
    } as WebhookInfo;
  }

  /** An update that was taken waits no longer; what went wrong is remembered. */
  delivered({ update_id }: Update, error: string | undefined): void {
    if (error === undefined) this.#pending = this.#pending.filter((each) => each.update_id !== update_id);
    else this.#lastError = { date: Math.floor(this.#now() / 1000), words: error };
  }

  close(): void {
    this.#end([]);
  }
}

/** As a Bot API server of one's own does, it takes plain HTTP, but on this machine only. */
function checkUrl(url: string): void {
  const { protocol, hostname, port } = URL.parse(url) ?? {};
  const isLocal = hostname === "127.0.0.1" || hostname === "localhost";
  if (protocol !== "https:" && !(protocol === "http:" && isLocal))
    throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
  if (!isLocal && !["", "443", "80", "88", "8443"].includes(port ?? ""))
    throw badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443");
}
