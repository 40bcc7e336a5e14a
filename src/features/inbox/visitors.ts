import { sha256 } from "../../core/hash.ts";
import { randomId } from "../../core/id.ts";
import type { Authenticate } from "../../core/identity.ts";
import type { Peer } from "../../core/transport.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Room } from "./access.ts";
import { shownToVisitor } from "./arrivals.ts";
import { nameOf } from "./customers.ts";
import { chatTopic, iso, visitorTopic } from "./messages.ts";
import { Newcomers } from "./newcomers.ts";
import type { Platform } from "./platform.ts";
import * as repo from "./repo.ts";
import type { Inbox } from "./service.ts";
import { infoOf } from "./settings.ts";

/** Messages that a visitor sees again when he comes back. */
const shown = 50;
/** Characters of a visitor's token: 200 random bits. */
const tokenLength = 40;

/** What a visitor brings, and who that is: his token is his alone, agents see a hash of it. */
export interface Visitor {
  readonly token: string;
  readonly id: string;
}

/** The platform of a web widget: messages go out through our own sockets, in the change that stores them. */
export const webPlatform = (): Platform => ({
  name: "web",
  pace: { chat: 0, inbox: 0 },
  split: (text) => [text],
  send: async () => ({
    kind: "failed",
    reason: "a web widget has no way out of its own",
    unreachable: false,
  }),
  status: () => ({ ok: true, problem: null }),
});

/** Visitors of web widgets: the customer's side of a conversation. */
export class Visitors {
  readonly #inbox: Inbox;
  readonly #newcomers: Newcomers;

  constructor(inbox: Inbox) {
    this.#inbox = inbox;
    this.#newcomers = new Newcomers(inbox.deps.newcomers, inbox.deps.clock);
  }

  /** Whoever has no token, or one that cannot be one of ours, is a new visitor. */
  readonly authenticate: Authenticate = async (_, { query }) => {
    const brought = query.get("visitor") ?? "";
    const token = /^v_[a-z0-9]{40}$/.test(brought) ? brought : `v_${randomId(tokenLength)}`;
    return { id: `visitor:${await hash(token)}`, role: "anonymous", name: token };
  };

  /** Rejects with `not_found` for what is no web widget. */
  async requireWidget(inbox: string): Promise<repo.InboxRow> {
    const row = await repo.inboxById(this.#inbox.deps.store.db, inbox);
    if (row?.kind !== "web") throw new Fault("not_found", "there is no such widget");
    return row;
  }

  /** Pages that may show the widget; of an unknown one all may, and hear then that there is none. */
  async origins(inbox: string): Promise<readonly string[]> {
    const row = await repo.inboxById(this.#inbox.deps.store.db, inbox);
    return row === undefined ? [] : (infoOf(row).origins ?? []);
  }

  topic(inbox: string, { id }: Visitor): string {
    return visitorTopic(inbox, id);
  }

  async room(inbox: string, { id }: Pick<Visitor, "id">): Promise<Room | undefined> {
    const { db } = this.#inbox.deps.store;
    const customer = await repo.customerBySource(db, inbox, id);
    const conversation = customer && (await repo.conversationOfCustomer(db, customer.id));
    return customer === undefined || conversation === undefined ? undefined : { conversation, customer };
  }

  /** His conversation; the first message makes it. Throws `too_many_conversations`. */
  async ownRoom(inbox: string, { id }: Visitor, peer: Peer, name = "Visitor"): Promise<Room> {
    const known = await this.room(inbox, { id });
    if (known !== undefined) return known;
    this.#newcomers.take(inbox, peer);
    return this.#inbox.arrivals.room(inbox, "web", { id, firstName: name, lastName: "" });
  }

  /** What he sees when he comes. */
  async history(room: Room | undefined) {
    if (room === undefined) return [];
    const { db } = this.#inbox.deps.store;
    const rows = await repo.messages(db, { conversation: room.conversation.id, limit: shown, offset: 0 });
    return rows
      .reverse()
      .filter(({ deleted_at }) => deleted_at === null)
      .map(shownToVisitor);
  }

  typing(room: Room, isTyping: boolean): void {
    const { chats, clock } = this.#inbox.deps;
    const { id } = room.conversation;
    chats.publish(chatTopic(id), "typing_indicator", {
      user_id: `customer:${room.customer.id}`,
      username: nameOf(room.customer),
      is_typing: isTyping,
      conversation_id: id,
      timestamp: iso(clock.now()),
    });
  }

  /**
   * He has seen everything up to this message; without one, everything that was told until now, which may be more than
   * what he had on the screen. Rejects with `not_found` for a message that is not his.
   */
  async seen({ conversation }: Room, message: string | undefined): Promise<void> {
    const { journal } = this.#inbox.deps;
    const draft = { writes: [], events: [] };
    await this.#inbox.arrivals.seen(conversation.id, await this.#seqOf(conversation.id, message), draft);
    if (draft.writes.length > 0) await journal.commit(draft);
  }

  async #seqOf(conversation: string, message: string | undefined): Promise<number> {
    const { db } = this.#inbox.deps.store;
    if (message === undefined) return repo.newestSeq(db, conversation);
    const row = await repo.messageById(db, message);
    if (row?.conversation_id !== conversation) throw new Fault("not_found", "there is no such message");
    return row.seq;
  }

  /** Agents see the name at once, unless one of them gave him another. */
  async rename(room: Room, name: string): Promise<void> {
    const { inbox_id, source_id: id, last_name: lastName } = room.customer;
    await this.#inbox.customers.of(inbox_id, { id, firstName: name, lastName });
  }
}

const hash = async (text: string): Promise<string> => (await sha256(text)).slice(0, 32);
