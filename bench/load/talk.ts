import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { Latencies } from "./latency.ts";
import { arrived, pace } from "./pace.ts";
import { blankTime, readTime, writeTime } from "./stamp.ts";

export interface TalkPlan {
  /** Messages per second of all sockets together. */
  readonly rate: number;
  readonly seconds: number;
  /** Everybody who hears a message, its sender included. */
  readonly roomSize: number;
  /** Latency is read on every n-th socket; all are counted. */
  readonly sampleEvery: number;
  readonly says: Says;
}

export interface Talked {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Deliveries that never came. */
  readonly missing: number;
  /** Sockets that the server ended. */
  readonly closed: number;
  /** Share of one core that the generator used. */
  readonly load: number;
}

/** Seconds before the measurement begins. */
const warmUp = 0.7;
/** Milliseconds that the last deliveries may take. */
const grace = 2_000;
/** The field in which the text travels, there and back. */
const fields = { say: '"text":"', chat_message: '"content":"' } as const;
export type Says = keyof typeof fields;
const padding = " and some words, as many as a sentence in a chat has, more or less.";

/**
 * Latency of a message counts from the moment when it was due, so that a stall is charged to every message that it
 * delays. The time travels in the text.
 */
export async function talk(plan: TalkPlan, clients: readonly Client[]): Promise<Talked> {
  const latencies = new Latencies();
  const began = performance.now();
  const measured = began + warmUp * 1000;
  listen(clients, plan, (due) => {
    if (due >= measured) latencies.add(performance.now() - due);
  });
  const texts = total(clients);
  const cpu = usage().cpu;
  const sent = await speak(plan, clients, began);
  const load = (usage().cpu - cpu) / (performance.now() - began);
  const expected = texts + sent * plan.roomSize;
  await arrived(() => total(clients), expected, grace);
  return {
    rate: plan.rate,
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
    missing: expected - total(clients),
    closed: clients.filter(({ closed }) => closed !== undefined).length,
    load,
  };
}

function listen(clients: readonly Client[], plan: TalkPlan, heard: (due: number) => void): void {
  const text = fields[plan.says];
  for (const client of clients)
    client.onText =
      client.index % plan.sampleEvery > 0
        ? undefined
        : (_, bytes, start) => heard(readTime(bytes, bytes.indexOf(text, start) + text.length));
}

/** The sockets speak in turn. Resolves with the count of messages. */
async function speak({ rate, seconds, says }: TalkPlan, clients: readonly Client[], began: number) {
  const text = fields[says];
  const frame = textFrame(`{"type":"${says}",${text}${blankTime}${padding}"}`);
  const at = frame.indexOf(text) + text.length;
  const count = Math.round(rate * (warmUp + seconds));
  await pace({ rate, count, began }, (i, due) => {
    writeTime(frame, at, due);
    clients[i % clients.length]!.send(frame);
  });
  return count;
}

const total = (clients: readonly Client[]): number => clients.reduce((sum, { texts }) => sum + texts, 0);
