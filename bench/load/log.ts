import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { Latencies } from "./latency.ts";
import { arrived, pace } from "./pace.ts";
import { blankTime, readTime, writeTime } from "./stamp.ts";

export interface LogPlan {
  /** Lines per second of all boards together. */
  readonly rate: number;
  readonly seconds: number;
  /** The first socket is no board, but hears of every line. */
  readonly operator: boolean;
}

export interface Logged {
  readonly lines: number;
  /** From the moment when a line was due until the operator heard of it; NaN without an operator. */
  readonly p50: number;
  readonly p99: number;
  /** Lines that the operator never heard of. */
  readonly missing: number;
  /** Share of one core that the generator used. */
  readonly load: number;
}

/** Milliseconds that the last lines may take. */
const grace = 2_000;
const text = '"message":"';
const padding = " temperature 23.5 C, 142 KB free, wifi -61 dBm, loop took 38 ms";

/** The boards log in turn, as fast as `rate` says. */
export async function log(plan: LogPlan, clients: readonly Client[]): Promise<Logged> {
  const boards = plan.operator ? clients.slice(1) : clients;
  const began = performance.now();
  const heard = listen(plan.operator ? clients[0] : undefined);
  const { cpu } = usage();
  const lines = await write(plan, boards, began);
  const load = (usage().cpu - cpu) / (performance.now() - began);
  const expected = plan.operator ? lines : 0;
  await arrived(() => heard.count, expected, grace);
  const missing = expected - heard.count;
  return { lines, p50: heard.quantile(0.5), p99: heard.quantile(0.99), missing, load };
}

/** Fills as the operator hears of lines. */
function listen(operator: Client | undefined): Latencies {
  const latencies = new Latencies();
  if (operator !== undefined)
    operator.onText = (_, bytes, start) => {
      const at = bytes.indexOf(text, start) + text.length;
      latencies.add(performance.now() - readTime(bytes, at));
    };
  return latencies;
}

/** Resolves with the count of lines. */
async function write({ rate, seconds }: LogPlan, boards: readonly Client[], began: number): Promise<number> {
  const frame = textFrame(`{"type":"log",${text}${blankTime}${padding}","level":"info"}`);
  const at = frame.indexOf(text) + text.length;
  const count = Math.round(rate * seconds);
  await pace({ rate, count, began }, (i, due) => {
    writeTime(frame, at, due);
    boards[i % boards.length]!.send(frame);
  });
  return count;
}
