import type { Clock } from "../../core/clock.ts";
import type { Graph } from "./graph.ts";

const interval = 10_000;
const timeout = 5_000;
const maxChats = 1_000;

/** Shows the customer that somebody types, not more often than the sign lasts. */
export class Typing {
  readonly #graph: Graph;
  readonly #clock: Clock;
  readonly #account: string;
  /** Chat → when it was last shown there; the oldest first. */
  readonly #shown = new Map<string, number>();

  constructor(graph: Graph, clock: Clock, account: string) {
    this.#graph = graph;
    this.#clock = clock;
    this.#account = account;
  }

  async show(chat: string): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - (this.#shown.get(chat) ?? Number.NEGATIVE_INFINITY) < interval) return;
    this.#remember(chat, now);
    await this.#graph.call({
      method: "POST",
      path: [this.#account, "messages"],
      body: { recipient: { id: chat }, sender_action: "typing_on" },
      timeout,
    });
  }

  #remember(chat: string, now: number): void {
    this.#shown.delete(chat);
    this.#shown.set(chat, now);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > maxChats && oldest !== undefined) this.#shown.delete(oldest);
  }
}
