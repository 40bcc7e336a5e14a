/** RFC 6455 frames by hand: the load generator must cost less than the server that it loads. */

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client's frame. Its mask is zero: legal, and the payload stays as it is. */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  if (payload.length > 65_535) throw new Error("a bench frame holds 65,535 bytes at most");
  const short = payload.length < 126;
  const header = short ? 6 : 8;
  const frame = Buffer.alloc(header + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (short ? payload.length : 126);
  if (!short) frame.writeUInt16BE(payload.length, 2);
  frame.set(payload, header);
  return frame;
}

export const textFrame = (text: string): Buffer => clientFrame(opcodes.text, Buffer.from(text));

export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** The longest header of a server's frame. */
const maxHeader = 10;
const headerLength = (second: number): number => (second < 126 ? 2 : second === 126 ? 4 : maxHeader);

/** Length of the frame that begins at `at`; 0 where too little of it is there to say. */
function frameLength(bytes: Buffer, at: number): number {
  const there = bytes.length - at;
  if (there < 2) return 0;
  const short = bytes[at + 1]! & 0x7f;
  const header = headerLength(short);
  if (there < header) return 0;
  if (header === 2) return header + short;
  // The upper half of the eight bytes is for frames that do not fit into memory.
  return header + (header === 4 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6));
}

/** Finds the frames in a server's bytes as they come, copying only what is cut in two. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #rest: Buffer | undefined;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(bytes: Buffer): void {
    let at = this.#rest === undefined ? 0 : this.#complete(this.#rest, bytes);
    while (at < bytes.length) {
      const length = frameLength(bytes, at);
      if (length === 0 || at + length > bytes.length) break;
      this.#emit(bytes, at, length);
      at += length;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** Ends the frame that the bytes before began. Returns how many of `bytes` that took. */
  #complete(rest: Buffer, bytes: Buffer): number {
    this.#rest = undefined;
    const head = Buffer.concat([rest, bytes.subarray(0, maxHeader)]);
    const length = frameLength(head, 0);
    const missing = length - rest.length;
    if (length === 0 || missing > bytes.length) {
      this.#rest = Buffer.concat([rest, bytes]);
      return bytes.length;
    }
    this.#emit(Buffer.concat([rest, bytes.subarray(0, missing)]), 0, length);
    return missing;
  }

  #emit(bytes: Buffer, at: number, length: number): void {
    const start = at + headerLength(bytes[at + 1]! & 0x7f);
    this.#onFrame(bytes[at]! & 0x0f, bytes, start, at + length);
  }
}
