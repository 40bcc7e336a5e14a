import { openEvery, type Pair, withPair } from "../kit/pair.ts";
import { highest } from "../kit/search.ts";
import type { ChatsPlan } from "../servers/calls.ts";
import { type Figure, ms, percent } from "./row.ts";
import { type Talk, tryRate } from "./talking.ts";

/** Milliseconds after which nobody is told of a newcomer any more. */
const settled = 1_000;

/** Fresh sockets for each trial, since one that failed may have much on its way. */
async function open(pair: Pair, paths: readonly string[]): Promise<void> {
  await pair.load.call("close", undefined);
  await openEvery(pair, paths);
  // Who is here is told once more to each who came before: that must not count as deliveries.
  await Bun.sleep(settled);
}

/** The highest rate of agents' messages in conversations of a web inbox; its figure is what `value` makes of it. */
export const measureChats = (
  kind: "peyk" | "raw",
  plan: ChatsPlan,
  talk: Talk,
  value: (rate: number) => number,
): Promise<Figure> =>
  withPair(kind, async (pair) => {
    const paths = await pair.server.call("chats", plan);
    await open(pair, paths);
    const { rate, passed, p50, p99, serverLoad, load } = await highest(talk.search, async (next) => {
      const trial = await tryRate(pair, talk, next);
      if (!trial.passed) await open(pair, paths);
      return trial;
    });
    const notes = `${rate} messages/s, p50 ${ms(p50)}, p99 ${ms(p99)}; server ${percent(serverLoad)}, generator ${percent(load)} of a core`;
    return { value: passed ? value(rate) : 0, notes };
  });
