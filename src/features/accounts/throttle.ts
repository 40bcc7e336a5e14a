import type { Clock } from "../../core/clock.ts";
import { Fault } from "../../protocol/faults.ts";

const maxDelay = 60_000;
/** Milliseconds after the last failure in which all is forgotten. */
const memory = 15 * 60_000;
/** Names that are remembered at once; a stranger can make up more than memory has room for. */
const maxNames = 10_000;

/** Slows repeated failures of one name (an account, an address): each beyond the free ones doubles the wait, up to a minute. */
export class Throttle {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #failures = new Map<string, { count: number; at: number }>();

  /** `free`: failures that cost nothing, since people mistype. */
  constructor(clock: Clock, free: number) {
    this.#clock = clock;
    this.#free = free;
  }

  /** Counts an attempt as failed until it turns out well. Throws `too_many_attempts` with `retry_after` in seconds. */
  attempt(name: string): void {
    const before = this.#failures.get(name);
    if (before !== undefined && before.count >= this.#free) this.#requirePause(before);
    this.#count(name, before);
  }

  #requirePause({ at, count }: { at: number; count: number }): void {
    const wait = at + Math.min(maxDelay, 1000 * 2 ** (count - this.#free)) - this.#clock.now();
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

  /** The attempt was none, and neither were those before it: this account's owner knows his password. */
  succeeded(name: string): void {
    this.#failures.delete(name);
  }

  /** The attempt was none. Those before it stay: a login of one's own must not buy an address new guesses. */
  forgive(name: string): void {
    const entry = this.#failures.get(name);
    if (entry !== undefined) this.#failures.set(name, { ...entry, count: Math.max(0, entry.count - 1) });
  }
}
