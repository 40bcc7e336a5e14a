import type { Connection } from "../../core/channel.ts";
import type { Identity } from "../../core/identity.ts";
import { Fault } from "../../protocol/faults.ts";
import { Access, type Room } from "./access.ts";
import { Arrivals, rememberUpdates } from "./arrivals.ts";
import { Assignment } from "./assignment.ts";
import { Conversations } from "./conversations.ts";
import { Customers } from "./customers.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { Inboxes } from "./inboxes.ts";
import { chatTopic, InboxChanged, inboxesTopic, iso, toUserId } from "./messages.ts";
import { Outbox } from "./outbox/outbox.ts";
import * as repo from "./repo.ts";
import { Stats } from "./stats.ts";
import { Talk } from "./talk.ts";
import { Watchers } from "./watchers.ts";

/** The support inbox: agents answer customers of several platforms in one place (seed 002). */
export class Inbox {
  readonly access: Access;
  readonly conversations: Conversations;
  readonly inboxes: Inboxes;
  readonly talk: Talk;
  readonly customers: Customers;
  readonly arrivals: Arrivals;
  readonly assignment: Assignment;
  readonly watchers = new Watchers();
  readonly outbox: Outbox;
  readonly stats: Stats;
  readonly deps: InboxDependencies;

  constructor(deps: InboxDependencies) {
    this.deps = deps;
    this.access = new Access(deps);
    this.stats = new Stats(deps);
    this.conversations = new Conversations(deps);
    this.assignment = new Assignment(deps, this.conversations, this.watchers);
    this.outbox = new Outbox(deps);
    this.customers = new Customers(deps);
    this.arrivals = new Arrivals(deps, this.assignment, this.customers);
    this.talk = new Talk(deps, this.outbox, this.arrivals);
    this.inboxes = new Inboxes(deps, this.outbox, this.arrivals);
    this.arrivals.split = (inbox, text) => this.inboxes.running.platform(inbox)?.split(text) ?? [text];
  }

  async start(): Promise<void> {
    const { hub, events } = this.deps;
    hub.join(inboxesTopic, {
      deliver: ({ data }) => {
        const change = InboxChanged.parse(JSON.parse(String(data)));
        this.#changed(change).catch((error) =>
          events.emit("failure", { where: "inbox.changed", incident: change.inbox_id, error }),
        );
      },
    });
    await this.inboxes.running.start();
  }

  async #changed(change: InboxChanged): Promise<void> {
    const platform = this.inboxes.running.changed(change);
    if (change.platform === "gone") this.watchers.gone(change.inbox_id);
    const lists = this.watchers.changed(change.inbox_id, change.added, change.removed);
    await Promise.all(lists.map((list) => this.#renew(list)));
    await this.assignment.offer(change.inbox_id, change.unassigned);
    await platform;
  }

  /** A list that cannot be shown anew must not look as if it were: it is closed, and catches up when it comes back. */
  async #renew(list: Connection): Promise<void> {
    try {
      await this.showList(list, {});
    } catch (error) {
      this.deps.events.emit("failure", { where: "inbox.renew", incident: list.id, error });
      list.close(new Fault("unavailable"));
    }
  }

  async showList(connection: Connection, filters: Readonly<Record<string, unknown>>): Promise<void> {
    const inboxes = await this.access.inboxes(connection.identity.id);
    connection.send("conversations_list", await this.conversations.list(inboxes, filters));
  }

  /** Tells the others that somebody came to a conversation, or went; once for all of his windows. */
  async presence({ identity, id }: Connection, conversation: string, isOnline: boolean): Promise<void> {
    const { presence, chats, clock } = this.deps;
    const members = await presence.list(chatTopic(conversation));
    const hasOther = members.some((each) => each.identity === identity.id && each.connection !== id);
    if (hasOther) return;
    const body = {
      user_id: toUserId(identity.id),
      username: identity.name,
      is_online: isOnline,
      timestamp: iso(clock.now()),
    };
    chats.publish(chatTopic(conversation), "user_presence", body, identity.id);
  }

  /** An agent types: the customer sees it where his platform can show it. */
  typing(room: Room, connection: Connection, isTyping: boolean): void {
    this.talk.typing(room, connection.identity, isTyping);
    if (!isTyping) return;
    const { inbox_id } = room.conversation;
    const failed = (error: unknown) =>
      this.deps.events.emit("failure", { where: "inbox.typing", incident: inbox_id, error });
    this.inboxes.running.platform(inbox_id)?.typing?.(room.customer.source_id).catch(failed);
  }

  /** An agent has said whether a conversation is spam. One that is none is given out like any other. */
  async judged(
    { id: target, inbox_id }: repo.ConversationRow,
    { id, name }: Identity,
    isSpam: boolean,
  ): Promise<void> {
    const what = isSpam ? "conversation.suspect" : "conversation.clear";
    await this.deps.audit({ by: { id, name }, what, target });
    if (!isSpam) await this.assignment.offer(inbox_id, [target]);
  }

  /** What no delivery of a platform needs any more. */
  async forgetUpdates(): Promise<void> {
    const { store, clock } = this.deps;
    const time = clock.now() - rememberUpdates;
    await store.commit({
      writes: [
        repo.deleteUpdatesBefore(store.db, time),
        repo.deleteEarlyChangesBefore(store.db, time),
        repo.deleteOutboxOfRemoved(store.db),
      ],
    });
  }
}
