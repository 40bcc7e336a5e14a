/** Round trips that fit into the wait for one: a busy server's next answer may take longer than its last. */
const spare = 3;

/**
 * How slow this line and this server are, as far as the walk has seen. What is quick enough nearby cuts off answers from
 * afar, and who does not wait for a refusal calls a server well that refuses a second later.
 */
export class Pace {
  readonly #longest: number;
  #slowest = 0;

  /** @param longest milliseconds that nothing waits longer for because of what was seen. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Something was answered after so many milliseconds. */
  saw(ms: number): void {
    this.#slowest = Math.max(this.#slowest, ms);
  }

  /** Milliseconds to wait for what takes one round trip. @param usual where the line is quick. */
  patience(usual: number): number {
    return Math.max(usual, Math.min(spare * this.#slowest, this.#longest));
  }
}
