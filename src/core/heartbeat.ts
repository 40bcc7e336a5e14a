import type { Cancel, Clock } from "./clock.ts";

/** Something that wants to be looked at, at a time of its choosing. */
export interface Beating {
  /** Time on the monotonic clock of its next turn on the wheel; the wheel skips entries that it no longer agrees with. */
  due: number;
  /** Its turn came. It leaves the wheel unless it schedules itself again. */
  beat(now: number): void;
}

/** Shorter than any interval that is asked for, or every other ping of each second would be left out. */
const slotMs = 250;
const slots = 256;

/**
 * One timer for all connections: a ring of slots, each a quarter of a second. Pings, deadlines and token ends of 10,000
 * connections cost one interval instead of 10,000 timers; a turn may come two slots late: it waits for the end of its
 * own, and for the timer.
 */
export class Wheel {
  readonly #ring: Beating[][] = Array.from({ length: slots }, () => []);
  readonly #clock: Clock;
  readonly #stop: Cancel;
  #next: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#next = Math.floor(clock.monotonic() / slotMs);
    this.#stop = clock.every(slotMs, () => this.#advance());
  }

  schedule(beating: Beating, due: number): void {
    beating.due = due;
    const slot = Math.max(Math.ceil(due / slotMs), this.#next);
    this.#ring[slot % slots]!.push(beating);
  }

  stop(): void {
    this.#stop();
  }

  /** Also walks the slots that a late timer skipped. */
  #advance(): void {
    const now = this.#clock.monotonic();
    for (const last = Math.floor(now / slotMs); this.#next <= last; ) {
      const slot = this.#next++ % slots;
      const entries = this.#ring[slot]!;
      this.#ring[slot] = [];
      for (const entry of entries) this.#turn(entry, now, slot);
    }
  }

  #turn(entry: Beating, now: number, slot: number): void {
    if (entry.due > now) {
      // Due in a later round of this slot; in another slot, where it was moved to, it has an entry of its own.
      if (Math.ceil(entry.due / slotMs) % slots === slot) this.#ring[slot]!.push(entry);
      return;
    }
    entry.due = Number.POSITIVE_INFINITY;
    entry.beat(now);
  }
}
