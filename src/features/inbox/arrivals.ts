import { randomId } from "../../core/id.ts";
import type { Compilable, EventDraft } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Room } from "./access.ts";
import type { Assignment } from "./assignment.ts";
import { ChatTurns } from "./chat-turns.ts";
import { type Customers, titleOf } from "./customers.ts";
import type { InboxDependencies } from "./dependencies.ts";
import {
  chatTopic,
  isLongerThan,
  iso,
  listTopic,
  maxContent,
  newMessageId,
  visitorTopic,
} from "./messages.ts";
import { type Contact, chatOf, type PlatformEvent, type PlatformName, type Update } from "./platform.ts";
import * as repo from "./repo.ts";
import { SpamWatch } from "./spam-watch.ts";
import { toMessage } from "./view.ts";

/** Milliseconds in which an echo without a known id may be of a message that we have just sent. */
const echoWindow = 10 * 60_000;
/** Milliseconds that deliveries are remembered: platforms repeat them for a day and a half at most. */
export const rememberUpdates = 3 * 86_400_000;

type EventOf<K extends PlatformEvent["kind"]> = Extract<PlatformEvent, { kind: K }>;

/** Everything that one delivery changes: on disk together with the note that it was taken. */
interface Draft {
  readonly writes: Compilable[];
  readonly events: EventDraft[];
  /** Customers' messages that this delivery adds to each conversation. */
  readonly added: Map<string, number>;
  /** Changes of messages that have not come yet. */
  readonly early: Compilable[];
  /** A message of which it tells is here: so is all that came with that one. */
  isKnown: boolean;
}

const newDraft = (writes: Compilable[]): Draft => ({
  writes,
  events: [],
  added: new Map(),
  early: [],
  isKnown: false,
});

/** What platforms bring: each chat in the order in which it comes, and several chats side by side. */
export class Arrivals {
  readonly #deps: InboxDependencies;
  readonly #assignment: Assignment;
  readonly #customers: Customers;
  readonly #spamWatch = new SpamWatch();
  readonly #turns = new ChatTurns();
  /** The parts in which an inbox sends a text; its platform knows. */
  split: (inbox: string, text: string) => readonly string[] = (_, text) => [text];

  constructor(deps: InboxDependencies, assignment: Assignment, customers: Customers) {
    this.#deps = deps;
    this.#assignment = assignment;
    this.#customers = customers;
  }

  /** Resolves when it is on disk; a repeat changes nothing. Rejects where it could not be stored. */
  receive(inbox: string, source: PlatformName, update: Update): Promise<void> {
    return this.inTurn(inbox, chatOf(update), () => this.#take(inbox, source, update));
  }

  /** What concerns one customer, one after the other. `chat`: his id on the platform. */
  inTurn<T>(inbox: string, chat: string, run: () => Promise<T>): Promise<T> {
    return this.#turns.run(inbox, chat, run);
  }

  async #take(inbox: string, source: PlatformName, { key, events }: Update): Promise<void> {
    const { store, journal, clock } = this.#deps;
    if (await repo.updateIsKnown(store.db, inbox, key)) return;
    const draft = newDraft([repo.insertUpdate(store.db, { inbox_id: inbox, key, at: clock.now() })]);
    const rooms = [];
    for (const event of events) rooms.push(await this.#draft(inbox, source, event, draft));
    if (!draft.isKnown) draft.writes.push(...draft.early);
    await journal.commit(draft);
    const written = rooms.flatMap((room) => room?.conversation.id ?? []);
    if (written.length > 0) await this.#assignment.offer(inbox, written);
  }

  /** Returns the conversation in which a customer wrote. */
  async #draft(
    inbox: string,
    source: PlatformName,
    event: PlatformEvent,
    draft: Draft,
  ): Promise<Room | undefined> {
    if (event.kind === "message") return this.#message(inbox, source, event, draft);
    if (event.kind === "edited" || event.kind === "deleted") await this.#changed(inbox, event, draft);
    else if (event.kind === "echo") await this.#echo(inbox, source, event, draft);
    else if (event.kind === "read") await this.#read(inbox, event, draft);
    else this.#deps.events.emit("platform.ignored", { inbox, platform: source, reason: event.reason });
    return undefined;
  }

  async #message(
    inbox: string,
    source: PlatformName,
    event: EventOf<"message">,
    draft: Draft,
  ): Promise<Room | undefined> {
    const { db } = this.#deps.store;
    if ((await repo.messageByRef(db, inbox, event.platformId)) !== undefined) return undefined;
    const room = await this.room(inbox, source, event.from);
    const { id } = room.conversation;
    const early = await repo.earlyChange(db, inbox, event.platformId);
    if (early !== undefined) draft.writes.push(repo.deleteEarlyChange(db, inbox, event.platformId));
    if (early !== undefined && early.text === null) {
      this.#takenBack(room, event, early.at, draft);
      return undefined;
    }
    const changed = early === undefined ? {} : { content: early.text!, edited_at: early.at };
    const said = { ...this.#row(room, event), ...changed };
    const row = this.#spamWatch.judge(room.conversation, said, event.platformId);
    const added = (draft.added.get(id) ?? 0) + 1;
    draft.added.set(id, added);
    draft.writes.push(...this.stored(room, row, event.platformId));
    draft.events.push(...this.told(room, row, added));
    return room;
  }

  /** It was taken back before it came: it is kept as such, and is nothing that anybody has to read. */
  #takenBack(room: Room, event: EventOf<"message">, deleted_at: number, draft: Draft): void {
    const { store, chats, lists } = this.#deps;
    const { id, inbox_id } = room.conversation;
    const gone = { content: "", media: null, is_answered: 1, deleted_at };
    const row = { ...this.#row(room, event), ...gone };
    const message = toMessage(row, room.customer);
    draft.writes.push(
      repo.insertMessage(store.db, row),
      repo.insertRef(store.db, { inbox_id, platform_id: event.platformId, message_id: row.id }),
    );
    draft.events.push(
      chats.draft(chatTopic(id), "chat_message", { message, external_send_result: null }),
      lists.draft(listTopic(inbox_id), "conversation_updated", { conversation_id: id }),
    );
  }

  #row({ conversation }: Room, event: EventOf<"message">): Omit<repo.MessageRow, "seq"> {
    const { media } = event;
    return {
      id: newMessageId(this.#deps.clock.now()),
      conversation_id: conversation.id,
      type: "customer",
      content: event.text,
      author: null,
      author_name: null,
      client_message_id: null,
      kind: media?.kind ?? "text",
      media: media === undefined ? null : JSON.stringify(media),
      state: "received",
      error: null,
      is_answered: 0,
      announced: 1,
      created_at: event.at,
      edited_at: null,
      deleted_at: null,
      suspicions: null,
    };
  }

  /** What a customer's message changes. */
  stored(
    { conversation, customer }: Room,
    row: Omit<repo.MessageRow, "seq">,
    platformId: string | undefined,
  ): Compilable[] {
    const { db } = this.#deps.store;
    const { id, inbox_id } = conversation;
    const last = {
      id,
      last_id: row.id,
      last_content: row.content.slice(0, maxContent),
      last_type: row.type,
      last_at: row.created_at,
      now: this.#deps.clock.now(),
    };
    const writes: Compilable[] = [repo.insertMessage(db, row), repo.touchByCustomer(db, last)];
    if (platformId !== undefined)
      writes.push(repo.insertRef(db, { inbox_id, platform_id: platformId, message_id: row.id }));
    if (customer.unreachable !== null)
      writes.push(repo.updateCustomer(db, customer.id, { unreachable: null }));
    writes.push(...this.#marked(id, row));
    return writes;
  }

  /** What is suspicious is marked in the change that stores it. */
  #marked(
    conversation: string,
    { id, suspicions }: Pick<repo.MessageRow, "id" | "suspicions">,
  ): Compilable[] {
    const { db } = this.#deps.store;
    return suspicions === null ? [] : [repo.markMessage(db, id, suspicions), repo.suspect(db, conversation)];
  }

  /** @param added how many of the customer's messages come with this change, this one counted. */
  told({ conversation, customer }: Room, row: Omit<repo.MessageRow, "seq">, added: number): EventDraft[] {
    const { chats, lists, clock } = this.#deps;
    const message = toMessage(row, customer);
    const news = {
      conversation_id: conversation.id,
      message,
      timestamp: iso(clock.now()),
      unread_count: conversation.unread + added,
    };
    return [
      chats.draft(chatTopic(conversation.id), "chat_message", { message, external_send_result: null }),
      lists.draft(listTopic(conversation.inbox_id), "new_customer_message", news),
    ];
  }

  /** The conversation of a contact, made with the first message. */
  async room(inbox: string, source: PlatformName, contact: Contact): Promise<Room> {
    const { store } = this.#deps;
    const customer = await this.#customers.of(inbox, contact);
    const known = await repo.conversationOfCustomer(store.db, customer.id);
    if (known !== undefined) return { conversation: known, customer };
    const conversation = this.#newConversation(inbox, source, customer);
    await store.commit({ writes: [repo.insertConversation(store.db, conversation)] });
    return { conversation, customer };
  }

  #newConversation(inbox_id: string, source: PlatformName, customer: repo.CustomerRow): repo.ConversationRow {
    const now = this.#deps.clock.now();
    return {
      id: `conv_${randomId(12)}`,
      inbox_id,
      customer_id: customer.id,
      title: titleOf(source, customer),
      source,
      status: "active",
      priority: 1,
      assigned_to: null,
      unread: 0,
      last_id: null,
      last_content: null,
      last_type: null,
      last_at: null,
      last_customer_at: null,
      suspected: repo.suspected.no,
      first_response_at: null,
      created_at: now,
      updated_at: now,
    };
  }

  async #changed(inbox: string, event: EventOf<"edited"> | EventOf<"deleted">, draft: Draft): Promise<void> {
    const { db } = this.#deps.store;
    const row = await repo.messageByRef(db, inbox, event.platformId);
    const isDeleted = event.kind === "deleted";
    if (row === undefined) {
      const early = { inbox_id: inbox, platform_id: event.platformId, at: event.at };
      draft.early.push(repo.insertEarlyChange(db, { ...early, text: isDeleted ? null : event.text }));
      return;
    }
    draft.isKnown = true;
    const room = await this.#roomOf(row.conversation_id);
    // What was taken back stays so, whatever comes late; so does the newer of two edits.
    if (room === undefined || row.deleted_at !== null) return;
    if (!isDeleted && row.edited_at !== null && event.at < row.edited_at) return;
    const changed = this.#changedRow(room, row, event);
    const { content } = changed;
    draft.writes.push(
      isDeleted ? repo.deleteMessage(db, row.id, event.at) : repo.editMessage(db, row.id, content, event.at),
      repo.setLastContent(db, row.conversation_id, row.id, content),
      ...repo.reindexMessage(db, inbox, row.seq, content),
      ...(changed.suspicions === row.suspicions ? [] : this.#marked(row.conversation_id, changed)),
    );
    const message = toMessage(changed, room.customer);
    draft.events.push(
      this.#deps.chats.draft(chatTopic(row.conversation_id), "message_updated", { message }),
      this.#deps.lists.draft(listTopic(inbox), "conversation_updated", {
        conversation_id: row.conversation_id,
      }),
    );
  }

  #changedRow(
    { conversation }: Room,
    row: repo.MessageRow,
    event: EventOf<"edited"> | EventOf<"deleted">,
  ): repo.MessageRow {
    if (event.kind === "deleted") return { ...row, content: "", media: null, deleted_at: event.at };
    const edited = { ...row, content: event.text, edited_at: event.at };
    if (row.type !== "customer") return edited;
    return this.#spamWatch.judge(conversation, edited, event.platformId);
  }

  async #roomOf(id: string): Promise<Room | undefined> {
    const { db } = this.#deps.store;
    const conversation = await repo.conversationById(db, id);
    const customer = conversation && (await repo.customerById(db, conversation.customer_id));
    return conversation === undefined || customer === undefined ? undefined : { conversation, customer };
  }

  /** A message of our own account: one that we sent, or one that somebody typed in the platform's own app. */
  async #echo(inbox: string, source: PlatformName, event: EventOf<"echo">, draft: Draft): Promise<void> {
    const { db } = this.#deps.store;
    if ((await repo.messageByRef(db, inbox, event.platformId)) !== undefined) return;
    const customer = await repo.customerBySource(db, inbox, event.chat);
    // Nobody wrote to us from there yet: there is no conversation to show it in.
    const room = customer && (await repo.conversationOfCustomer(db, customer.id));
    if (customer === undefined || room === undefined) return;
    const ours = await this.#ours(inbox, room.id, event);
    if (ours === undefined)
      return this.#typedElsewhere({ conversation: room, customer }, source, event, draft);
    const ref = { inbox_id: inbox, platform_id: event.platformId, message_id: ours.row.id };
    draft.writes.push(repo.insertRef(db, ref));
    if (ours.row.state === "failed" && ours.isLast)
      this.#arrivedAfterAll({ conversation: room, customer }, ours.row, event.platformId, draft);
  }

  /** The message of ours that this echo is a part of: one of whose parts the platform is not known to have. */
  async #ours(inbox: string, conversation: string, { text, at }: EventOf<"echo">) {
    const since = at - echoWindow;
    for (const row of await repo.sentSince(this.#deps.store.db, conversation, since)) {
      const parts = this.split(inbox, row.content);
      const refs = Number(row.refs ?? 0);
      if (refs < parts.length && parts.some((part) => part.trim() === text.trim()))
        return { row, isLast: refs + 1 === parts.length };
    }
    return undefined;
  }

  /** No answer had come, and here is its echo: it did arrive. */
  #arrivedAfterAll({ conversation }: Room, row: repo.MessageRow, platformId: string, draft: Draft): void {
    draft.writes.push(repo.setMessageState(this.#deps.store.db, row.id, "sent", null));
    const result = { success: true, platform: conversation.source, message_id: platformId };
    const body = { conversation_id: conversation.id, message_id: row.id, result };
    draft.events.push(this.#deps.chats.draft(chatTopic(conversation.id), "external_send_result", body));
  }

  #typedElsewhere(room: Room, source: PlatformName, event: EventOf<"echo">, draft: Draft): void {
    const { store, chats, lists } = this.#deps;
    const { conversation, customer } = room;
    const row: Omit<repo.MessageRow, "seq"> = {
      ...this.#row(room, {
        kind: "message",
        platformId: event.platformId,
        from: noContact,
        text: event.text,
        at: event.at,
      }),
      type: "support",
      author_name: source,
      state: "sent",
    };
    const last = {
      id: conversation.id,
      last_id: row.id,
      last_content: row.content.slice(0, maxContent),
      last_type: row.type,
      last_at: row.created_at,
      now: this.#deps.clock.now(),
    };
    const ref = { inbox_id: conversation.inbox_id, platform_id: event.platformId, message_id: row.id };
    draft.writes.push(
      repo.insertMessage(store.db, row),
      repo.touchBySupport(store.db, last),
      repo.insertRef(store.db, ref),
    );
    const result = { success: true, platform: source, message_id: event.platformId };
    draft.events.push(
      chats.draft(chatTopic(conversation.id), "chat_message", {
        message: toMessage(row, customer),
        external_send_result: result,
      }),
      lists.draft(listTopic(conversation.inbox_id), "conversation_updated", {
        conversation_id: conversation.id,
      }),
    );
  }

  async #read(inbox: string, event: EventOf<"read">, draft: Draft): Promise<void> {
    const { db } = this.#deps.store;
    const row = await repo.messageByRef(db, inbox, event.platformId);
    if (row !== undefined) await this.seen(row.conversation_id, row.seq, draft);
  }

  /** The customer has seen our messages up to this one. */
  async seen(conversation_id: string, seq: number, draft: Pick<Draft, "writes" | "events">): Promise<void> {
    const { db } = this.#deps.store;
    const message_ids = await repo.unseenUpTo(db, conversation_id, seq);
    if (message_ids.length === 0) return;
    draft.writes.push(repo.readUpTo(db, conversation_id, seq));
    const body = { conversation_id, message_ids };
    draft.events.push(this.#deps.chats.draft(chatTopic(conversation_id), "messages_seen", body));
  }

  /**
   * A visitor of the web widget wrote. Resolves to what he is shown; a repeat under his own id is not stored again, and
   * only he hears of it, which is what `isNew: false` asks of the caller.
   */
  async fromVisitor(room: Room, content: string, clientId: string | undefined) {
    const text = content.trim();
    if (text === "") throw new Fault("bad_body", "Message content cannot be empty");
    if (isLongerThan(text, maxContent))
      throw new Fault("bad_body", `Message content cannot be longer than ${maxContent} characters`);
    const { store, journal, visitors, clock } = this.#deps;
    const author = `visitor:${room.customer.source_id}`;
    const known =
      clientId && (await repo.messageByClientId(store.db, room.conversation.id, author, clientId));
    if (known) return { message: shownToVisitor(known), isNew: false };
    const event = { kind: "message", platformId: "", from: noContact, text, at: clock.now() } as const;
    const said = { ...this.#row(room, event), author, client_message_id: clientId ?? null };
    const row = this.#spamWatch.judge(room.conversation, said, clientId ?? said.id);
    await journal.commit({ writes: this.stored(room, row, undefined), events: this.told(room, row, 1) });
    const message = shownToVisitor(row);
    visitors.publish(visitorTopic(room.conversation.inbox_id, room.customer.source_id), "message", message);
    await this.#assignment.offer(room.conversation.inbox_id, [room.conversation.id]);
    return { message, isNew: true };
  }
}

/** A message as the visitor sees it. */
export const shownToVisitor = ({
  id,
  type,
  content,
  author,
  created_at,
  client_message_id,
}: Pick<repo.MessageRow, "id" | "type" | "content" | "author" | "created_at" | "client_message_id">) => ({
  id,
  from: type === "customer" ? ("you" as const) : ("support" as const),
  content,
  created_at: iso(created_at),
  // An agent's own ids are nothing to him.
  client_message_id: author?.startsWith("visitor:") ? client_message_id : null,
});

const noContact: Contact = { id: "", firstName: "", lastName: "" };
