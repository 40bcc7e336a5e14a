import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { Latencies } from "./latency.ts";

export interface TalkPlan {
  /** Messages per second of all sockets together. */
  readonly rate: number;
  readonly seconds: number;
  /** Everybody who hears a message, its sender included. */
  readonly roomSize: number;
  /** Latency is read on every n-th socket; all are counted. */
  readonly sampleEvery: number;
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
const digits = 12;
const text = '"text":"';
const padding = " and some words, as many as a sentence in a chat has, more or less.";

/**
 * Open loop: message i is due at i / rate, and its latency counts from that moment, so that a stall is charged to every
 * message that it delays. The time travels in the text.
 */
export async function talk(plan: TalkPlan, clients: readonly Client[]): Promise<Talked> {
  const latencies = new Latencies();
  const began = performance.now();
  const measured = began + warmUp * 1000;
  listen(clients, plan.sampleEvery, (due) => {
    if (due >= measured) latencies.add(performance.now() - due);
  });
  const texts = total(clients);
  const cpu = usage().cpu;
  const sent = await speak(plan, clients, began);
  const load = (usage().cpu - cpu) / (performance.now() - began);
  const expected = texts + sent * plan.roomSize;
  await arrived(clients, expected);
  return {
    rate: plan.rate,
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
    missing: expected - total(clients),
    closed: clients.filter(({ closed }) => closed !== undefined).length,
    load,
  };
}

function listen(clients: readonly Client[], every: number, heard: (due: number) => void): void {
  for (const client of clients)
    client.onText =
      client.index % every > 0
        ? undefined
        : (_, bytes, start) => {
            const at = bytes.indexOf(text, start) + text.length;
            heard(readDigits(bytes, at) / 100);
          };
}

/** The generator's clock in hundredths of a millisecond. */
function readDigits(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + bytes[i]! - 48;
  return value;
}

/** The sockets speak in turn. Resolves with the count of messages. */
async function speak({ rate, seconds }: TalkPlan, clients: readonly Client[], began: number) {
  const frame = textFrame(`{"type":"say",${text}${"0".repeat(digits)}${padding}"}`);
  const at = frame.indexOf(text) + text.length;
  const last = Math.round(rate * (warmUp + seconds));
  let sent = 0;
  while (sent < last) {
    const due = Math.min(last, Math.floor(((performance.now() - began) / 1000) * rate));
    for (; sent < due; sent++) {
      const time = Math.round((began + (sent / rate) * 1000) * 100);
      frame.write(String(time).padStart(digits, "0"), at, "latin1");
      clients[sent % clients.length]!.send(frame);
    }
    await Bun.sleep(1);
  }
  return sent;
}

const total = (clients: readonly Client[]): number => clients.reduce((sum, { texts }) => sum + texts, 0);

async function arrived(clients: readonly Client[], expected: number): Promise<void> {
  const until = performance.now() + grace;
  while (total(clients) < expected && performance.now() < until) await Bun.sleep(20);
}
