import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { Latencies } from "./latency.ts";

export interface PingPlan {
  /** Pings of one socket that wait for their pongs; the next goes out when one comes back. */
  readonly outstanding: number;
  readonly seconds: number;
}

export interface Pinged {
  readonly perSecond: number;
  readonly p99: number;
  /** Share of one core that the generator used. */
  readonly load: number;
}

const warmUp = 1_000;
const ping = textFrame('{"type":"ping"}');

/** Closed loop: every socket sends a ping for each pong. Latency is that of a socket's whole window. */
export async function pingPong(plan: PingPlan, clients: readonly Client[]): Promise<Pinged> {
  const window = Buffer.concat(Array.from({ length: plan.outstanding }, () => ping));
  const latencies = new Latencies();
  let pongs = 0;
  let measuring = false;
  for (const client of clients)
    loop(client, window, plan.outstanding, (ms) => {
      pongs += plan.outstanding;
      if (measuring) latencies.add(ms);
    });
  await Bun.sleep(warmUp);
  measuring = true;
  const before = { at: performance.now(), pongs, cpu: usage().cpu };
  await Bun.sleep(plan.seconds * 1000);
  const ms = performance.now() - before.at;
  for (const client of clients) client.onText = undefined;
  return {
    perSecond: ((pongs - before.pongs) / ms) * 1000,
    p99: latencies.quantile(0.99),
    load: (usage().cpu - before.cpu) / ms,
  };
}

function loop(client: Client, window: Buffer, outstanding: number, done: (ms: number) => void): void {
  let left = outstanding;
  let sent = performance.now();
  client.onText = () => {
    if (--left > 0) return;
    const now = performance.now();
    done(now - sent);
    left = outstanding;
    sent = now;
    client.send(window);
  };
  client.send(window);
}
