import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { answer, onRequest, type Request, rawServer } from "./raw.ts";

/** RFC 6455 5.2: opcodes. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly fin?: boolean;
  /** The three reserved bits. */
  readonly reserved?: number;
  /** A server must not. */
  readonly masked?: boolean;
  /** What the frame says of its length, where that is not true; up to 2 ** 32. */
  readonly length?: number;
}

/** One frame as a server sends it (RFC 6455 5.2), or not quite. */
export function frame(opcode: number, payload: string | Buffer = "", options: FrameOptions = {}): Buffer {
  const body = Buffer.from(payload as string);
  const { fin = true, reserved = 0, masked = false, length = body.length } = options;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const [second, extra] = lengthBytes(length);
  const head = Buffer.concat([Buffer.from([first, (masked ? 0x80 : 0) | second]), extra]);
  // A mask of zeros changes nothing in the payload.
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), body]);
}

function lengthBytes(length: number): [number, Buffer] {
  if (length < 126) return [length, Buffer.alloc(0)];
  const wide = Buffer.alloc(length < 65_536 ? 2 : 8);
  if (length < 65_536) wide.writeUInt16BE(length);
  else wide.writeBigUInt64BE(BigInt(length));
  return [length < 65_536 ? 126 : 127, wide];
}

/** A close frame's payload. */
export function closing(code: number, reason = ""): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

/** The key's answer, RFC 6455 4.2.2. */
export const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A right 101, or one with other headers. */
export const switching = ({ key }: Request, headers: Readonly<Record<string, string>> = {}): string => {
  const all = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": acceptOf(key),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`;
};

/** Calls back with each frame that a client sends. */
export function onFrame(socket: Socket, take: (opcode: number, payload: Buffer) => void): void {
  let seen = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    seen = Buffer.concat([seen, data]);
    for (let size = frameSize(seen); size !== undefined && seen.length >= size; size = frameSize(seen)) {
      const [opcode, payload] = unmask(seen.subarray(0, size));
      seen = seen.subarray(size);
      take(opcode, payload);
    }
  });
}

/** Bytes before the payload: two, the longer length, the mask. */
const headSize = (bytes: Buffer): number => ({ 126: 4, 127: 10 })[bytes[1]! & 127] ?? 2;

function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2 || bytes.length < headSize(bytes)) return undefined;
  const head = headSize(bytes);
  const short = bytes[1]! & 127;
  const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return head + 4 + length;
}

function unmask(bytes: Buffer): [number, Buffer] {
  const head = headSize(bytes);
  const mask = bytes.subarray(head, head + 4);
  const payload = Buffer.from(bytes.subarray(head + 4).map((byte, i) => byte ^ mask[i % 4]!));
  return [bytes[0]! & 15, payload];
}

/** What a good server does with a frame: pongs, echoes, and answers a close. */
export function politely(socket: Socket, opcode: number, payload: Buffer): void {
  if (opcode === opcodes.ping) socket.write(frame(opcodes.pong, payload));
  if (opcode === opcodes.close) socket.end(frame(opcodes.close, payload));
  if (opcode === opcodes.text || opcode === opcodes.binary) socket.write(frame(opcode, payload));
}

/** A server whose handshake is right. What comes then is the case's. To what is no upgrade it says 426. */
export const webSocket = (
  stack: AsyncDisposableStack,
  opened: (socket: Socket, request: Request) => void,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly tls?: TlsOptions } = {},
): Promise<number> =>
  rawServer(
    stack,
    (socket) =>
      onRequest(socket, (request) => {
        if (!request.isUpgrade) return socket.end(answer("426 Upgrade Required", { Upgrade: "websocket" }));
        socket.write(switching(request, options.headers));
        return opened(socket, request);
      }),
    { tls: options.tls },
  );

/** A healthy server in every respect but what `opened` does first. */
export const politeWebSocket = (
  stack: AsyncDisposableStack,
  opened: (socket: Socket, request: Request) => void = () => {},
  options: Parameters<typeof webSocket>[2] = {},
): Promise<number> =>
  webSocket(
    stack,
    (socket, request) => {
      onFrame(socket, (opcode, payload) => politely(socket, opcode, payload));
      opened(socket, request);
    },
    options,
  );
