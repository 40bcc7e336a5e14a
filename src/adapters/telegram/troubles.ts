import type { PlatformStatus } from "../../features/inbox/platform.ts";

export type Log = (event: { readonly kind: string; readonly detail: string }) => void;

/** What can be wrong at the same time; the first of them is told. */
const sources = ["token", "receiving"] as const;
export type Source = (typeof sources)[number];

/** What is wrong with an inbox just now, in sentences that say what to do. A change is logged once. */
export class Troubles {
  readonly #log: Log;
  readonly #sentences = new Map<Source, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  set(source: Source, sentence: string): void {
    if (this.#sentences.get(source) === sentence) return;
    this.#sentences.set(source, sentence);
    this.#log({ kind: `${source}.problem`, detail: sentence });
  }

  clear(source: Source): void {
    if (this.#sentences.delete(source)) this.#log({ kind: `${source}.well`, detail: "works again" });
  }

  status(): PlatformStatus {
    const first = sources.find((source) => this.#sentences.has(source));
    return first === undefined
      ? { ok: true, problem: null }
      : { ok: false, problem: this.#sentences.get(first) ?? null };
  }
}
