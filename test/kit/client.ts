import { patience } from "./until.ts";

export interface Received {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every shape.
  readonly [field: string]: any;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** A real WebSocket whose frames are a queue: `await client.next()`. */
export class TestClient {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  readonly #frames: Received[] = [];
  #wake = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason, wasClean }) => {
        resolve({ code, reason, wasClean });
        this.#wake();
      });
    });
    socket.addEventListener("message", ({ data }) => {
      this.#frames.push(typeof data === "string" ? JSON.parse(data) : { type: "binary", data });
      this.#wake();
    });
  }

  /** Resolves when the handshake is over, whatever follows. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<TestClient> {
    const socket = new WebSocket(url, { headers } as never);
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error(`no handshake with ${url}`)));
    });
    return client;
  }

  /** Objects as JSON; bytes as a binary message. */
  send(message: object | string | Uint8Array<ArrayBuffer>): void {
    const isReady = typeof message === "string" || message instanceof Uint8Array;
    this.socket.send(isReady ? message : JSON.stringify(message));
  }

  /** The next frame; of a type, skipping others, where one is named. */
  async next(type?: string): Promise<Received> {
    for (const end = Date.now() + patience; ; ) {
      const at = this.#frames.findIndex((frame) => type === undefined || frame.type === type);
      if (at >= 0) return this.#frames.splice(0, at + 1)[at]!;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed while waiting for ${type ?? "a frame"}`);
      if (Date.now() >= end) throw new Error(`no ${type ?? "frame"} within ${patience} ms`);
      await this.#woken(end - Date.now());
    }
  }

  #woken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Frames that came and were not asked for yet. */
  get waiting(): readonly Received[] {
    return this.#frames;
  }

  /** Everything that was sent before an answered ping has arrived when this resolves. */
  async settle(): Promise<readonly Received[]> {
    this.send({ type: "ping" });
    const before: Received[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.type === "pong") return before;
      before.push(frame);
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
