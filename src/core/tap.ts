import type { SendStatus, Socket } from "./transport.ts";

/** One frame as it passes by. `ping`, `pong` and `close` are RFC 6455's control frames. */
export interface TappedFrame {
  /** `in`: from the client. */
  readonly direction: "in" | "out";
  readonly kind: "message" | "ping" | "pong" | "close";
  /** The message; of a close frame its code and reason; empty otherwise. */
  readonly data: string | Uint8Array;
}

/** Whoever watches one connection. Must neither throw nor keep `data` that is bytes: the runtime takes them back. */
export interface Tap {
  frame(frame: TappedFrame): void;
  /** The connection is over; the last call. */
  ended(code: number, reason: string): void;
}

/**
 * Stands before a connection's socket while somebody taps it, and is gone afterwards: who is not tapped pays nothing
 * for what he sends.
 */
export class TappedSocket implements Socket {
  readonly inner: Socket;
  readonly taps = new Set<Tap>();

  constructor(inner: Socket) {
    this.inner = inner;
  }

  send(data: string | Uint8Array): SendStatus {
    const status = this.inner.send(data);
    if (status !== "gone") this.tell("out", "message", data);
    return status;
  }

  cork(write: () => void): void {
    this.inner.cork(write);
  }

  ping(): void {
    this.inner.ping();
    this.tell("out", "ping");
  }

  close(code: number, reason: string): void {
    // First: the runtime tells of the end before its own `close` returns.
    this.tell("out", "close", `${code} ${reason}`);
    this.inner.close(code, reason);
  }

  terminate(): void {
    this.inner.terminate();
  }

  tell(direction: TappedFrame["direction"], kind: TappedFrame["kind"], data: TappedFrame["data"] = ""): void {
    for (const tap of this.taps) tap.frame({ direction, kind, data });
  }

  /** `byClient`: its close frame came before one of ours. */
  ended(code: number, reason: string, byClient: boolean): void {
    if (byClient && code !== 1006) this.tell("in", "close", `${code} ${reason}`);
    for (const tap of [...this.taps]) tap.ended(code, reason);
  }
}
