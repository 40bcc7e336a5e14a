/** So many at most in any span of time. Unlike a bucket, it lets nobody have twice as many in the first one. */
export class SlidingWindow {
  readonly #most: number;
  readonly #span: number;
  /** When each was taken, oldest first; those before `#first` are too long ago to count. */
  readonly #times: number[] = [];
  #first = 0;

  /** @param span milliseconds. */
  constructor(most: number, span: number) {
    this.#most = most;
    this.#span = span;
  }

  /** Takes one and returns 0, or else the milliseconds until there is room again. `now` in milliseconds, never going back. */
  take(now: number): number {
    if (this.#used(now) >= this.#most) return this.#times[this.#first]! + this.#span - now;
    this.#times.push(now);
    return 0;
  }

  /** The newest one has not happened after all. */
  giveBack(): void {
    if (this.#times.length > this.#first) this.#times.pop();
  }

  isEmpty(now: number): boolean {
    return this.#used(now) === 0;
  }

  #used(now: number): number {
    while (this.#first < this.#times.length && this.#times[this.#first]! <= now - this.#span) this.#first++;
    // In bulk, so that the array is not moved for each of them.
    if (this.#first > 64 && this.#first * 2 > this.#times.length)
      this.#first -= this.#times.splice(0, this.#first).length;
    return this.#times.length - this.#first;
  }
}
