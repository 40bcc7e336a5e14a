import type { InstagramSettings, SendContext, SendOutcome } from "../../features/inbox/platform.ts";
import type { Graph } from "./graph.ts";
import { outcomeOf } from "./outcome.ts";
import { answerWindow } from "./window.ts";

const sendTimeout = 30_000;
const probeTimeout = 10_000;

/** Sends texts. After a silence it asks first whether Meta answers at all, so that an outage makes one doubt, not thousands. */
export class Sender {
  readonly #graph: Graph;
  readonly #settings: InstagramSettings;
  #silent = false;

  constructor(graph: Graph, settings: InstagramSettings) {
    this.#graph = graph;
    this.#settings = settings;
  }

  /** Never rejects. */
  async send(chat: string, text: string, context: SendContext): Promise<SendOutcome> {
    const window = answerWindow(context, this.#settings.human_agent);
    if (!window.open) return { kind: "failed", reason: window.reason, unreachable: false };
    if (this.#silent && !(await this.#answers()))
      return { kind: "retry", after: undefined, scope: "inbox", reason: "Instagram does not answer" };
    const answer = await this.#graph.call({
      method: "POST",
      path: [this.#settings.account_id, "messages"],
      body: { recipient: { id: chat }, message: { text }, ...window.fields },
      timeout: sendTimeout,
    });
    this.#silent = answer.kind === "unanswered";
    return outcomeOf(answer);
  }

  async #answers(): Promise<boolean> {
    const { kind } = await this.#graph.call({
      method: "GET",
      path: ["me"],
      query: { fields: "user_id" },
      timeout: probeTimeout,
    });
    this.#silent = kind === "unanswered" || kind === "unreached";
    return !this.#silent;
  }
}
