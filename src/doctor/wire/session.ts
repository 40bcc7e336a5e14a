import type { Clock } from "../../core/clock.ts";
import { clientFrame, closeBody, type FrameEvent, FrameReader } from "./frames.ts";
import type { Ending, Line } from "./line.ts";

/** `ended`: the bytes stopped without a close frame. `nothing`: the time was up. */
export type SessionEvent =
  | FrameEvent
  | { readonly kind: "ended"; readonly ending: Ending }
  | { readonly kind: "nothing" };

/** An open WebSocket. It answers the server's pings and its close frame, as RFC 6455 5.5 demands, and nothing else. */
export class Session {
  readonly line: Line;
  readonly #clock: Clock;
  readonly #reader = new FrameReader();
  readonly #events: FrameEvent[] = [];
  /** Pings of the server's that were answered. */
  answeredPings = 0;

  /** `rest`: what came together with the 101. */
  constructor(line: Line, rest: Uint8Array, clock: Clock) {
    this.line = line;
    this.#clock = clock;
    this.#take(rest);
  }

  /** The next event but the server's pings, within `ms` milliseconds. */
  async next(ms: number): Promise<SessionEvent> {
    const deadline = this.#clock.monotonic() + ms;
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      const bytes = await this.line.read(deadline - this.#clock.monotonic());
      if (bytes !== undefined) this.#take(bytes);
      else if (this.line.ending !== undefined) return { kind: "ended", ending: this.line.ending };
      else if (this.#clock.monotonic() >= deadline) return { kind: "nothing" };
    }
  }

  #take(bytes: Uint8Array): void {
    for (const event of this.#reader.push(bytes)) {
      if (event.kind === "ping") this.#answer(event.data);
      else this.#events.push(event);
      if (event.kind === "close") this.line.write(clientFrame("close", closeBody(1000)));
    }
  }

  #answer(data: Uint8Array): void {
    this.answeredPings++;
    this.line.write(clientFrame("pong", data));
  }

  text(text: string): void {
    this.line.write(clientFrame("text", new TextEncoder().encode(text)));
  }

  ping(data: Uint8Array): void {
    this.line.write(clientFrame("ping", data));
  }

  /** Says goodbye and hangs up. */
  close(): void {
    this.line.write(clientFrame("close", closeBody(1000)));
    this.line.leave();
  }
}
