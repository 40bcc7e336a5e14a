import type { Cancel, Clock } from "../../core/clock.ts";
import type { Graph, GraphAnswer, GraphCall } from "./graph.ts";
import type { Health } from "./health.ts";
import { listOf, objectOf } from "./json.ts";
import type { Log } from "./webhook.ts";

const interval = 30 * 60_000;
const timeout = 10_000;

const needed = ["messages", "messaging_postbacks", "messaging_seen"];
/** Not every app may have these: without them the rest still works. */
const wanted = [...needed, "message_edit"];

/** Meta drops a webhook's subscription after an hour of failures and tells nobody: it is looked at every half hour. */
export class Watchdog {
  readonly #graph: Graph;
  readonly #clock: Clock;
  readonly #health: Health;
  readonly #log: Log;
  readonly #path: readonly string[];
  #cancel: Cancel | undefined;
  #abort = new AbortController();

  constructor(graph: Graph, clock: Clock, health: Health, account: string, log: Log) {
    this.#graph = graph;
    this.#clock = clock;
    this.#health = health;
    this.#log = log;
    this.#path = [account, "subscribed_apps"];
  }

  start(): void {
    this.stop();
    this.#abort = new AbortController();
    this.#cancel = this.#clock.every(interval, () => void this.#look());
    void this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#abort.abort();
  }

  async #look(): Promise<void> {
    const { signal } = this.#abort;
    const answer = await this.#call({ method: "GET" }, signal);
    if (signal.aborted) return;
    if (answer.kind !== "ok") return this.#failed(answer);
    if (isSubscribed(answer.body.data)) return this.#health.clear("subscription");
    this.#log({ kind: "subscription_gone", detail: "Instagram no longer sends here: subscribing again" });
    const again = await this.#subscribe(signal);
    if (signal.aborted) return;
    if (again.kind === "ok") this.#health.clear("subscription");
    else this.#failed(again);
  }

  async #subscribe(signal: AbortSignal): Promise<GraphAnswer> {
    const answer = await this.#post(wanted, signal);
    // 100: Meta does not know a field, or does not give it to this app.
    const unknownField = answer.kind === "refused" && answer.error.code === 100;
    return unknownField && !signal.aborted ? this.#post(needed, signal) : answer;
  }

  #post(fields: readonly string[], signal: AbortSignal): Promise<GraphAnswer> {
    return this.#call({ method: "POST", query: { subscribed_fields: fields.join(",") } }, signal);
  }

  #call(call: Pick<GraphCall, "method" | "query">, signal: AbortSignal): Promise<GraphAnswer> {
    return this.#graph.call({ ...call, path: this.#path, timeout, signal });
  }

  #failed(answer: Exclude<GraphAnswer, { kind: "ok" }>): void {
    const words = answer.kind === "refused" ? answer.error.message : answer.reason;
    this.#log({ kind: "watchdog_failed", detail: words });
    if (answer.kind !== "refused") return this.#health.report("reach", words);
    // A dead token has its own sentence.
    if (this.#health.has("token")) return;
    this.#health.report(
      "subscription",
      `whether Instagram sends its messages here is not certain: check the webhooks in Meta's App Dashboard (Instagram says: ${words})`,
    );
  }
}

function isSubscribed(data: unknown): boolean {
  return listOf(data).some((each) => {
    const fields = objectOf(each)?.subscribed_fields;
    return fields === undefined || needed.every((field) => listOf(fields).includes(field));
  });
}
