import type { InstagramSettings, SendContext, SendOutcome } from "../../features/inbox/platform.ts";
import type { Graph } from "./graph.ts";
import { outcomeOf } from "./outcome.ts";
import { answerWindow } from "./window.ts";

const sendTimeout = 30_000;
const probeTimeout = 10_000;

/**
 * Sends texts. At the start and after a silence it asks first whether Meta answers at all: what goes out into a silence
 * may have arrived and is not sent again, and after a restart that would be all that waited.
 */
export class Sender {
  readonly #graph: Graph;
  readonly #settings: InstagramSettings;
  /** One question for all who want to send. */
  #asking: Promise<SendOutcome | undefined> | undefined;

  constructor(graph: Graph, settings: InstagramSettings) {
    this.#graph = graph;
    this.#settings = settings;
  }

  /** Never rejects. */
  async send(chat: string, text: string, context: SendContext): Promise<SendOutcome> {
    const window = answerWindow(context, this.#settings.human_agent);
    if (!window.open) return { kind: "failed", reason: window.reason, unreachable: false };
    const away = this.#graph.isSilent ? await this.#askFirst() : undefined;
    if (away !== undefined) return away;
    const answer = await this.#graph.call({
      method: "POST",
      path: [this.#settings.account_id, "messages"],
      body: { recipient: { id: chat }, message: { text }, ...window.fields },
      timeout: sendTimeout,
    });
    return outcomeOf(answer);
  }

  #askFirst(): Promise<SendOutcome | undefined> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** `undefined`: Meta answers. */
  async #ask(): Promise<SendOutcome | undefined> {
    const answer = await this.#graph.call({
      method: "GET",
      path: ["me"],
      query: { fields: "user_id" },
      timeout: probeTimeout,
    });
    if (answer.kind === "ok" || answer.kind === "refused") return undefined;
    const reason = answer.kind === "unreached" ? answer.reason : "Instagram does not answer";
    return { kind: "retry", after: undefined, scope: "inbox", reason };
  }
}
