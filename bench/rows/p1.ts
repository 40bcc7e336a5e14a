import { withPair } from "../kit/pair.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";
import { findRate, type Talk } from "./talking.ts";

const talk: Talk = {
  rooms: 1,
  roomSize: 1_000,
  sampleEvery: 50,
  maxP99: 25,
  search: { from: 400, to: 20_000 },
  seconds: 1.5,
};

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(kind, async (pair) => {
    const { rate, passed, p50, p99, serverLoad, load } = await findRate(pair, talk);
    const notes = `${rate} messages/s, p50 ${ms(p50)}, p99 ${ms(p99)}; server ${percent(serverLoad)}, generator ${percent(load)} of a core`;
    return { value: passed ? rate * talk.roomSize : 0, notes };
  });

export const p1: Row = {
  name: "P1",
  workload: "chat room of 1,000, written before it is told; highest rate with p99 <= 25 ms",
  unit: "deliveries/s",
  goal: ">= 80 % of control",
  met: (peyk, control) => peyk >= 0.8 * control,
  measure: () => both(measure),
};
