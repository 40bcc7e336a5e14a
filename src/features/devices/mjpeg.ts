import type { Clock } from "../../core/clock.ts";
import type { Cameras } from "./cameras.ts";

/** Name of the border between two pictures, as browsers and viewers of the originals know it. */
export const boundary = "frame";
/** Milliseconds after which something is sent again, so that neither proxies nor our own server take it for dead. */
const repeatAfter = 4_000;
const tick = 2_000;

const encoder = new TextEncoder();
const opening = encoder.encode(`--${boundary}\r\n`);
const tail = encoder.encode(`\r\n--${boundary}\r\n`);
/** After a border come the headers of the next picture. One more of them is all that may be sent while there is none. */
const nothingYet = encoder.encode("X-Waiting: 1\r\n");

/** Browsers show a picture once they see the border after it, so that comes with the picture. */
function part(data: Uint8Array): Uint8Array {
  const head = encoder.encode(`Content-Type: image/jpeg\r\nContent-Length: ${data.length}\r\n\r\n`);
  const whole = new Uint8Array(head.length + data.length + tail.length);
  whole.set(head);
  whole.set(data, head.length);
  whole.set(tail, head.length + data.length);
  return whole;
}

export interface Viewing {
  readonly clock: Clock;
  /** Asked every few seconds: a stream must not outlive the token that opened it. */
  isAllowed(): Promise<boolean>;
  /** It is read for the first time: an answer to HEAD never is. */
  onStart(): void;
  onEnd(): void;
}

/**
 * One camera as `multipart/x-mixed-replace` (RFC 2046 5.1 for the form): a viewer who reads slowly skips pictures, and
 * holds one at most.
 */
export function mjpegStream(cameras: Cameras, device: string, viewing: Viewing): ReadableStream<Uint8Array> {
  const viewer = new Viewer(cameras, device, viewing);
  return new ReadableStream<Uint8Array>(
    { pull: (controller) => viewer.pull(controller), cancel: () => viewer.end() },
    { highWaterMark: 0 },
  );
}

class Viewer {
  readonly #cameras: Cameras;
  readonly #device: string;
  readonly #viewing: Viewing;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #waiting: Uint8Array | undefined;
  #isHungry = false;
  #lastAt = 0;
  #stops: (() => void)[] = [];

  constructor(cameras: Cameras, device: string, viewing: Viewing) {
    this.#cameras = cameras;
    this.#device = device;
    this.#viewing = viewing;
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#isHungry = true;
    if (this.#controller === undefined) this.#begin(controller);
    else this.#feed();
  }

  /** The border goes out at once, and with it the answer's own headers. */
  #begin(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const follower = {
      deliver: ({ data }: { data: string | Uint8Array }) => this.#offer(data as Uint8Array),
    };
    const watching = this.#cameras.watch(this.#device, follower);
    this.#stops = [watching, this.#viewing.clock.every(tick, () => this.#tick())];
    this.#waiting = this.#cameras.latest(this.#device)?.data;
    this.#viewing.onStart();
    this.#enqueue(opening);
  }

  #offer(data: Uint8Array): void {
    this.#waiting = data;
    this.#feed();
  }

  #feed(): void {
    if (!this.#isHungry || this.#waiting === undefined) return;
    this.#enqueue(part(this.#waiting));
    this.#waiting = undefined;
  }

  #enqueue(bytes: Uint8Array): void {
    this.#isHungry = false;
    this.#lastAt = this.#viewing.clock.monotonic();
    this.#controller!.enqueue(bytes);
  }

  #tick(): void {
    void this.#viewing.isAllowed().then((isAllowed) => isAllowed || this.#close());
    if (!this.#isHungry || this.#viewing.clock.monotonic() - this.#lastAt < repeatAfter) return;
    const latest = this.#cameras.latest(this.#device);
    if (latest === undefined) this.#enqueue(nothingYet);
    else this.#offer(latest.data);
  }

  #close(): void {
    if (this.#stops.length === 0) return;
    this.end();
    this.#controller!.close();
  }

  end(): void {
    if (this.#stops.length === 0) return;
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#viewing.onEnd();
  }
}
