import type { Cancel } from "../../core/clock.ts";
import type { Compilable, EventDraft } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Access, Room } from "./access.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { chatTopic, type ExternalSendResult, iso, listTopic } from "./messages.ts";
import type { Platform, SendOutcome } from "./platform.ts";
import * as repo from "./repo.ts";
import { toMessage } from "./view.ts";

/** Milliseconds that `chat_message` waits for the platform's answer (DESIGN 6). */
const announceAfter = 2_000;
/** Milliseconds after which a message that nobody takes has failed. */
const giveUpAfter = 24 * 3_600_000;
/** Longest pause between two attempts, in milliseconds. */
const maxPause = 300_000;
/** Milliseconds that a stop waits for answers of platforms. */
const stopPatience = 5_000;
/** Longest pause of a whole inbox, in milliseconds: one message is enough to see whether its platform is back. */
const maxInboxPause = 30_000;
/** Milliseconds before a result that could not be stored is stored again. */
const storeAgain = 1_000;

interface Item {
  readonly room: Room;
  readonly message: Omit<repo.MessageRow, "seq">;
  readonly parts: readonly string[];
  next: number;
  attempts: number;
  dueAt: number;
  announced: boolean;
  /** Steps of telling are taken one after the other. */
  telling: Promise<void>;
  stopTimer: Cancel;
  lastId?: string;
  /** When it was first refused for now, in this run: a message is given up a day later. */
  since?: number;
}

/** One inbox's way out: chats side by side, the messages of one chat in their order. */
interface Lane {
  readonly platform: Platform;
  readonly chats: Map<string, Item[]>;
  /** Nothing goes out before this time: the platform asked for it. */
  pausedUntil: number;
  /** When the next part of any chat may go. */
  nextSlot: number;
  stopped: boolean;
  readonly wake: Set<() => void>;
  /** Messages that have a place here: none gets a second one. */
  readonly known: Set<string>;
  /** Chats that are being sent to: a stop waits for what is under way, or it would go out again after the start. */
  readonly drains: Set<Promise<void>>;
}

/**
 * Messages on their way to a platform. A message and its place here are one change, so a crash forgets none; a part that
 * was under way at the crash is sent again, which is the one gap in which a customer may see it twice. Where no answer
 * came, it is not sent again by itself: the platform may have taken it.
 */
export class Outbox {
  readonly #deps: InboxDependencies;
  readonly #access: Access;
  /** A lane is here once everything that an earlier run left stands in it: what comes now stands behind that. */
  readonly #lanes = new Map<string, Lane>();
  readonly #starting = new Map<string, Promise<void>>();
  /** The server ends: what cannot be stored now is not tried again. */
  #abandoned = false;

  constructor(deps: InboxDependencies, access: Access) {
    this.#deps = deps;
    this.#access = access;
  }

  /** Begins to send for an inbox, with what an earlier run left. Rejects where that cannot be read; then nothing began. */
  async start(inbox: string, platform: Platform): Promise<void> {
    const starting = this.#start(inbox, platform);
    this.#starting.set(
      inbox,
      starting.catch(() => {}),
    );
    await starting.finally(() => this.#starting.delete(inbox));
  }

  async #start(inbox: string, platform: Platform): Promise<void> {
    const lane: Lane = {
      platform,
      chats: new Map(),
      pausedUntil: 0,
      nextSlot: 0,
      stopped: false,
      wake: new Set(),
      known: new Set(),
      drains: new Set(),
    };
    const waiting: [string, Item][] = [];
    for (const row of await repo.outboxOf(this.#deps.store.db, inbox)) {
      const item = await this.#restore(row);
      if (item !== undefined) waiting.push([row.chat, item]);
    }
    for (const [chat, item] of waiting) this.#push(lane, chat, item);
    this.#lanes.set(inbox, lane);
  }

  /** The inbox's way out, also where it is just being opened. Rejects with `unavailable` where there is none. */
  async #laneOf(inbox: string): Promise<Lane> {
    await this.#starting.get(inbox);
    const lane = this.#lanes.get(inbox);
    if (lane === undefined)
      throw new Fault("unavailable", "this inbox has no connection to its platform: see its problem");
    return lane;
  }

  /** Resolves when what is under way has its answer, or has waited long enough for one. */
  async stop(inbox: string): Promise<void> {
    const lane = this.#lanes.get(inbox);
    this.#lanes.delete(inbox);
    if (lane === undefined) return;
    lane.stopped = true;
    for (const wake of lane.wake) wake();
    for (const items of lane.chats.values()) for (const item of items) item.stopTimer();
    await within(Promise.all(lane.drains), stopPatience);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#lanes.keys()].map((inbox) => this.stop(inbox)));
    this.#abandoned = true;
  }

  async #restore(row: repo.OutboxRow): Promise<Item | undefined> {
    const room = await this.#access.find(row.conversation_id);
    const message = await repo.messageById(this.#deps.store.db, row.message_id);
    if (room === undefined || message === undefined) return undefined;
    const item = this.#item(room, message, JSON.parse(row.parts));
    // Of the store's time only what is left counts, and no more than the longest pause: clocks are set.
    const left = Math.min(maxPause, Math.max(0, row.due_at - this.#deps.clock.now()));
    const dueAt = this.#deps.clock.monotonic() + left;
    Object.assign(item, { next: row.next_part, attempts: row.attempts, dueAt });
    if (message.announced === 0) await this.#announce(item, null);
    item.announced = true;
    return item;
  }

  /** Stores a message with its place in the queue, in one change with `writes`. */
  async add(room: Room, message: Omit<repo.MessageRow, "seq">, writes: readonly Compilable[]): Promise<void> {
    const { store } = this.#deps;
    const { conversation, customer } = room;
    const lane = await this.#laneOf(conversation.inbox_id);
    const parts = lane.platform.split(message.content);
    const now = this.#deps.clock.now();
    const row = {
      message_id: message.id,
      inbox_id: conversation.inbox_id,
      conversation_id: conversation.id,
      chat: customer.source_id,
      parts: JSON.stringify(parts),
      next_part: 0,
      attempts: 0,
      due_at: now,
    };
    await store.commit({ writes: [...writes, repo.insertOutbox(store.db, row)] });
    const item = this.#item(room, message, parts);
    item.stopTimer = this.#deps.clock.after(announceAfter, () => void this.#announce(item, null));
    await this.#pushTo(lane, item);
  }

  /** The lane may have been replaced while the message was stored; the new one may have found it on the disk. */
  async #pushTo(lane: Lane, item: Item): Promise<void> {
    const { conversation, customer } = item.room;
    if (lane.stopped) await this.#starting.get(conversation.inbox_id);
    const current = lane.stopped ? this.#lanes.get(conversation.inbox_id) : lane;
    if (current !== undefined && !current.known.has(item.message.id))
      return this.#push(current, customer.source_id, item);
    // Whoever found it on the disk shows it, or the next start does.
    item.stopTimer();
  }

  /** A message that failed is sent once more, from the first part that did not arrive. */
  async again(room: Room, message: repo.MessageRow): Promise<void> {
    const { store, clock } = this.#deps;
    const { conversation, customer } = room;
    const lane = await this.#laneOf(conversation.inbox_id);
    const parts = lane.platform.split(message.content);
    const next = Math.min(await repo.countRefs(store.db, message.id), parts.length - 1);
    const row = {
      message_id: message.id,
      inbox_id: conversation.inbox_id,
      conversation_id: conversation.id,
      chat: customer.source_id,
      parts: JSON.stringify(parts),
      next_part: next,
      attempts: 0,
      due_at: clock.now(),
    };
    await store.commit({
      writes: [{ query: repo.requeue(store.db, message.id), rows: 1 }, repo.insertOutbox(store.db, row)],
    });
    const item = this.#item(room, { ...message, state: "queued", error: null }, parts);
    Object.assign(item, { next, announced: true });
    await this.#pushTo(lane, item);
  }

  #item(room: Room, message: Omit<repo.MessageRow, "seq">, parts: readonly string[]): Item {
    return {
      room,
      message,
      parts,
      next: 0,
      attempts: 0,
      dueAt: 0,
      announced: false,
      telling: Promise.resolve(),
      stopTimer: () => {},
    };
  }

  #push(lane: Lane, chat: string, item: Item): void {
    lane.known.add(item.message.id);
    const waiting = lane.chats.get(chat);
    if (waiting !== undefined) return void waiting.push(item);
    lane.chats.set(chat, [item]);
    const drain = this.#drain(lane, chat).finally(() => lane.drains.delete(drain));
    lane.drains.add(drain);
  }

  async #drain(lane: Lane, chat: string): Promise<void> {
    const items = lane.chats.get(chat)!;
    while (!lane.stopped && items.length > 0) {
      const item = items[0]!;
      await this.#pause(lane, item.dueAt);
      if (lane.stopped) return;
      if (await this.#tryPart(lane, chat, item)) {
        items.shift();
        lane.known.delete(item.message.id);
      }
      // The next one to this chat keeps its distance; another chat need not wait for that.
      const following = items[0];
      if (following !== undefined)
        following.dueAt = Math.max(following.dueAt, this.#deps.clock.monotonic() + lane.platform.pace.chat);
    }
    if (items.length === 0) lane.chats.delete(chat);
  }

  /** Waits for its own time first, and only then takes the next free moment of the inbox: others need not wait for it. */
  async #pause(lane: Lane, dueAt: number): Promise<void> {
    const { clock } = this.#deps;
    while (!lane.stopped) {
      const now = clock.monotonic();
      const own = Math.max(dueAt, lane.pausedUntil);
      if (own > now) {
        await this.#sleep(lane, own - now);
        continue;
      }
      const slot = Math.max(now, lane.nextSlot);
      lane.nextSlot = slot + lane.platform.pace.inbox;
      if (slot > now) await this.#sleep(lane, slot - now);
      if (lane.pausedUntil <= clock.monotonic()) return;
    }
  }

  #sleep(lane: Lane, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        lane.wake.delete(wake);
        resolve();
      };
      const cancel = this.#deps.clock.after(ms, wake);
      lane.wake.add(wake);
    });
  }

  /** `true`: nothing more is to be done for this message. */
  async #tryPart(lane: Lane, chat: string, item: Item): Promise<boolean> {
    try {
      return await this.#sendPart(lane, chat, item);
    } catch (error) {
      this.#deps.events.emit("failure", { where: "inbox.outbox", incident: item.message.id, error });
      item.dueAt = this.#deps.clock.monotonic() + 5_000;
      return false;
    }
  }

  async #sendPart(lane: Lane, chat: string, item: Item): Promise<boolean> {
    const now = this.#deps.clock.now();
    const lastCustomerMessageAt = item.room.conversation.last_customer_at ?? undefined;
    const fresh = await repo.conversationById(this.#deps.store.db, item.room.conversation.id);
    const context = { now, lastCustomerMessageAt: fresh?.last_customer_at ?? lastCustomerMessageAt };
    const outcome = await lane.platform.send(chat, item.parts[item.next]!, context);
    // What was not taken stays for the next start; what was, or may have been, is put on record before we end.
    if (lane.stopped && outcome.kind === "retry") return false;
    return this.#took(lane, item, outcome);
  }

  #took(lane: Lane, item: Item, outcome: SendOutcome): Promise<boolean> {
    if (outcome.kind === "sent") return this.#sent(item, outcome.platformId);
    if (outcome.kind === "retry") return this.#later(lane, item, outcome);
    const unreachable = outcome.kind === "failed" && outcome.unreachable;
    const reason =
      outcome.kind === "failed"
        ? outcome.reason
        : `${outcome.reason}: it may have arrived, so it was not sent again`;
    return this.#failed(item, reason, unreachable);
  }

  async #sent(item: Item, platformId: string): Promise<boolean> {
    const { db } = this.#deps.store;
    const { inbox_id } = item.room.conversation;
    item.next++;
    item.attempts = 0;
    item.lastId = platformId;
    const ref = repo.insertRef(db, { inbox_id, platform_id: platformId, message_id: item.message.id });
    if (item.next < item.parts.length) {
      await this.#keep([ref, repo.updateOutbox(db, item.message.id, { next_part: item.next, attempts: 0 })]);
      item.dueAt = this.#deps.clock.monotonic() + this.#lanePace(item);
      return false;
    }
    await this.#end(item, "sent", null, [ref]);
    return true;
  }

  #lanePace({ room }: Item): number {
    return this.#lanes.get(room.conversation.inbox_id)?.platform.pace.chat ?? 0;
  }

  async #later(
    lane: Lane,
    item: Item,
    { after, scope, reason }: SendOutcome & { kind: "retry" },
  ): Promise<boolean> {
    const { clock, store } = this.#deps;
    const now = clock.now();
    item.since ??= now;
    if (now - item.since > giveUpAfter) return this.#failed(item, `not taken within a day: ${reason}`, false);
    item.attempts++;
    const longest = scope === "inbox" ? maxInboxPause : maxPause;
    const pause =
      after ?? Math.min(longest, 1_000 * 2 ** Math.min(item.attempts, 9)) * (0.75 + Math.random() / 2);
    item.dueAt = clock.monotonic() + pause;
    if (scope === "inbox") lane.pausedUntil = Math.max(lane.pausedUntil, item.dueAt);
    const due_at = Math.round(now + pause);
    await this.#keep([repo.updateOutbox(store.db, item.message.id, { attempts: item.attempts, due_at })]);
    return false;
  }

  async #failed(item: Item, reason: string, unreachable: boolean): Promise<boolean> {
    const { db } = this.#deps.store;
    const writes = unreachable
      ? [repo.updateCustomer(db, item.room.customer.id, { unreachable: reason })]
      : [];
    await this.#end(item, "failed", reason, writes);
    return true;
  }

  /** The last step of a message: its state, the end of its place here, and what is told, in one change. */
  async #end(
    item: Item,
    state: "sent" | "failed",
    error: string | null,
    writes: readonly Compilable[],
  ): Promise<void> {
    item.stopTimer();
    await item.telling;
    const { db } = this.#deps.store;
    Object.assign(item.message, { state, error });
    const { source: platform } = item.room.conversation;
    const result: ExternalSendResult =
      state === "sent"
        ? { success: true, platform, ...(item.lastId === undefined ? {} : { message_id: item.lastId }) }
        : { success: false, platform, error: error! };
    const rest = item.announced ? [] : [repo.announce(db, item.message.id)];
    const events = item.announced ? [this.#resultEvent(item, result)] : this.#messageEvents(item, result);
    await this.#keep(
      [
        ...writes,
        repo.setMessageState(db, item.message.id, state, error),
        repo.deleteOutbox(db, item.message.id),
        ...rest,
      ],
      events,
    );
    item.announced = true;
  }

  /** Shows the message without an answer of the platform: it takes its time. */
  #announce(item: Item, result: ExternalSendResult): Promise<void> {
    item.telling = item.telling.then(async () => {
      if (item.announced) return;
      await this.#keep(
        [repo.announce(this.#deps.store.db, item.message.id)],
        this.#messageEvents(item, result),
      );
      item.announced = true;
    });
    return item.telling;
  }

  #messageEvents({ room, message }: Item, result: ExternalSendResult): EventDraft[] {
    const { chats, lists } = this.#deps;
    const { id, inbox_id } = room.conversation;
    const body = {
      message: toMessage({ ...message, announced: 1 }, room.customer),
      external_send_result: result,
    };
    return [
      chats.draft(chatTopic(id), "chat_message", body),
      lists.draft(listTopic(inbox_id), "conversation_updated", { conversation_id: id }),
    ];
  }

  #resultEvent({ room, message }: Item, result: ExternalSendResult): EventDraft {
    const { id } = room.conversation;
    const body = { conversation_id: id, message_id: message.id, result };
    return this.#deps.chats.draft(chatTopic(id), "external_send_result", body);
  }

  /** What the platform has done is done: it is stored as soon as the store can. */
  async #keep(writes: readonly Compilable[], events: readonly EventDraft[] = []): Promise<void> {
    for (;;) {
      try {
        return void (await this.#deps.journal.commit({ writes, events }));
      } catch (error) {
        this.#deps.events.emit("failure", {
          where: "inbox.outbox",
          incident: iso(this.#deps.clock.now()),
          error,
        });
        if (this.#abandoned) return;
        await new Promise<void>((resolve) => this.#deps.clock.after(storeAgain, resolve));
      }
    }
  }

  /** Parts that wait, for metrics and health. */
  waiting(inbox: string): number {
    let count = 0;
    for (const items of this.#lanes.get(inbox)?.chats.values() ?? []) count += items.length;
    return count;
  }
}

/** Resolves with the promise, or after so many milliseconds. */
async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
