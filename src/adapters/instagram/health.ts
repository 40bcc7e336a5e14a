import type { PlatformStatus } from "../../features/inbox/platform.ts";

/** The most urgent first: without a token nothing else can be judged. */
const sources = ["token", "renewal", "subscription", "reach"] as const;
export type ProblemSource = (typeof sources)[number];

/** What is wrong with the account now, one sentence for each thing that can be. */
export class Health {
  readonly #problems = new Map<ProblemSource, string>();

  report(source: ProblemSource, problem: string): void {
    this.#problems.set(source, problem);
  }

  clear(source: ProblemSource): void {
    this.#problems.delete(source);
  }

  has(source: ProblemSource): boolean {
    return this.#problems.has(source);
  }

  status(): PlatformStatus {
    const source = sources.find((each) => this.#problems.has(each));
    return { ok: source === undefined, problem: source === undefined ? null : this.#problems.get(source)! };
  }
}
