import type { Api } from "grammy";
import type { Update as TelegramUpdate } from "grammy/types";
import type { Clock } from "../../core/clock.ts";
import { chatOf, type Receive, type Update } from "../../features/inbox/platform.ts";
import type { Failure } from "./failure.ts";
import type { Line } from "./line.ts";
import { backoff, pause } from "./pause.ts";
import { away, badToken, conflict, isBadToken, notStored } from "./problems.ts";
import type { Log, Troubles } from "./troubles.ts";
import { allowedUpdates, isUpdate, readUpdate } from "./updates.ts";

/** Seconds that Telegram holds the request; it cuts what is more than 50. */
const hold = 50;
const timeout = (hold + 15) * 1000;
const shortTimeout = 15_000;
/** Nothing, and at once: a server that does not hold the line is not asked again without a pause. */
const unheld = 1000;
/** A token that Telegram refuses is tried again now and then: it has been known to refuse good ones for a while. */
const tokenPause = 600_000;

interface Numbered {
  readonly id: number;
  readonly update: Update;
}

const numbered = (update: TelegramUpdate): Numbered => ({ id: update.update_id, update: readUpdate(update) });

export interface PollerOptions {
  readonly line: Line;
  readonly clock: Clock;
  readonly troubles: Troubles;
  readonly log: Log;
}

/**
 * Long polling. Telegram forgets an update when it is asked for a later one, so that this is asked only after the
 * update is on disk. grammY's own loops confirm earlier: what fails while it is handled would be lost.
 */
export class Poller {
  readonly #o: PollerOptions;
  readonly #stopped = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #webhookGone = false;
  #offset = 0;
  #failures = 0;

  constructor(options: PollerOptions) {
    this.#o = options;
  }

  start(receive: Receive): void {
    this.#done = this.#run(receive);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#done;
  }

  async #run(receive: Receive): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const wait = await this.#round(receive);
      if (wait !== undefined) await pause(this.#o.clock, wait, signal);
    }
  }

  /** One request and the storing of what it brought. Milliseconds to wait where something went wrong. */
  async #round(receive: Receive): Promise<number | undefined> {
    const askedAt = this.#o.clock.monotonic();
    const answer = await this.#ask();
    if (!answer.ok) return this.#failed(answer.failure);
    this.#o.troubles.clear("token");
    if (!(await this.#store(answer.value, receive))) return this.#unstored();
    this.#o.troubles.clear("receiving");
    this.#failures = 0;
    const isHeld = answer.value.length > 0 || this.#o.clock.monotonic() - askedAt >= unheld;
    return isHeld ? undefined : unheld;
  }

  async #ask() {
    const { line } = this.#o;
    const { signal } = this.#stopped;
    if (!this.#webhookGone) {
      const deleted = await line.call((api) => api.deleteWebhook(), { timeout: shortTimeout, signal });
      if (!deleted.ok) return deleted;
      this.#webhookGone = true;
    }
    const options = { offset: this.#offset, timeout: hold, allowed_updates: allowedUpdates };
    const run = async (api: Api) => (await api.getUpdates(options)).filter(isUpdate);
    return line.call(run, { timeout, signal });
  }

  /** Chats side by side, so that they share the store's commits; what one of them tells, in its order. */
  async #store(updates: readonly TelegramUpdate[], receive: Receive): Promise<boolean> {
    const chats = Map.groupBy(updates.map(numbered), ({ update }) => chatOf(update));
    const left = await Promise.all([...chats.values()].map((chat) => this.#storeInOrder(chat, receive)));
    const firstLeft = Math.min(...left);
    const end = (updates.at(-1)?.update_id ?? this.#offset - 1) + 1;
    // What is stored behind the first that is not comes again, and is known then.
    this.#offset = Math.min(firstLeft, end);
    return firstLeft === Number.POSITIVE_INFINITY;
  }

  /** Returns the first of them that is not stored. */
  async #storeInOrder(chat: readonly Numbered[], receive: Receive): Promise<number> {
    for (const each of chat) if (!(await this.#isStored(each, receive))) return each.id;
    return Number.POSITIVE_INFINITY;
  }

  async #isStored({ id, update }: Numbered, receive: Receive): Promise<boolean> {
    if (this.#stopped.signal.aborted) return false;
    try {
      await receive(update);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.name : "unknown";
      this.#o.log({ kind: "update.not_stored", detail: `update ${id}: ${why}` });
      return false;
    }
  }

  #unstored(): number | undefined {
    if (this.#stopped.signal.aborted) return undefined;
    this.#o.troubles.set("receiving", notStored);
    return backoff(++this.#failures);
  }

  #failed(failure: Failure): number | undefined {
    if (failure.kind === "stopped") return undefined;
    this.#failures++;
    this.#o.log({ kind: "polling.failed", detail: failure.words });
    if (failure.kind === "refused") return this.#refused(failure);
    this.#away(failure.words);
    return backoff(this.#failures);
  }

  #refused({ code, words, retryAfter }: Failure & { kind: "refused" }): number {
    if (isBadToken(code)) {
      this.#o.troubles.set("token", badToken(words));
      return tokenPause;
    }
    if (code === 409) this.#conflict(words);
    else this.#away(words);
    return Math.max(retryAfter ?? 0, backoff(this.#failures));
  }

  #conflict(words: string): void {
    if (/webhook/i.test(words)) this.#webhookGone = false;
    this.#o.troubles.set("receiving", conflict(words));
  }

  /** One failure is nothing to wake anybody for. */
  #away(words: string): void {
    if (this.#failures < 2) return;
    this.#o.troubles.set("receiving", away(words));
  }
}
