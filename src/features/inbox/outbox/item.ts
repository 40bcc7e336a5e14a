import type { Cancel } from "../../../core/clock.ts";
import type { Room } from "../access.ts";
import type { MessageRow } from "../repo.ts";

/** A message on its way to a platform, in the parts that the platform takes. Times are of the monotonic clock. */
export class Item {
  readonly room: Room;
  readonly message: Omit<MessageRow, "seq">;
  readonly parts: readonly string[];
  /** The part that goes next, and how often it was refused for now. */
  next = 0;
  attempts = 0;
  dueAt = 0;
  /** Its `chat_message` has been told. */
  announced = false;
  /** Steps of telling are taken one after the other. */
  telling: Promise<void> = Promise.resolve();
  /** Ends the wait for the platform's answer, after which it is told without one. */
  stopTimer: Cancel = () => {};
  /** The platform's id of the last part that it took. */
  lastId: string | undefined;
  /** When it was first refused for now, in this run: a message is given up a day later. */
  since: number | undefined;

  constructor(room: Room, message: Omit<MessageRow, "seq">, parts: readonly string[]) {
    this.room = room;
    this.message = message;
    this.parts = parts;
  }

  get inbox(): string {
    return this.room.conversation.inbox_id;
  }

  /** The customer, as the platform calls him. */
  get chat(): string {
    return this.room.customer.source_id;
  }
}
