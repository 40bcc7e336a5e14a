import type { Clock } from "../../core/clock.ts";
import type { Line } from "./line.ts";

/** Telegram shows it for five seconds. */
const interval = 4000;
const timeout = 5000;
const manyChats = 1000;

/** Tells customers that somebody types, no more often than it takes. */
export class Typing {
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #toldAt = new Map<string, number>();

  constructor(line: Line, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  async tell(chat: string): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - (this.#toldAt.get(chat) ?? Number.NEGATIVE_INFINITY) < interval) return;
    if (this.#toldAt.size >= manyChats) this.#forget(now);
    this.#toldAt.set(chat, now);
    await this.#line.call((api) => api.sendChatAction(chat, "typing"), { timeout });
  }

  #forget(now: number): void {
    for (const [chat, at] of this.#toldAt) if (now - at >= interval) this.#toldAt.delete(chat);
  }
}
