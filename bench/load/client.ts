import type { Socket } from "bun";
import { clientFrame, FrameReader, opcodes } from "./frames.ts";

/** What a load does with the frames of its sockets. */
export type OnFrame = (client: Client, bytes: Buffer, start: number, end: number) => void;

const endOfHeaders = "\r\n\r\n";

/** One raw WebSocket of the generator: shakes hands, answers pings, counts. */
export class Client {
  readonly index: number;
  /** Resolves with the first text frame; rejects where the server refuses or goes away before it. */
  readonly greeted = Promise.withResolvers<void>();
  texts = 0;
  /** Close code, 1006 where the server left without one; undefined while it is open. */
  closed: number | undefined;
  onText: OnFrame | undefined;
  onBinary: OnFrame | undefined;
  #answer: PromiseWithResolvers<void> | undefined;
  #socket: Socket | undefined;
  #reader: FrameReader | undefined;
  #head = Buffer.alloc(0);
  #unsent: Buffer | undefined;

  constructor(index: number) {
    this.index = index;
  }

  async connect(port: number, path: string): Promise<void> {
    try {
      this.#socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: this.#handlers(path) });
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #handlers(path: string) {
    return {
      open: (socket: Socket) => void socket.write(handshake(path)),
      data: (_: Socket, bytes: Buffer) => this.#received(bytes),
      drain: () => this.#flush(),
      close: () => this.#end("closed before its greeting"),
      error: (_: Socket, error: Error) => this.#end(error.message),
    };
  }

  #received(bytes: Buffer): void {
    if (this.#reader !== undefined) return this.#reader.push(bytes);
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(endOfHeaders);
    if (end < 0) return;
    if (!this.#head.toString("latin1", 0, 12).endsWith(" 101")) return this.#end("not upgraded");
    this.#reader = new FrameReader((...frame) => this.#frame(...frame));
    const rest = this.#head.subarray(end + endOfHeaders.length);
    this.#head = Buffer.alloc(0);
    if (rest.length > 0) this.#reader.push(rest);
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === opcodes.text) {
      if (this.texts++ === 0) this.greeted.resolve();
      this.#answer?.resolve();
      this.onText?.(this, bytes, start, end);
    } else if (opcode === opcodes.binary) this.onBinary?.(this, bytes, start, end);
    else if (opcode === opcodes.ping) this.send(clientFrame(opcodes.pong, bytes.subarray(start, end)));
    else if (opcode === opcodes.close) this.closed = end - start >= 2 ? bytes.readUInt16BE(start) : 1005;
  }

  /** Sends one frame, and waits for the next text that comes. */
  ask(frame: Buffer): Promise<void> {
    this.#answer = Promise.withResolvers<void>();
    this.send(frame);
    return this.#answer.promise;
  }

  /** Reads nothing from now on, as if its network had stalled. */
  stall(): void {
    this.#socket?.pause();
  }

  /** Frames as `clientFrame` makes them, one or many. */
  send(frames: Buffer): void {
    if (this.#unsent !== undefined) this.#unsent = Buffer.concat([this.#unsent, frames]);
    else this.#write(frames);
  }

  /** The buffer is the caller's: what the kernel does not take now is copied. */
  #write(frames: Buffer): void {
    const written = Math.max(0, this.#socket?.write(frames) ?? frames.length);
    this.#unsent = written < frames.length ? Buffer.from(frames.subarray(written)) : undefined;
  }

  #flush(): void {
    if (this.#unsent !== undefined) this.#write(this.#unsent);
  }

  #end(reason: string): void {
    this.closed ??= 1006;
    const error = new Error(`${reason} (${this.closed})`);
    this.greeted.reject(error);
    this.#answer?.reject(error);
  }

  close(): void {
    this.#socket?.terminate();
  }
}

/** The key is the same for all: a server answers to it, but nobody here has to check the answer. */
const handshake = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `User-Agent: peyk-bench${endOfHeaders}`,
  ].join("\r\n");
