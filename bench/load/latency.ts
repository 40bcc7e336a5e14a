/** Latencies in steps of 0.05 ms up to 10 s: cheap to add to, whatever the count. */
export class Latencies {
  static readonly #step = 0.05;
  readonly #counts = new Uint32Array(200_000);
  #total = 0;

  get count(): number {
    return this.#total;
  }

  /** Milliseconds. */
  add(ms: number): void {
    const at = Math.min(Math.max(Math.floor(ms / Latencies.#step), 0), this.#counts.length - 1);
    this.#counts[at]!++;
    this.#total++;
  }

  /** The latency that a share of `share` stayed under; NaN where nothing was measured. */
  quantile(share: number): number {
    let left = Math.ceil(this.#total * share);
    if (left === 0) return Number.NaN;
    for (let i = 0; i < this.#counts.length; i++) {
      left -= this.#counts[i]!;
      if (left <= 0) return (i + 1) * Latencies.#step;
    }
    return Number.POSITIVE_INFINITY;
  }
}
