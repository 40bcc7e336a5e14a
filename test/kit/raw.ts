import { connect, type Socket } from "node:net";
import { patience } from "./until.ts";

/** A TCP connection that does exactly what a test says: half a handshake, no reading, no closing. */
export class RawClient {
  readonly socket: Socket;
  #received = "";
  readonly ended: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (data) => {
      this.#received += data.toString("latin1");
    });
    this.ended = new Promise((resolve) => socket.on("close", () => resolve()));
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new RawClient(socket)));
      socket.once("error", reject);
    });
  }

  /** Sends a handshake; headers given replace the ordinary ones, and `undefined` leaves one out. */
  upgrade(path: string, headers: Record<string, string | undefined> = {}): void {
    const all = {
      Host: "127.0.0.1",
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}`],
    );
    this.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  }

  /** Everything that came so far, once it contains `text`. */
  async until(text: string): Promise<string> {
    for (const end = Date.now() + patience; !this.#received.includes(text); await Bun.sleep(5))
      if (Date.now() > end) throw new Error(`no "${text}" in ${JSON.stringify(this.#received.slice(-400))}`);
    return this.#received;
  }

  get received(): string {
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** One masked text frame, as a client sends it (RFC 6455 5.2); the mask is all zeros. */
export function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(4), body]);
}
