import type { Clock } from "../../../core/clock.ts";
import { type Room, roomsOf } from "../access.ts";
import * as repo from "../repo.ts";
import { maxPause } from "./delivery.ts";
import { Item } from "./item.ts";

/** Messages that are read at once: a thousand may wait when a platform comes back, or a hundred thousand. */
const page = 500;

/** What an earlier run left to send for an inbox, oldest first. What belongs to nothing any more is left out. */
export async function* backlogOf(db: repo.Db, clock: Clock, inbox: string): AsyncGenerator<Item> {
  for (let after = 0; ; ) {
    const rows = await repo.outboxAfter(db, inbox, after, page);
    yield* await restored(db, clock, rows);
    if (rows.length < page) return;
    after = rows.at(-1)!.seq;
  }
}

async function restored(db: repo.Db, clock: Clock, rows: readonly repo.OutboxRow[]): Promise<Item[]> {
  const [messages, rooms] = await Promise.all([
    repo.messagesByIds(
      db,
      rows.map(({ message_id }) => message_id),
    ),
    roomsOf(db, [...new Set(rows.map(({ conversation_id }) => conversation_id))]),
  ]);
  const byId = new Map(messages.map((message) => [message.id, message]));
  return rows.flatMap((row) => {
    const message = byId.get(row.message_id);
    const room = rooms.get(row.conversation_id);
    return message === undefined || room === undefined ? [] : [itemOf(row, message, room, clock)];
  });
}

function itemOf(row: repo.OutboxRow, message: repo.MessageRow, room: Room, clock: Clock): Item {
  const item = new Item(room, message, JSON.parse(row.parts));
  item.next = row.next_part;
  item.attempts = row.attempts;
  // Of the store's time only what is left counts, and no more than the longest pause: clocks are set.
  item.dueAt = clock.monotonic() + Math.min(maxPause, Math.max(0, row.due_at - clock.now()));
  item.announced = message.announced === 1;
  return item;
}
