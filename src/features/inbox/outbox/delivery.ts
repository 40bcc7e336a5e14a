import type { InboxDependencies } from "../dependencies.ts";
import type { SendOutcome } from "../platform.ts";
import * as repo from "../repo.ts";
import type { Item } from "./item.ts";
import type { Lane } from "./lane.ts";
import type { Telling } from "./telling.ts";

/** Milliseconds after which a message that nobody takes has failed. */
const giveUpAfter = 24 * 3_600_000;
/** Longest pause between two attempts, in milliseconds. */
export const maxPause = 300_000;
/** Longest pause of a whole inbox, in milliseconds: one message is enough to see whether its platform is back. */
const maxInboxPause = 30_000;
/** Milliseconds until a part is tried again whose attempt failed here, not at the platform. */
const ownPause = 5_000;

/** Hands parts of messages to platforms, and keeps what became of them. */
export class Delivery {
  readonly #deps: InboxDependencies;
  readonly #telling: Pick<Telling, "keep" | "end">;

  constructor(deps: InboxDependencies, telling: Pick<Telling, "keep" | "end">) {
    this.#deps = deps;
    this.#telling = telling;
  }

  /** `true`: nothing more is to be done for this message. */
  async attempt(lane: Lane, item: Item): Promise<boolean> {
    try {
      return await this.#sendPart(lane, item);
    } catch (error) {
      this.#deps.events.emit("failure", { where: "inbox.outbox", incident: item.message.id, error });
      item.dueAt = this.#deps.clock.monotonic() + ownPause;
      return false;
    }
  }

  async #sendPart(lane: Lane, item: Item): Promise<boolean> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const lastCustomerMessageAt = item.room.conversation.last_customer_at ?? undefined;
    const fresh = await repo.conversationById(store.db, item.room.conversation.id);
    const context = { now, lastCustomerMessageAt: fresh?.last_customer_at ?? lastCustomerMessageAt };
    const outcome = await lane.platform.send(item.chat, item.parts[item.next]!, context);
    // What was not taken stays for the next start; what was, or may have been, is put on record before we end.
    if (lane.isStopped && outcome.kind === "retry") return false;
    return this.#took(lane, item, outcome);
  }

  #took(lane: Lane, item: Item, outcome: SendOutcome): Promise<boolean> {
    if (outcome.kind === "sent") return this.#sent(lane, item, outcome.platformId);
    if (outcome.kind === "retry") return this.#later(lane, item, outcome);
    if (outcome.kind === "failed") return this.#failed(item, outcome.reason, outcome.unreachable);
    return this.#failed(item, `${outcome.reason}: it may have arrived, so it was not sent again`, false);
  }

  async #sent(lane: Lane, item: Item, platformId: string): Promise<boolean> {
    const { db } = this.#deps.store;
    const { id } = item.message;
    item.next++;
    item.attempts = 0;
    item.lastId = platformId;
    const ref = repo.insertRef(db, { inbox_id: item.inbox, platform_id: platformId, message_id: id });
    if (item.next < item.parts.length) {
      await this.#telling.keep([ref, repo.updateOutbox(db, id, { next_part: item.next, attempts: 0 })]);
      item.dueAt = this.#deps.clock.monotonic() + lane.platform.pace.chat;
      return false;
    }
    await this.#telling.end(item, { state: "sent", error: null }, [ref]);
    return true;
  }

  async #later(lane: Lane, item: Item, outcome: SendOutcome & { kind: "retry" }): Promise<boolean> {
    const { clock, store } = this.#deps;
    const now = clock.monotonic();
    item.since ??= now;
    if (now - item.since > giveUpAfter)
      return this.#failed(item, `not taken within a day: ${outcome.reason}`, false);
    item.attempts++;
    const pause = pauseAfter(item.attempts, outcome);
    item.dueAt = now + pause;
    if (outcome.scope === "inbox") lane.pauseUntil(item.dueAt);
    const change = { attempts: item.attempts, due_at: Math.round(clock.now() + pause) };
    await this.#telling.keep([repo.updateOutbox(store.db, item.message.id, change)]);
    return false;
  }

  async #failed(item: Item, error: string, unreachable: boolean): Promise<boolean> {
    const { db } = this.#deps.store;
    const writes = unreachable
      ? [repo.updateCustomer(db, item.room.customer.id, { unreachable: error })]
      : [];
    await this.#telling.end(item, { state: "failed", error }, writes);
    return true;
  }
}

/** What the platform asked for, or twice as long with each attempt; a quarter more or less, so that not all come at once. */
function pauseAfter(attempts: number, { after, scope }: SendOutcome & { kind: "retry" }): number {
  const longest = scope === "inbox" ? maxInboxPause : maxPause;
  return after ?? Math.min(longest, 1_000 * 2 ** Math.min(attempts, 9)) * (0.75 + Math.random() / 2);
}
