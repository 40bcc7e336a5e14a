import type { Clock } from "../../src/core/clock.ts";

/** Time that stands still until a test moves it. Timers run in order when their time is reached. */
export class FakeClock implements Clock {
  #now: number;
  /** What somebody who set the clock put it ahead of the time that passed. */
  #ahead = 0;
  #timers: { at: number; every: number | undefined; run: () => void }[] = [];
  /** What timers started and what is not done yet: jobs are asynchronous, and say when they are through. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#ahead;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Somebody sets the clock, forward or back; no time passes. */
  set(by: number): void {
    this.#ahead += by;
  }

  after(ms: number, run: () => void) {
    return this.#add({ at: this.#now + ms, every: undefined, run });
  }

  every(ms: number, run: () => void) {
    return this.#add({ at: this.#now + ms, every: ms, run });
  }

  #add(timer: { at: number; every: number | undefined; run: () => void }) {
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#due(end); due !== undefined; due = this.#due(end)) {
      this.#now = due.at;
      if (due.every === undefined) this.#timers = this.#timers.filter((each) => each !== due);
      else due.at += due.every;
      this.#note(due.run());
    }
    this.#now = end;
  }

  /** What a timer runs may be asynchronous, as far as its type tells. */
  #note(done: unknown): void {
    if (!(done instanceof Promise)) return;
    const end = () => void this.#running.delete(done);
    this.#running.add(done);
    done.then(end, end);
  }

  /** Resolves when everything that timers started is done. Never where that waits for this very clock. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #due(end: number) {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}
