import { loadBetween, openEvery, type Pair } from "../kit/pair.ts";
import { highest, type Search } from "../kit/search.ts";
import type { Says, Talked } from "../load/talk.ts";

export interface Talk {
  readonly rooms: number;
  readonly roomSize: number;
  readonly sampleEvery: number;
  /** Milliseconds. */
  readonly maxP99: number;
  readonly search: Search;
  readonly seconds: number;
  /** What a message of the load is called; `say` by default. */
  readonly says?: Says;
}

/** What one rate gave, and what it cost. */
export interface TalkTrial extends Talked {
  readonly passed: boolean;
  readonly serverLoad: number;
}

/** Fills the rooms, then finds the highest rate at which nothing is missing and p99 stays below the limit. */
export async function findRate(pair: Pair, talk: Talk): Promise<TalkTrial> {
  const fill = await filler(pair, talk);
  await fill();
  return highest(talk.search, async (rate) => {
    const trial = await tryRate(pair, talk, rate);
    if (!trial.passed) await fill();
    return trial;
  });
}

/** Sockets that failed a trial may be closed, or have much in their buffers: each new trial gets fresh ones. */
async function filler(pair: Pair, { rooms, roomSize }: Talk): Promise<() => Promise<void>> {
  const tokens = await pair.server.call("tokens", rooms * roomSize);
  const paths = tokens.map((token, i) => `/ws/bench/rooms/${i % rooms}?token=${token}`);
  return async () => {
    await pair.load.call("close", undefined);
    await openEvery(pair, paths);
  };
}

export async function tryRate({ server, load }: Pair, talk: Talk, rate: number): Promise<TalkTrial> {
  const { roomSize, sampleEvery, seconds, maxP99, says = "say" } = talk;
  const before = await server.call("usage", undefined);
  const began = performance.now();
  const talked = await load.call("talk", { rate, seconds, roomSize, sampleEvery, says });
  const elapsed = performance.now() - began;
  const serverLoad = loadBetween(before, await server.call("usage", undefined), elapsed);
  const passed = talked.missing === 0 && talked.closed === 0 && talked.p99 <= maxP99;
  const trial = { ...talked, passed, serverLoad };
  if (process.env.BENCH_VERBOSE !== undefined) console.error(JSON.stringify(trial));
  return trial;
}
