import type { Cancel, Clock } from "../../core/clock.ts";
import type { Cameras } from "./cameras.ts";

/** Name of the border between two pictures, as browsers and viewers of the originals know it. */
export const boundary = "frame";
/** Milliseconds after which the newest picture is sent again, so that no proxy takes the stream for dead. */
const repeatAfter = 5_000;

const encoder = new TextEncoder();
const tail = encoder.encode(`\r\n--${boundary}\r\n`);
const opening = encoder.encode(`--${boundary}\r\n`);

/** Browsers show a picture once they see the border after it, so that comes with the picture. */
function part(data: Uint8Array): Uint8Array {
  const head = encoder.encode(`Content-Type: image/jpeg\r\nContent-Length: ${data.length}\r\n\r\n`);
  const whole = new Uint8Array(head.length + data.length + tail.length);
  whole.set(head);
  whole.set(data, head.length);
  whole.set(tail, head.length + data.length);
  return whole;
}

/**
 * One camera as `multipart/x-mixed-replace` (RFC 2046 5.1 for the form): a viewer who reads slowly skips pictures, and
 * holds one at most.
 */
export function mjpegStream(
  cameras: Cameras,
  device: string,
  clock: Clock,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  let waiting: Uint8Array | undefined = cameras.latest(device)?.data;
  let isHungry = false;
  let isFirst = true;
  let stops: (() => void)[] = [];
  let lastAt = clock.now();

  const offer = (controller: ReadableStreamDefaultController<Uint8Array>, data: Uint8Array) => {
    waiting = data;
    if (isHungry) feed(controller);
  };
  const feed = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    isHungry = waiting === undefined;
    if (waiting === undefined) return;
    if (isFirst) controller.enqueue(opening);
    isFirst = false;
    controller.enqueue(part(waiting));
    waiting = undefined;
    lastAt = clock.now();
  };
  const repeat = (controller: ReadableStreamDefaultController<Uint8Array>): Cancel =>
    clock.every(repeatAfter, () => {
      const latest = cameras.latest(device);
      if (isHungry && latest !== undefined && clock.now() - lastAt >= repeatAfter)
        offer(controller, latest.data);
    });
  const end = () => {
    for (const stop of stops) stop();
    stops = [];
    onEnd();
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const follower = {
          deliver: ({ data }: { data: string | Uint8Array }) => offer(controller, data as Uint8Array),
        };
        stops = [cameras.watch(device, follower), repeat(controller)];
      },
      pull: feed,
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
