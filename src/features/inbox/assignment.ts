import type { Room } from "./access.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { listTopic, toUserId } from "./messages.ts";
import * as repo from "./repo.ts";
import type { Watchers } from "./watchers.ts";

/** Who answers: agents take conversations, or an inbox gives them out. */
export class Assignment {
  readonly #deps: InboxDependencies;
  readonly #watchers: Watchers;

  constructor(deps: InboxDependencies, watchers: Watchers) {
    this.#deps = deps;
    this.#watchers = watchers;
  }

  /** `null` gives it back. Rejects with `conflict` where somebody else was faster, `bad_body` for who is no member. */
  async assign(conversation: repo.ConversationRow, user: string | null): Promise<repo.ConversationRow> {
    const { store, journal, lists, clock } = this.#deps;
    const now = clock.now();
    const changed = { ...conversation, assigned_to: user, updated_at: now };
    await journal.commit({
      writes: [
        { query: repo.assign(store.db, conversation.id, conversation.assigned_to, user, now), rows: 1 },
      ],
      events: [
        lists.draft(listTopic(conversation.inbox_id), "conversation_updated", {
          conversation_id: conversation.id,
          assigned_to: user === null ? null : toUserId(user),
        }),
      ],
    });
    return changed;
  }

  /** A customer wrote, and nobody has taken it: where the inbox wants that, the agent with the least to do gets it. */
  async offer({ conversation }: Room): Promise<void> {
    const { store, events } = this.#deps;
    try {
      const fresh = await repo.conversationById(store.db, conversation.id);
      if (fresh === undefined || fresh.assigned_to !== null) return;
      const inbox = await repo.inboxById(store.db, conversation.inbox_id);
      if (inbox?.auto_assign !== 1) return;
      const agent = await this.#leastBusy(inbox.id);
      if (agent !== undefined) await this.assign(fresh, agent);
    } catch (error) {
      // Somebody took it in the same moment, or the store is away: it stays open to all.
      events.emit("failure", { where: "inbox.assign", incident: conversation.id, error });
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
