import { Bucket } from "../../core/bucket.ts";
import type { Connection } from "../../core/channel.ts";
import type { Clock } from "../../core/clock.ts";
import type { Tap, TappedFrame } from "../../core/tap.ts";
import { Fault } from "../../protocol/faults.ts";
import { bytesOf, viewFrame } from "./frame-view.ts";
import type { tapOutgoing } from "./messages.ts";
import { type Content, hideSecrets } from "./redact.ts";

/** Frames that are shown per second: taking them apart is work that the tapped connection's node does. */
const framesPerSecond = 200;
const burst = 400;

/** The operator's socket. */
export type Viewer = Pick<Connection<unknown, typeof tapOutgoing>, "send" | "close">;

interface Options {
  readonly viewer: Viewer;
  readonly content: Content;
  readonly clock: Clock;
  /** The operator's socket takes more: what waits for it has not reached its limit. */
  readonly hasRoom: () => boolean;
}

/** One operator who watches one connection. What he cannot read in time is dropped, counted and told. */
export class TapSession implements Tap {
  readonly #options: Options;
  readonly #bucket: Bucket;
  #seen = 0;
  #dropped = 0;
  /** Dropped since the last `tap_dropped`. */
  #untold = { frames: 0, bytes: 0 };

  constructor(options: Options) {
    this.#options = options;
    this.#bucket = new Bucket(framesPerSecond, burst, options.clock.monotonic());
  }

  get counts(): { readonly frames: number; readonly dropped: number } {
    return { frames: this.#seen, dropped: this.#dropped };
  }

  frame(frame: TappedFrame): void {
    const { viewer, content, clock, hasRoom } = this.#options;
    const seq = ++this.#seen;
    if (!hasRoom() || !this.#bucket.take(clock.monotonic())) return this.#drop(frame);
    this.tellDropped();
    const at = new Date(clock.now()).toISOString();
    viewer.send("tap_frame", { seq, at, ...viewFrame(frame, content) });
  }

  #drop(frame: TappedFrame): void {
    this.#dropped++;
    this.#untold.frames++;
    this.#untold.bytes += bytesOf(frame);
  }

  /** Says what was dropped since it last said so, as soon as the operator can take it. */
  tellDropped(): void {
    const { viewer, hasRoom } = this.#options;
    if (this.#untold.frames === 0 || !hasRoom()) return;
    viewer.send("tap_dropped", this.#untold);
    this.#untold = { frames: 0, bytes: 0 };
  }

  ended(code: number, reason: string): void {
    const { viewer, hasRoom } = this.#options;
    const shown = hideSecrets(reason.slice(0, 123));
    this.tellDropped();
    if (hasRoom()) viewer.send("tap_ended", { code, reason: shown, ...this.counts });
    // The close says it, too, for an operator who reads so slowly that the message is lost.
    viewer.close(new Fault("tap_ended", `the tapped connection ended with ${code} ${shown}`.trim()));
  }
}
