import { randomId } from "../../core/id.ts";
import type { EventDraft } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Room } from "./access.ts";
import { AgentRate } from "./agent-rate.ts";
import type { Arrivals } from "./arrivals.ts";
import type { InboxDependencies } from "./dependencies.ts";
import {
  chatTopic,
  type ExternalSendResult,
  isLongerThan,
  iso,
  listTopic,
  type Message,
  maxContent,
  newMessageId,
  toUserId,
  visitorTopic,
} from "./messages.ts";
import type { Outbox } from "./outbox/outbox.ts";
import * as repo from "./repo.ts";
import { toMessage } from "./view.ts";

export interface Author {
  readonly id: string;
  readonly name: string;
}

export interface NewMessage {
  readonly content: string;
  readonly type?: string | undefined;
  /** The sender's own id: a repeat gets the first result. */
  readonly clientId?: string | undefined;
}

export interface Said {
  readonly message: Message;
  /** `undefined`: the platform has not answered yet. */
  readonly result: ExternalSendResult | undefined;
  readonly isNew: boolean;
}

export interface Read {
  readonly told: { user_id: number | string; conversation_id: string; unread_count: number };
  readonly isNew: boolean;
}

const sendable = ["support", "marketing", "customer"] as const;

/** What agents do in a conversation. */
export class Talk {
  readonly #deps: InboxDependencies;
  readonly #outbox: Outbox;
  readonly #arrivals: Pick<Arrivals, "inTurn">;
  readonly #rate: AgentRate;

  constructor(deps: InboxDependencies, outbox: Outbox, arrivals: Pick<Arrivals, "inTurn">) {
    this.#deps = deps;
    this.#outbox = outbox;
    this.#arrivals = arrivals;
    this.#rate = new AgentRate(deps.messagesPerMinute, deps.clock);
  }

  /**
   * Stores a message and has it sent. Resolves once it is on disk; `chat_message` follows with the platform's answer,
   * or after two seconds without it. Rejects with `bad_body` for a text that is empty or too long, with
   * `sending_too_fast` for one too many in a minute.
   */
  async say(room: Room, author: Author, { content, type, clientId }: NewMessage): Promise<Said> {
    const text = content.trim();
    if (text === "") throw new Fault("bad_body", "Message content cannot be empty");
    if (isLongerThan(text, maxContent))
      throw new Fault("bad_body", `Message content cannot be longer than ${maxContent} characters`);
    const earlier = await this.#earlier(room, author, clientId);
    if (earlier !== undefined) return earlier;
    const row = this.#row(room, author, text, sendable.find((each) => each === type) ?? "support", clientId);
    try {
      return await this.#counted(author, () => this.#store(room, row));
    } catch (error) {
      // Two at once under one id: the other one was first.
      const first = await this.#earlier(room, author, clientId);
      if (first !== undefined) return first;
      throw error;
    }
  }

  /** Sends a message again that failed. Rejects with `conflict` for one that did not, and with `sending_too_fast`. */
  async again(room: Room, author: Author, message: repo.MessageRow): Promise<void> {
    if (message.state !== "failed")
      throw new Fault("conflict", `this message is ${message.state}, not failed`);
    await this.#counted(author, () => this.#outbox.again(room, message));
  }

  /** What is not stored after all does not count. */
  async #counted<T>({ id }: Author, send: () => Promise<T>): Promise<T> {
    this.#rate.take(id);
    try {
      return await send();
    } catch (error) {
      this.#rate.giveBack(id);
      throw error;
    }
  }

  /** Who has been silent for a minute need not be remembered. */
  forgetSilent(): void {
    this.#rate.forget();
  }

  async #earlier(room: Room, { id }: Author, clientId: string | undefined): Promise<Said | undefined> {
    if (clientId === undefined) return undefined;
    const row = await repo.messageByClientId(this.#deps.store.db, room.conversation.id, id, clientId);
    if (row === undefined) return undefined;
    return { message: toMessage(row, room.customer), result: resultOf(row, room), isNew: false };
  }

  #row(
    { conversation }: Room,
    { id, name }: Author,
    content: string,
    type: (typeof sendable)[number],
    clientId: string | undefined,
  ): Omit<repo.MessageRow, "seq"> {
    const isOut = type !== "customer" && conversation.source !== "web";
    return {
      id: newMessageId(this.#deps.clock.now()),
      conversation_id: conversation.id,
      type,
      content,
      author: id,
      author_name: name,
      client_message_id: clientId ?? null,
      kind: "text",
      media: null,
      state: isOut ? "queued" : "sent",
      error: null,
      // What an agent notes down for the customer, an agent has read.
      is_answered: type === "customer" ? 1 : 0,
      announced: isOut ? 0 : 1,
      created_at: this.#deps.clock.now(),
      edited_at: null,
      deleted_at: null,
      suspicions: null,
    };
  }

  async #store(room: Room, row: Omit<repo.MessageRow, "seq">): Promise<Said> {
    const { db } = this.#deps.store;
    const { conversation, customer } = room;
    const last = {
      id: conversation.id,
      last_id: row.id,
      last_content: row.content,
      last_type: row.type,
      last_at: row.created_at,
      now: row.created_at,
    };
    const writes = [repo.insertMessage(db, row), repo.touchBySupport(db, last)];
    if (row.announced === 0) {
      await this.#outbox.add(room, row, writes);
      return { message: toMessage(row, customer), result: undefined, isNew: true };
    }
    const message = toMessage(row, customer);
    const result = resultOf(row, room) ?? null;
    await this.#deps.journal.commit({ writes, events: this.#told(room, message, result) });
    this.#toVisitor(room, message);
    return { message, result, isNew: true };
  }

  #told({ conversation }: Room, message: Message, result: ExternalSendResult): EventDraft[] {
    const { chats, lists } = this.#deps;
    return [
      chats.draft(chatTopic(conversation.id), "chat_message", { message, external_send_result: result }),
      lists.draft(listTopic(conversation.inbox_id), "conversation_updated", {
        conversation_id: conversation.id,
      }),
    ];
  }

  /** As he will see it in `welcome` when he comes back: what an agent noted down for him is his own. */
  #toVisitor({ conversation, customer }: Room, { id, type, content, created_at }: Message): void {
    if (conversation.source !== "web") return;
    const topic = visitorTopic(conversation.inbox_id, customer.source_id);
    const from = type === "customer" ? ("you" as const) : ("support" as const);
    const body = { id, from, content, created_at, client_message_id: null };
    this.#deps.visitors.publish(topic, "message", body);
  }

  /**
   * Everything up to this message has been seen by an agent; without one, everything that was told until now. Where it
   * had been before, nothing is stored and nobody told.
   */
  markRead(room: Room, author: Author, messageId: string | undefined): Promise<Read> {
    const { conversation, customer } = room;
    // In turn with what the customer writes: counts must not overtake each other.
    return this.#arrivals.inTurn(conversation.inbox_id, customer.source_id, () =>
      this.#markRead(room, author, messageId),
    );
  }

  async #markRead({ conversation }: Room, { id }: Author, messageId: string | undefined): Promise<Read> {
    const { store, journal, chats, lists } = this.#deps;
    const seq = await this.#seqOf(conversation.id, messageId);
    const unread = await repo.unreadAfter(store.db, conversation.id, seq);
    const told = { user_id: toUserId(id), conversation_id: conversation.id, unread_count: unread };
    const isNew = await repo.hasUnread(store.db, conversation.id, seq);
    if (!isNew) return { told, isNew };
    const listed = { conversation_id: conversation.id, unread_count: unread };
    await journal.commit({
      writes: [
        repo.answerUpTo(store.db, conversation.id, seq),
        repo.updateConversation(store.db, conversation.id, { unread }),
      ],
      events: [
        chats.draft(chatTopic(conversation.id), "messages_read", told),
        lists.draft(listTopic(conversation.inbox_id), "conversation_updated", listed),
      ],
    });
    return { told, isNew };
  }

  async #seqOf(conversation: string, messageId: string | undefined): Promise<number> {
    const { db } = this.#deps.store;
    if (messageId === undefined) return repo.newestSeq(db, conversation);
    const row = await repo.messageById(db, messageId);
    if (row?.conversation_id !== conversation)
      throw new Fault("not_found", "Message not found or you do not have permission to access it");
    return row.seq;
  }

  typing({ conversation, customer }: Room, { id, name }: Author, isTyping: boolean): void {
    const { chats, clock } = this.#deps;
    const body = {
      user_id: toUserId(id),
      username: name,
      is_typing: isTyping,
      conversation_id: conversation.id,
      timestamp: iso(clock.now()),
    };
    chats.publish(chatTopic(conversation.id), "typing_indicator", body, id);
    if (conversation.source !== "web") return;
    const topic = visitorTopic(conversation.inbox_id, customer.source_id);
    this.#deps.visitors.publish(topic, "typing", { is_typing: isTyping });
  }

  async note({ conversation }: Room, { id, name }: Author, content: string) {
    const { store, journal, chats, clock } = this.#deps;
    const row: repo.NoteRow = {
      id: `note_${randomId(12)}`,
      conversation_id: conversation.id,
      author: id,
      author_name: name,
      content,
      created_at: clock.now(),
    };
    const note = toNote(row);
    await journal.commit({
      writes: [repo.insertNote(store.db, row)],
      events: [chats.draft(chatTopic(conversation.id), "note_added", { note })],
    });
    return note;
  }
}

export const toNote = ({
  id,
  conversation_id,
  author,
  author_name: name,
  content,
  created_at,
}: repo.NoteRow) => ({
  id,
  conversation_id,
  author: { id: toUserId(author), name },
  content,
  created_at: iso(created_at),
});

/** What the platform said, read from the message's own state. */
export function resultOf(
  { state, error, type }: Pick<repo.MessageRow, "state" | "error" | "type">,
  { conversation: { source: platform } }: Room,
): ExternalSendResult | undefined {
  if (type === "customer") return null;
  if (state === "failed") return { success: false, platform, error: error ?? "it could not be sent" };
  return state === "sent" || state === "read" ? { success: true, platform } : undefined;
}
