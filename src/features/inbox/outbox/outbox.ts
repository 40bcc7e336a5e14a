import type { Compilable, Guarded } from "../../../core/store.ts";
import { Fault } from "../../../protocol/faults.ts";
import type { Room } from "../access.ts";
import type { InboxDependencies } from "../dependencies.ts";
import type { Platform } from "../platform.ts";
import * as repo from "../repo.ts";
import { backlogOf } from "./backlog.ts";
import { Delivery } from "./delivery.ts";
import { Item } from "./item.ts";
import { Lane } from "./lane.ts";
import { Telling } from "./telling.ts";

/** Milliseconds that `chat_message` waits for the platform's answer (DESIGN 6). */
const announceAfter = 2_000;

/**
 * Messages on their way to a platform. A message and its place here are one change, so a crash forgets none; a part that
 * was under way at the crash is sent again, which is the one gap in which a customer may see it twice. Where no answer
 * came, it is not sent again by itself: the platform may have taken it.
 */
export class Outbox {
  readonly #deps: InboxDependencies;
  readonly #telling: Telling;
  readonly #delivery: Delivery;
  /** A lane is here once everything that an earlier run left stands in it: what comes now stands behind that. */
  readonly #lanes = new Map<string, Lane>();
  readonly #starting = new Map<string, Promise<void>>();

  constructor(deps: InboxDependencies) {
    this.#deps = deps;
    this.#telling = new Telling(deps);
    this.#delivery = new Delivery(deps, this.#telling);
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
    const { store, clock } = this.#deps;
    const left = await Array.fromAsync(backlogOf(store.db, clock, inbox));
    const lane = new Lane(platform, clock, (...of) => this.#delivery.attempt(...of));
    for (const item of left) {
      lane.push(item);
      // Not waited for: those of one moment are told in one commit, and the start is not held up by them.
      if (!item.announced) void this.#telling.announce(item);
    }
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
    await lane?.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#lanes.keys()].map((inbox) => this.stop(inbox)));
    this.#telling.abandon();
  }

  /** Stores a message with its place in the queue, in one change with `writes`. */
  async add(room: Room, message: Omit<repo.MessageRow, "seq">, writes: readonly Compilable[]): Promise<void> {
    const lane = await this.#laneOf(room.conversation.inbox_id);
    const item = new Item(room, message, lane.platform.split(message.content));
    await this.#store(item, writes);
    item.stopTimer = this.#deps.clock.after(announceAfter, () => void this.#telling.announce(item));
    await this.#push(lane, item);
  }

  /** A message that failed is sent once more, from the first part that did not arrive. */
  async again(room: Room, message: repo.MessageRow): Promise<void> {
    const { db } = this.#deps.store;
    const lane = await this.#laneOf(room.conversation.inbox_id);
    const again = { ...message, state: "queued", error: null } as const;
    const item = new Item(room, again, lane.platform.split(message.content));
    item.next = Math.min(await repo.countRefs(db, message.id), item.parts.length - 1);
    item.announced = true;
    await this.#store(item, [{ query: repo.requeue(db, message.id), rows: 1 }]);
    await this.#push(lane, item);
  }

  async #store(item: Item, writes: readonly (Compilable | Guarded)[]): Promise<void> {
    const { store, clock } = this.#deps;
    const place = {
      message_id: item.message.id,
      inbox_id: item.inbox,
      conversation_id: item.room.conversation.id,
      chat: item.chat,
      parts: JSON.stringify(item.parts),
      next_part: item.next,
      attempts: 0,
      due_at: clock.now(),
    };
    await store.commit({ writes: [...writes, repo.insertOutbox(store.db, place)] });
  }

  /** The lane may have been replaced while the message was stored; the new one may have found it on the disk. */
  async #push(lane: Lane, item: Item): Promise<void> {
    if (lane.isStopped) await this.#starting.get(item.inbox);
    const current = lane.isStopped ? this.#lanes.get(item.inbox) : lane;
    if (current !== undefined && !current.has(item.message.id)) return current.push(item);
    // Whoever found it on the disk shows it, or the next start does.
    item.stopTimer();
  }

  /** Messages that wait or are under way, for metrics and health. */
  waiting(inbox: string): number {
    return this.#lanes.get(inbox)?.waiting ?? 0;
  }
}
