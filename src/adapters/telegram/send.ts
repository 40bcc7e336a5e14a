import type { Api } from "grammy";
import type { Clock } from "../../core/clock.ts";
import type { SendOutcome } from "../../features/inbox/platform.ts";
import type { Failure } from "./failure.ts";
import type { Line } from "./line.ts";
import { badToken, isBadToken } from "./problems.ts";
import type { Troubles } from "./troubles.ts";
import { messageId } from "./updates.ts";

const timeout = 30_000;
const probeTimeout = 10_000;
/** So long after Telegram's last answer the line is taken to be alive. */
const fresh = 15_000;
/** Two chats that are told to wait within this time: it is the bot that is too fast. */
const together = 2000;
/** Nothing is lost while somebody looks for the new token. */
const tokenPause = 600_000;

type Refused = Failure & { kind: "refused" };

/** Sends parts as plain text. What the customer may have got is never called unsent. */
export class Sender {
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #troubles: Troubles;
  #slowed: { chat: string; at: number } | undefined;
  #probing: Promise<SendOutcome | undefined> | undefined;

  constructor(line: Line, clock: Clock, troubles: Troubles) {
    this.#line = line;
    this.#clock = clock;
    this.#troubles = troubles;
  }

  async send(chat: string, text: string): Promise<SendOutcome> {
    return (await this.#unreachable()) ?? (await this.#deliver(chat, chat, text));
  }

  /**
   * After a silence something harmless goes first. A message that goes into a dead line, or to a host whose packets
   * are dropped, has an unknown fate and is not sent again; one that waits for a living line is.
   */
  #unreachable(): Promise<SendOutcome | undefined> | undefined {
    if (this.#line.silence <= fresh) return undefined;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  async #probe(): Promise<SendOutcome | undefined> {
    const answer = await this.#line.call((api) => api.getMe(), { timeout: probeTimeout });
    if (answer.ok) return void this.#troubles.clear("token");
    const { failure } = answer;
    if (failure.kind === "refused" && isBadToken(failure.code)) return this.#badToken(failure.words);
    return retry("inbox", failure.words, failure.kind === "refused" ? failure.retryAfter : undefined);
  }

  /** `chat` is whom the inbox knows, `to` where that chat is now. */
  async #deliver(chat: string, to: string, text: string): Promise<SendOutcome> {
    // The id is read inside the call: an answer without one is an answer that cannot be read.
    const run = async (api: Api) => messageId(await api.sendMessage(to, text));
    const answer = await this.#line.call(run, { timeout });
    if (!answer.ok) return this.#outcome(answer.failure, chat, to, text);
    this.#troubles.clear("token");
    return { kind: "sent", platformId: answer.value };
  }

  #outcome(failure: Failure, chat: string, to: string, text: string): SendOutcome | Promise<SendOutcome> {
    if (failure.kind === "unreached") return retry("inbox", failure.words);
    if (failure.kind !== "refused") return { kind: "unknown", reason: failure.words };
    if (failure.migrateTo !== undefined && to === chat)
      return this.#deliver(chat, String(failure.migrateTo), text);
    return this.#refused(failure, chat);
  }

  #refused(failure: Refused, chat: string): SendOutcome {
    const { code, words, retryAfter } = failure;
    if (code === 429) return retry(this.#floodScope(chat, words), words, retryAfter);
    if (isBadToken(code)) return this.#badToken(words);
    // A gateway's time is up, but perhaps not that of the server behind it.
    if (code === 504) return { kind: "unknown", reason: words };
    if (code >= 500) return retry("inbox", words);
    return { kind: "failed", reason: words, unreachable: isGone(code, words) };
  }

  #floodScope(chat: string, words: string): "chat" | "inbox" {
    const now = this.#clock.monotonic();
    const before = this.#slowed;
    this.#slowed = { chat, at: now };
    const everywhere = before !== undefined && before.chat !== chat && now - before.at <= together;
    return everywhere || /global/i.test(words) ? "inbox" : "chat";
  }

  #badToken(words: string): SendOutcome {
    this.#troubles.set("token", badToken(words));
    return retry("inbox", words, tokenPause);
  }
}

const retry = (scope: "chat" | "inbox", reason: string, after?: number): SendOutcome => ({
  kind: "retry",
  after,
  scope,
  reason,
});

/** Blocked, deactivated, never spoken to: no message reaches this customer until he writes again. */
const isGone = (code: number, words: string): boolean =>
  code === 403 || /chat not found|user not found|peer_id_invalid/i.test(words);
