import { connect, type Socket } from "node:net";
import { rawServer } from "./raw.ts";

export interface Line {
  /** Milliseconds that everything takes each way. */
  readonly delay?: number;
  /** Bytes per second, each way. */
  readonly rate?: number;
}

/** Milliseconds between two looks at what waits. */
const step = 20;

/** A line that is far, or slow, to this port of loopback. Returns the near port. */
export const line = (stack: AsyncDisposableStack, port: number, options: Line): Promise<number> =>
  rawServer(stack, (near) => {
    const beyond = connect(port, "127.0.0.1");
    beyond.on("error", () => near.destroy());
    carry(near, beyond, options);
    carry(beyond, near, options);
  });

/** Hands on in order, each piece not before its time. An end waits for what came before it. */
function carry(from: Socket, to: Socket, { delay = 0, rate = Number.POSITIVE_INFINITY }: Line): void {
  const waiting: { data: Buffer; at: number }[] = [];
  let isOver = false;
  from.on("data", (data: Buffer) => void waiting.push({ data, at: Date.now() + delay }));
  from.on("close", () => {
    isOver = true;
  });
  const timer = setInterval(() => {
    for (
      let budget = (rate * step) / 1000;
      budget > 0 && (waiting[0]?.at ?? Number.POSITIVE_INFINITY) <= Date.now();
    )
      budget -= handOn(waiting, to, budget);
    if (!isOver || waiting.length > 0) return;
    clearInterval(timer);
    to.end();
  }, step);
}

/** At most so many bytes of the first piece. Returns how many. */
function handOn(waiting: { data: Buffer; at: number }[], to: Socket, budget: number): number {
  const { data, at } = waiting.shift()!;
  const now = data.subarray(0, Math.ceil(budget));
  if (!to.destroyed) to.write(now);
  if (now.length < data.length) waiting.unshift({ data: data.subarray(now.length), at });
  return now.length;
}
