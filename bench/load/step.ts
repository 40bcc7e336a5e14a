import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { Latencies } from "./latency.ts";
import { arrived, pace } from "./pace.ts";

export interface StepPlan {
  /** Steps per second of all orders together. */
  readonly rate: number;
  /** One for each driver: the first socket is a map, the others are his. */
  readonly orders: readonly string[];
}

export interface Stepped {
  readonly steps: number;
  /** From the moment when a step was due until the map heard of it. */
  readonly p50: number;
  readonly p99: number;
  readonly missing: number;
  /** Share of one core that the generator used. */
  readonly load: number;
}

const states = ["driver_en_route", "arrived_waiting", "ride_ongoing", "completed"];
/** Milliseconds that the last steps may take. */
const grace = 3_000;

/** Each driver takes his order through its states; in turn, as fast as `rate` says. */
export async function step(
  { rate, orders }: StepPlan,
  [map, ...drivers]: readonly Client[],
): Promise<Stepped> {
  const due = new Map<string, number>();
  const latencies = listen(map!, due);
  const steps = orders.length * states.length;
  const began = performance.now();
  const { cpu } = usage();
  await pace({ rate, count: steps, began }, (i, at) => {
    const [n, status] = [i % orders.length, states[Math.floor(i / orders.length)]!];
    due.set(`${orders[n]} ${status}`, at);
    drivers[n]!.send(textFrame(JSON.stringify({ type: "status", order_id: orders[n], status })));
  });
  const load = (usage().cpu - cpu) / (performance.now() - began);
  await arrived(() => latencies.count, steps, grace);
  const [p50, p99] = [latencies.quantile(0.5), latencies.quantile(0.99)];
  return { steps, p50, p99, missing: steps - latencies.count, load };
}

/** Fills as the map hears of steps. */
function listen(map: Client, due: ReadonlyMap<string, number>): Latencies {
  const latencies = new Latencies();
  map.onText = (_, bytes, start, end) => {
    const { type, data } = JSON.parse(bytes.toString("utf8", start, end));
    const at = type === "order_update" ? due.get(`${data.id} ${data.status}`) : undefined;
    if (at !== undefined) latencies.add(performance.now() - at);
  };
  return latencies;
}
