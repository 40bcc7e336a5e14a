import type { Conversations } from "./conversations.ts";
import type { InboxDependencies } from "./dependencies.ts";
import * as repo from "./repo.ts";
import type { Watchers } from "./watchers.ts";

/** Who answers: agents take conversations, or an inbox gives them out. */
export class Assignment {
  readonly #deps: InboxDependencies;
  readonly #conversations: Conversations;
  readonly #watchers: Watchers;

  constructor(deps: InboxDependencies, conversations: Conversations, watchers: Watchers) {
    this.#deps = deps;
    this.#conversations = conversations;
    this.#watchers = watchers;
  }

  /** Nobody has taken it, it is open and not suspected: where the inbox wants that, the agent with the least to do gets it. */
  async offer(conversation: string): Promise<void> {
    const { store, events } = this.#deps;
    try {
      const fresh = await repo.conversationById(store.db, conversation);
      if (fresh === undefined || fresh.assigned_to !== null || fresh.status === "closed") return;
      if (fresh.suspected === repo.suspected.yes) return;
      const inbox = await repo.inboxById(store.db, fresh.inbox_id);
      if (inbox?.auto_assign !== 1) return;
      const agent = await this.#leastBusy(inbox.id);
      if (agent !== undefined) await this.#conversations.change(fresh, { assigned_to: agent });
    } catch (error) {
      // Somebody took it in the same moment, or the store is away: it stays open to all.
      events.emit("failure", { where: "inbox.assign", incident: conversation, error });
    }
  }

  async #leastBusy(inbox: string): Promise<string | undefined> {
    const here = this.#watchers.online();
    const agents = (await repo.membersOf(this.#deps.store.db, inbox)).filter((user) => here.has(user));
    if (agents.length === 0) return undefined;
    const load = await repo.loadOf(this.#deps.store.db, agents);
    return agents.toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0))[0];
  }
}
