import type { Socket } from "./transport.ts";

/** A message, encoded once for all who get it. Binary ones must have a slot. */
export interface Frame {
  readonly data: string | Uint8Array;
  /** What it counts against the outbox's limit: its bytes, or nothing for a picture, which stands in one slot. */
  readonly bytes: number;
  readonly slot: string | undefined;
  /** Place in the journal, for durable frames. */
  readonly seq: number | undefined;
  /** Identity that does not get it. */
  readonly except: string | undefined;
}

export const toFrame = (data: string | Uint8Array, slot?: string, seq?: number, except?: string): Frame => ({
  data,
  bytes: typeof data === "string" ? Buffer.byteLength(data) : 0,
  slot,
  seq,
  except,
});

/**
 * Outboxes that are flushed before the sockets are read again. A write to a socket costs about the same whatever it
 * holds, so a room of thousands, flushed at once, would hold up everybody for as long as it takes; in slices, the
 * later outboxes meanwhile gather more frames for one write (bench P1).
 */
const slice = 128;

/** Flushes every outbox that got a frame, in order, a slice in each turn of the event loop. */
export class Turn {
  #waiting: Outbox[] = [];
  #next = 0;
  #scheduled = false;

  add(outbox: Outbox): void {
    this.#waiting.push(outbox);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const end = Math.min(this.#next + slice, this.#waiting.length);
    while (this.#next < end) this.#waiting[this.#next++]!.flush();
    if (this.#next > 4096 || this.#next === this.#waiting.length) this.#forgetFlushed();
    if (this.#waiting.length > 0) this.#schedule();
  };

  #forgetFlushed(): void {
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }
}

const empty: Frame[] = [];

/**
 * Frames on their way to one connection, in order: one corked write per turn. It knows whether its reader is slow;
 * then frames wait here, where they are shared between readers, and not in the runtime's buffers, where each reader
 * would have a copy.
 */
export class Outbox {
  #socket: Socket;
  readonly #turn: Turn;
  readonly #maxBytes: number;
  #queue = empty;
  #bytes = 0;
  #blocked = false;
  #scheduled = false;
  sent = 0;
  sentBytes = 0;

  constructor(socket: Socket, turn: Turn, maxBytes: number) {
    this.#socket = socket;
    this.#turn = turn;
    this.#maxBytes = maxBytes;
  }

  /** Nothing waits, and the reader keeps up. */
  get idle(): boolean {
    return this.#queue.length === 0 && !this.#blocked;
  }

  /** What waits here for a slow reader, or for the end of this turn. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#queue.length, bytes: this.#bytes };
  }

  /** From now on, frames leave through this socket. */
  through(socket: Socket): void {
    this.#socket = socket;
  }

  /** Queues a frame for the end of this turn. `false`: past the limit, the reader is too slow. */
  push(frame: Frame): boolean {
    if (this.#queue === empty) this.#queue = [];
    if (!this.#replace(frame)) {
      this.#queue.push(frame);
      this.#bytes += frame.bytes;
    }
    if (this.#blocked) return this.#bytes <= this.#maxBytes;
    // Much in one turn is no slow reader yet: that shows when the runtime takes no more.
    if (this.#bytes > this.#maxBytes) this.flush();
    else this.#schedule();
    return this.#bytes <= this.#maxBytes;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#turn.add(this);
  }

  /** Sends at once where nothing waits: an answer need not wait for the end of the turn. */
  send(frame: Frame): boolean {
    if (!this.idle) return this.push(frame);
    this.#write(frame);
    return true;
  }

  /** A newer frame takes the place of a waiting one with its slot. */
  #replace(frame: Frame): boolean {
    if (frame.slot === undefined) return false;
    const at = this.#queue.findIndex((waiting) => waiting.slot === frame.slot);
    if (at < 0) return false;
    this.#bytes += frame.bytes - this.#queue[at]!.bytes;
    this.#queue[at] = frame;
    return true;
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#blocked || this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = empty;
    this.#bytes = 0;
    if (queue.length === 1) this.#write(queue[0]!);
    else this.#socket.cork(() => this.#writeAll(queue));
  }

  #writeAll(queue: Frame[]): void {
    for (let i = 0; i < queue.length; i++) {
      this.#write(queue[i]!);
      if (this.#blocked) return this.#putBack(queue.slice(i + 1));
    }
  }

  #putBack(rest: Frame[]): void {
    this.#queue = rest;
    for (const frame of rest) this.#bytes += frame.bytes;
  }

  #write(frame: Frame): void {
    const status = this.#socket.send(frame.data);
    if (status === "gone") return;
    this.sent++;
    this.sentBytes += typeof frame.data === "string" ? frame.bytes : frame.data.length;
    this.#blocked = status === "buffered";
  }

  drained(): void {
    this.#blocked = false;
    this.flush();
  }

  /** Forgets what waits; what the runtime has already taken still goes out. */
  clear(): void {
    this.#queue = empty;
    this.#bytes = 0;
  }
}
