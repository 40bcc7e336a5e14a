import type { Clock } from "../../../core/clock.ts";
import type { Platform } from "../platform.ts";
import type { Item } from "./item.ts";

/** Milliseconds that a stop waits for answers of platforms. */
const stopPatience = 5_000;

/** Tries the next part of a message. Resolves with `true` where nothing more is to be done for it; never rejects. */
export type Attempt = (lane: Lane, item: Item) => Promise<boolean>;

/** One inbox's way out: chats side by side, the messages of one chat in their order, at the platform's pace. */
export class Lane {
  readonly platform: Platform;
  readonly #clock: Clock;
  readonly #attempt: Attempt;
  readonly #chats = new Map<string, Item[]>();
  /** Messages that have a place here: none gets a second one. */
  readonly #known = new Set<string>();
  /** Chats that are being sent to: a stop waits for what is under way, or it would go out again after the start. */
  readonly #drains = new Set<Promise<void>>();
  readonly #wake = new Set<() => void>();
  #pausedUntil = 0;
  /** When the next part of any chat may go. */
  #nextSlot = 0;
  #stopped = false;

  constructor(platform: Platform, clock: Clock, attempt: Attempt) {
    this.platform = platform;
    this.#clock = clock;
    this.#attempt = attempt;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Messages that wait or are under way. */
  get waiting(): number {
    return this.#known.size;
  }

  has(message: string): boolean {
    return this.#known.has(message);
  }

  push(item: Item): void {
    this.#known.add(item.message.id);
    const waiting = this.#chats.get(item.chat);
    if (waiting !== undefined) return void waiting.push(item);
    const items = [item];
    this.#chats.set(item.chat, items);
    const drain = this.#drain(item.chat, items).finally(() => this.#drains.delete(drain));
    this.#drains.add(drain);
  }

  /** Nothing goes out before this time: the platform asked for it. */
  pauseUntil(time: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, time);
  }

  /** Resolves when what is under way has its answer, or has waited long enough for one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const wake of this.#wake) wake();
    for (const items of this.#chats.values()) for (const item of items) item.stopTimer();
    await within(Promise.all(this.#drains), stopPatience);
  }

  async #drain(chat: string, items: Item[]): Promise<void> {
    while (!this.#stopped && items.length > 0) {
      const item = items[0]!;
      await this.#pause(item.dueAt);
      if (this.#stopped) return;
      if (await this.#attempt(this, item)) {
        items.shift();
        this.#known.delete(item.message.id);
      }
      // The next one to this chat keeps its distance; another chat need not wait for that.
      const following = items[0];
      if (following !== undefined)
        following.dueAt = Math.max(following.dueAt, this.#clock.monotonic() + this.platform.pace.chat);
    }
    if (items.length === 0) this.#chats.delete(chat);
  }

  /** Waits for its own time first, and only then takes the next free moment of the inbox: others need not wait for it. */
  async #pause(dueAt: number): Promise<void> {
    while (!this.#stopped) {
      const now = this.#clock.monotonic();
      const own = Math.max(dueAt, this.#pausedUntil);
      if (own > now) {
        await this.#sleep(own - now);
        continue;
      }
      const slot = Math.max(now, this.#nextSlot);
      this.#nextSlot = slot + this.platform.pace.inbox;
      if (slot > now) await this.#sleep(slot - now);
      if (this.#pausedUntil <= this.#clock.monotonic()) return;
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#wake.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      this.#wake.add(wake);
    });
  }
}

/** Resolves with the promise, or after so many milliseconds. */
async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
