import type { Clock } from "../../core/clock.ts";
import { Fault } from "../../protocol/faults.ts";

/** Failures that cost nothing: people mistype. */
const free = 5;
const maxDelay = 60_000;
/** Milliseconds after the last failure in which all is forgotten. */
const memory = 15 * 60_000;
/** Names that are remembered at once; a stranger can make up more than memory has room for. */
const maxNames = 10_000;

/** Slows repeated failures of one name (an account, an address): each beyond the fifth doubles the wait, up to a minute. */
export class Throttle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an attempt as failed until `succeeded`. Throws `too_many_attempts` with `retry_after` in seconds. */
  attempt(name: string): void {
    const before = this.#failures.get(name);
    if (before !== undefined && before.count >= free) this.#requirePause(before);
    this.#count(name, before);
  }

  #requirePause({ at, count }: { at: number; count: number }): void {
    const wait = at + Math.min(maxDelay, 1000 * 2 ** (count - free)) - this.#clock.now();
    if (wait <= 0) return;
    const retry_after = Math.ceil(wait / 1000);
    const message = `too many failed logins; try again in ${retry_after} s`;
    throw new Fault("too_many_attempts", message, { fields: { retry_after } });
  }

  #count(name: string, before: { count: number; at: number } | undefined): void {
    const now = this.#clock.now();
    const count = before !== undefined && now - before.at < memory ? before.count + 1 : 1;
    // Re-inserted, so that the map's first key is the one that failed longest ago.
    this.#failures.delete(name);
    this.#failures.set(name, { count, at: now });
    if (this.#failures.size > maxNames) this.#failures.delete(this.#failures.keys().next().value!);
  }

  succeeded(name: string): void {
    this.#failures.delete(name);
  }
}
