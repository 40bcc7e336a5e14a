import type { WebhookInfo } from "grammy/types";
import type { Cancel, Clock } from "../../core/clock.ts";
import type { TelegramSettings } from "../../features/inbox/platform.ts";
import type { Failure } from "./failure.ts";
import type { Line } from "./line.ts";
import { backoff } from "./pause.ts";
import { badToken, isBadToken, noWebhook } from "./problems.ts";
import type { Log, Troubles } from "./troubles.ts";
import { allowedUpdates } from "./updates.ts";
import { webhookProblem } from "./webhook-advice.ts";

const period = 300_000;
const timeout = 15_000;
/** How many requests Telegram may have open to us. It keeps the order within a chat in any case. */
const max_connections = 20;

export interface WatchdogOptions {
  readonly line: Line;
  readonly clock: Clock;
  readonly troubles: Troubles;
  readonly log: Log;
  readonly settings: Pick<TelegramSettings, "webhook_url" | "webhook_secret">;
}

/** Registers the webhook, and asks Telegram every five minutes what it thinks of it. */
export class Watchdog {
  readonly #o: WatchdogOptions;
  readonly #stopped = new AbortController();
  #cancel: Cancel = () => {};
  #registered = false;
  #failures = 0;
  #waiting = 0;

  constructor(options: WatchdogOptions) {
    this.#o = options;
  }

  start(): Promise<void> {
    return this.#look();
  }

  stop(): void {
    this.#stopped.abort();
    this.#cancel();
  }

  async #look(): Promise<void> {
    const failure = this.#registered ? await this.#inspect() : await this.#register();
    if (this.#stopped.signal.aborted) return;
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    if (failure === undefined) this.#o.troubles.clear("token");
    else this.#failed(failure);
    const wait = failure === undefined || isFinal(failure) ? period : backoff(this.#failures);
    this.#cancel = this.#o.clock.after(wait, () => void this.#look());
  }

  async #register(): Promise<Failure | undefined> {
    const { webhook_url, webhook_secret: secret_token } = this.#o.settings;
    const other = { secret_token, allowed_updates: allowedUpdates, max_connections };
    const answer = await this.#o.line.call((api) => api.setWebhook(webhook_url, other), this.#limits());
    if (!answer.ok) return answer.failure;
    this.#registered = true;
    this.#o.log({ kind: "webhook.registered", detail: this.#o.line.host });
    this.#o.troubles.clear("receiving");
    return undefined;
  }

  async #inspect(): Promise<Failure | undefined> {
    const answer = await this.#o.line.call((api) => api.getWebhookInfo(), this.#limits());
    if (!answer.ok) return answer.failure;
    if (answer.value.url !== "") return void this.#judge(answer.value);
    this.#o.log({ kind: "webhook.gone", detail: "Telegram had none; it is registered again" });
    return this.#register();
  }

  #judge(info: WebhookInfo): void {
    const { clock, troubles, settings, line } = this.#o;
    const grown = info.pending_update_count > this.#waiting && this.#waiting > 0;
    this.#waiting = info.pending_update_count;
    const problem = webhookProblem(info, settings.webhook_url, clock.now(), grown);
    if (problem === undefined) troubles.clear("receiving");
    else troubles.set("receiving", line.scrub(problem));
  }

  #limits() {
    return { timeout, signal: this.#stopped.signal };
  }

  #failed(failure: Failure): void {
    const { troubles } = this.#o;
    if (failure.kind === "refused" && isBadToken(failure.code))
      return troubles.set("token", badToken(failure.words));
    const doing = this.#registered ? "asked about the webhook" : "told the webhook's address";
    troubles.set("receiving", noWebhook(doing, failure.words));
  }
}

/** What Telegram refuses now it refuses in a second, too. */
const isFinal = (failure: Failure): boolean =>
  failure.kind === "refused" && failure.code !== 429 && failure.code < 500;
