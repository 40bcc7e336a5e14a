import { type Kind, withPair } from "../kit/pair.ts";
import { besideSqlite } from "../kit/postgres.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";
import { findRate, type Talk } from "./talking.ts";

const talk: Talk = {
  rooms: 200,
  roomSize: 2,
  sampleEvery: 4,
  maxP99: 20,
  search: { from: 8_000, to: 200_000 },
  seconds: 1.5,
};

const measure = (kind: Kind, env?: Record<string, string>, how: Talk = talk): Promise<Figure> =>
  withPair(
    kind,
    async (pair) => {
      const { rate, passed, p50, p99, serverLoad, load } = await findRate(pair, how);
      const notes = `p50 ${ms(p50)}, p99 ${ms(p99)}; server ${percent(serverLoad)}, generator ${percent(load)} of a core`;
      return { value: passed ? rate : 0, notes };
    },
    env,
  );

export const p5: Row = {
  name: "P5",
  workload: "chat in 200 rooms of two, on disk before the echo; highest rate with p99 <= 20 ms",
  unit: "messages/s",
  goal: ">= 30,000/s",
  met: (peyk) => peyk >= 30_000,
  measure: () => both((kind) => measure(kind)),
};

export const p5Postgres: Row = {
  ...p5,
  name: "P5P",
  workload: `${p5.workload}; on PostgreSQL, beside SQLite`,
  goal: "no goal of its own",
  met: () => true,
  // A server in the same machine takes its share of the processors.
  measure: () =>
    besideSqlite((env) => measure("peyk", env, { ...talk, search: { from: 1_000, to: 200_000 } })),
};
