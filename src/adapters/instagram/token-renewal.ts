import type { Cancel, Clock } from "../../core/clock.ts";
import type { InstagramSettings } from "../../features/inbox/platform.ts";
import type { Graph, GraphAnswer } from "./graph.ts";
import type { Health } from "./health.ts";
import { numberOf, textOf } from "./json.ts";
import type { Log } from "./webhook.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** How often it is looked whether it is time; a renewal that failed is tried again then. */
const interval = 6 * hour;
/** Meta renews no token that is younger. */
const minAge = day;
/** A token lives 60 days: half of them are left for whatever stands in the way. */
const ahead = 30 * day;
const timeout = 15_000;

type Token = Pick<InstagramSettings, "access_token" | "token_since" | "token_expires_at">;

/** Stores the new token in place of the one that it was renewed from; rejects where it cannot. */
export type KeepToken = (from: string, token: Token) => Promise<void>;

export interface RenewalParts {
  readonly graph: Graph;
  readonly clock: Clock;
  readonly health: Health;
  readonly log: Log;
  readonly settings: InstagramSettings;
  readonly keep: KeepToken;
}

/**
 * Renews the 60-day token of an account before it ends ("Refresh a long-lived token" of Meta's Instagram API with
 * Instagram Login). Tokens of graph.facebook.com are of another kind, and are left alone.
 */
export class TokenRenewal {
  readonly #parts: RenewalParts;
  #token: Token;
  /** A new token that could not be stored yet, and the stored one that it was made of. */
  #unkept: { readonly from: string; readonly token: Token } | undefined;
  #cancel: Cancel | undefined;
  #abort = new AbortController();

  constructor(parts: RenewalParts) {
    this.#parts = parts;
    const { access_token, token_expires_at, token_since = parts.clock.now() } = parts.settings;
    this.#token = { access_token, token_since, token_expires_at };
  }

  start(): void {
    this.stop();
    if (!isInstagramLogin(this.#parts.settings.api_root)) return;
    this.#abort = new AbortController();
    this.#cancel = this.#parts.clock.every(interval, () => void this.#look());
    void this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#abort.abort();
  }

  /** When this token may, and should, be renewed. Where its end is not known, it is as soon as that may be. */
  get #due(): number {
    const { token_since = 0, token_expires_at } = this.#token;
    return Math.max(token_since + minAge, (token_expires_at ?? 0) - ahead);
  }

  async #look(): Promise<void> {
    if (this.#unkept !== undefined) return this.#keep(this.#unkept.from, this.#unkept.token);
    if (this.#parts.clock.now() < this.#due) return;
    const { signal } = this.#abort;
    const answer = await this.#ask(signal);
    if (signal.aborted) return;
    const token = answer.kind === "ok" ? this.#read(answer) : undefined;
    if (token === undefined) return this.#failed(wordsOf(answer));
    const from = this.#token.access_token;
    this.#token = token;
    this.#parts.graph.renew(token.access_token);
    await this.#keep(from, token);
  }

  #ask(signal: AbortSignal): Promise<GraphAnswer> {
    const query = { grant_type: "ig_refresh_token", access_token: this.#token.access_token };
    return this.#parts.graph.call({
      method: "GET",
      root: "token",
      path: ["refresh_access_token"],
      query,
      timeout,
      signal,
    });
  }

  #read({ body }: GraphAnswer & { kind: "ok" }): Token | undefined {
    const [access_token, seconds] = [textOf(body.access_token), numberOf(body.expires_in)];
    if (access_token === undefined || seconds === undefined || seconds <= 0) return undefined;
    const now = this.#parts.clock.now();
    return { access_token, token_since: now, token_expires_at: now + seconds * 1000 };
  }

  /** Until it is stored, a restart would go back to the old one. */
  async #keep(from: string, token: Token): Promise<void> {
    const { keep, health, log } = this.#parts;
    try {
      await keep(from, token);
      this.#unkept = undefined;
      health.clear("renewal");
      log({ kind: "token_renewed", detail: `until ${dateOf(token.token_expires_at)}` });
    } catch {
      this.#unkept = { from, token };
      health.report(
        "renewal",
        "the access token was renewed and could not be stored: look after the disk; it is tried again",
      );
    }
  }

  #failed(words: string): void {
    const { health, log } = this.#parts;
    log({ kind: "token_not_renewed", detail: words });
    const { token_expires_at: end } = this.#token;
    const ends = end === undefined ? "ends 60 days after it was made" : `ends on ${dateOf(end)}`;
    health.report(
      "renewal",
      `the access token ${ends} and could not be renewed: make a new one in Meta's App Dashboard and set it with \`peyk inbox update\` (Instagram says: ${words})`,
    );
  }
}

const dateOf = (time = 0): string => new Date(time).toISOString().slice(0, 10);

const wordsOf = (answer: GraphAnswer): string => {
  if (answer.kind === "refused") return answer.error.message;
  return answer.kind === "ok" ? "an answer without a token" : answer.reason;
};

/** Page tokens of Facebook Login do not end by themselves, and are not renewed this way. */
const isInstagramLogin = (apiRoot: string): boolean =>
  !/(^|\.)facebook\.com$/.test(URL.parse(apiRoot)?.hostname ?? "");
