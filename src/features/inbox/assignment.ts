import { Turns } from "../../core/turns.ts";
import type { Conversations } from "./conversations.ts";
import type { InboxDependencies } from "./dependencies.ts";
import * as repo from "./repo.ts";
import type { Watchers } from "./watchers.ts";

/** Conversations that are given out at once: their changes share one wait for the disk. */
const step = 50;

/** Who answers: agents take conversations, or an inbox gives them out. */
export class Assignment {
  readonly #deps: InboxDependencies;
  readonly #conversations: Conversations;
  readonly #watchers: Watchers;
  readonly #turns = new Turns();
  /** What is given out in each inbox's next turn. */
  readonly #offered = new Map<string, Set<string>>();

  constructor(deps: InboxDependencies, conversations: Conversations, watchers: Watchers) {
    this.#deps = deps;
    this.#conversations = conversations;
    this.#watchers = watchers;
  }

  /**
   * What nobody has taken, and is open and not suspected: where the inbox wants that, the agent with the least to do
   * gets it. One turn of an inbox after the other, or many who write at once would all be given to the same agent.
   */
  async offer(inbox: string, conversations: readonly string[]): Promise<void> {
    const offered = this.#offered.get(inbox) ?? new Set();
    for (const id of conversations) offered.add(id);
    this.#offered.set(inbox, offered);
    await this.#turns.run(inbox, () => this.#giveOut(inbox));
  }

  /** All that was offered until now: whoever comes later finds that it is done. */
  async #giveOut(inbox: string): Promise<void> {
    const offered = [...(this.#offered.get(inbox) ?? [])];
    this.#offered.delete(inbox);
    if (offered.length === 0) return;
    try {
      const load = await this.#loadOf(inbox);
      if (load.size === 0) return;
      for (let at = 0; at < offered.length; at += step) await this.#give(offered.slice(at, at + step), load);
    } catch (error) {
      // The store is away: they stay open to all.
      this.#deps.events.emit("failure", { where: "inbox.assign", incident: inbox, error });
    }
  }

  /** What each agent has who is here; nobody, where the inbox gives out nothing. */
  async #loadOf(inbox: string): Promise<Map<string, number>> {
    const { db } = this.#deps.store;
    if ((await repo.inboxById(db, inbox))?.auto_assign !== 1) return new Map();
    const here = this.#watchers.online();
    const agents = (await repo.membersOf(db, inbox)).filter((user) => here.has(user));
    const load = agents.length === 0 ? new Map() : await repo.loadOf(db, agents);
    return new Map(agents.map((agent) => [agent, load.get(agent) ?? 0]));
  }

  async #give(offered: readonly string[], load: Map<string, number>): Promise<void> {
    const free = await repo.assignable(this.#deps.store.db, offered);
    await Promise.all(free.map((conversation) => this.#assign(conversation, leastBusy(load))));
  }

  async #assign(conversation: repo.ConversationRow, assigned_to: string): Promise<void> {
    try {
      await this.#conversations.change(conversation, { assigned_to });
    } catch (error) {
      // Somebody took it in the same moment: it is his.
      this.#deps.events.emit("failure", { where: "inbox.assign", incident: conversation.id, error });
    }
  }
}

/** He has one more now. */
function leastBusy(load: Map<string, number>): string {
  const [agent, has] = [...load].reduce((least, each) => (each[1] < least[1] ? each : least));
  load.set(agent, has + 1);
  return agent;
}
