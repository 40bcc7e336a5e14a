/** What RFC 6455 forbids a server to send; the number is the section that says so. */
export type FrameFault =
  | "masked" // 5.1
  | "reserved_bits" // 5.2
  | "unknown_opcode" // 5.2
  | "fragmented_control" // 5.5
  | "control_too_long" // 5.5
  | "stray_continuation" // 5.4
  | "interrupted_message" // 5.4
  | "bad_utf8" // 8.1
  | "bad_close" // 5.5.1
  | "bad_close_code" // 7.4
  | "http_again" // 4.1: an HTTP answer where frames should be
  | "frame_too_long"; // 5.2, and our own patience

export type FrameEvent =
  | { readonly kind: "message"; readonly text?: string; readonly bytes: number }
  | { readonly kind: "ping" | "pong"; readonly data: Uint8Array }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "broken"; readonly fault: FrameFault; readonly bytes: string };

const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;
export type Opcode = keyof typeof opcodes;

/** RFC 6455 5.5: a control frame carries at most this many bytes. */
const maxControlBytes = 125;
/** Bytes of one frame that we wait for; no server of this field means more. */
const maxFrameBytes = 64 * 1024 * 1024;
/** RFC 6455 7.4.1: a close frame without a code means this one. */
export const noCloseCode = 1005;

interface Head {
  readonly fin: boolean;
  readonly reserved: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  readonly headBytes: number;
}

/** Takes bytes as they come and gives what they say; after the first breach of RFC 6455 it reads no further. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();
  #parts: Uint8Array[] = [];
  #partsOpcode: number | undefined;
  #isBroken = false;

  push(bytes: Uint8Array): FrameEvent[] {
    this.#rest = this.#rest.length === 0 ? bytes : new Uint8Array(Buffer.concat([this.#rest, bytes]));
    const events: FrameEvent[] = [];
    while (!this.#isBroken) {
      const event = this.#next();
      if (event === "more") break;
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #next(): FrameEvent | "more" | undefined {
    const head = readHead(this.#rest);
    if (head === undefined) return "more";
    const fault = headFault(head, this.#partsOpcode !== undefined);
    if (fault !== undefined) return this.#break(fault);
    const end = head.headBytes + head.length;
    if (this.#rest.length < end) return "more";
    const body = this.#rest.subarray(head.headBytes, end);
    this.#rest = this.#rest.subarray(end);
    return head.opcode >= opcodes.close ? this.#control(head.opcode, body) : this.#data(head, body);
  }

  #control(opcode: number, body: Uint8Array): FrameEvent {
    if (opcode === opcodes.ping) return { kind: "ping", data: body };
    if (opcode === opcodes.pong) return { kind: "pong", data: body };
    const closed = readClose(body);
    return typeof closed === "string" ? this.#break(closed) : closed;
  }

  #data({ fin, opcode }: Head, body: Uint8Array): FrameEvent | undefined {
    this.#parts.push(body);
    this.#partsOpcode ??= opcode;
    if (!fin) return undefined;
    const isText = this.#partsOpcode === opcodes.text;
    const whole = new Uint8Array(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#partsOpcode = undefined;
    if (!isText) return { kind: "message", bytes: whole.length };
    const text = decode(whole);
    return text === undefined ? this.#break("bad_utf8") : { kind: "message", text, bytes: whole.length };
  }

  #break(fault: FrameFault): FrameEvent {
    this.#isBroken = true;
    const start = Buffer.from(this.#rest.subarray(0, 8));
    const isHttp = start.toString("latin1").startsWith("HTTP/1.");
    return { kind: "broken", fault: isHttp ? "http_again" : fault, bytes: start.toString("hex") };
  }
}

/** RFC 6455 5.2. `undefined`: the head is not complete. */
function readHead(bytes: Uint8Array): Head | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes[0]!, bytes[1]!];
  const short = second & 0x7f;
  const masked = (second & 0x80) !== 0;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const headBytes = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length =
    lengthBytes === 8 ? Number(view.getBigUint64(2)) : lengthBytes === 2 ? view.getUint16(2) : short;
  return {
    fin: (first & 0x80) !== 0,
    reserved: first & 0x70,
    opcode: first & 0x0f,
    masked,
    length,
    headBytes,
  };
}

/** We offer no extension, so that no reserved bit may be set. */
function headFault(head: Head, inMessage: boolean): FrameFault | undefined {
  const { fin, reserved, opcode, masked, length } = head;
  if (reserved !== 0) return "reserved_bits";
  if (!(Object.values(opcodes) as number[]).includes(opcode)) return "unknown_opcode";
  if (masked) return "masked";
  if (opcode >= opcodes.close) {
    if (!fin) return "fragmented_control";
    return length > maxControlBytes ? "control_too_long" : undefined;
  }
  if (opcode === opcodes.continuation && !inMessage) return "stray_continuation";
  if (opcode !== opcodes.continuation && inMessage) return "interrupted_message";
  return length > maxFrameBytes ? "frame_too_long" : undefined;
}

function readClose(body: Uint8Array): FrameEvent | FrameFault {
  if (body.length === 0) return { kind: "close", code: noCloseCode, reason: "" };
  if (body.length === 1) return "bad_close";
  const code = (body[0]! << 8) | body[1]!;
  const reason = decode(body.subarray(2));
  if (reason === undefined) return "bad_utf8";
  return mayBeSent(code) ? { kind: "close", code, reason } : "bad_close_code";
}

/** RFC 6455 7.4.1 and 7.4.2, and IANA's registry, which has added 1012 to 1014. */
const mayBeSent = (code: number): boolean =>
  (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** One frame as a client sends it: whole and masked (RFC 6455 5.3). */
export function clientFrame(opcode: Opcode, body: Uint8Array): Uint8Array {
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const head = clientHead(opcodes[opcode], body.length);
  return new Uint8Array(Buffer.concat([head, mask, body.map((byte, i) => byte ^ mask[i % 4]!)]));
}

function clientHead(opcode: number, length: number): Uint8Array {
  const first = 0x80 | opcode;
  if (length < 126) return new Uint8Array([first, 0x80 | length]);
  const head = new DataView(new ArrayBuffer(length < 65_536 ? 4 : 10));
  head.setUint8(0, first);
  head.setUint8(1, 0x80 | (length < 65_536 ? 126 : 127));
  if (length < 65_536) head.setUint16(2, length);
  else head.setBigUint64(2, BigInt(length));
  return new Uint8Array(head.buffer);
}

/** Body of a close frame with a code. */
export const closeBody = (code: number): Uint8Array => new Uint8Array([code >> 8, code & 0xff]);
