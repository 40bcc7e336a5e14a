import type { Clock } from "../../core/clock.ts";
import { SlidingWindow } from "../../core/sliding-window.ts";
import { Fault } from "../../protocol/faults.ts";

const minute = 60_000;

/** How many messages one user sends to customers in a minute, over all of his sockets and over HTTP together. */
export class AgentRate {
  readonly #perMinute: number;
  readonly #clock: Clock;
  /** Who said something in the last minute: members of inboxes alone come this far. */
  readonly #users = new Map<string, SlidingWindow>();

  /** @param perMinute 0: no limit. */
  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Counts one. Throws `sending_too_fast` with the seconds until the next one may come; such a one does not count. */
  take(user: string): void {
    if (this.#perMinute === 0) return;
    let window = this.#users.get(user);
    if (window === undefined) {
      window = new SlidingWindow(this.#perMinute, minute);
      this.#users.set(user, window);
    }
    const wait = window.take(this.#clock.monotonic());
    if (wait > 0) throw tooFast(this.#perMinute, Math.ceil(wait / 1_000));
  }

  /** It was not stored after all. */
  giveBack(user: string): void {
    this.#users.get(user)?.giveBack();
  }

  /** Forgets who has been silent for a minute. */
  forget(): void {
    const now = this.#clock.monotonic();
    for (const [user, window] of this.#users) if (window.isEmpty(now)) this.#users.delete(user);
  }

  /** Users who are remembered. */
  get size(): number {
    return this.#users.size;
  }
}

const tooFast = (perMinute: number, retry_after: number): Fault =>
  new Fault(
    "sending_too_fast",
    `you have sent ${perMinute} messages within a minute; try again in ${retry_after} s`,
    { fields: { retry_after }, expected: { setting: "INBOX_MESSAGES_PER_MINUTE", value: perMinute } },
  );
