import { openEvery, type Pair, withPair } from "../kit/pair.ts";
import { highest } from "../kit/search.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";
import { type Talk, tryRate } from "./talking.ts";

const talk: Talk = {
  rooms: 200,
  roomSize: 2,
  sampleEvery: 4,
  maxP99: 20,
  search: { from: 4_000, to: 100_000 },
  seconds: 1.5,
  says: "chat_message",
};

/** Milliseconds after which nobody is told of a newcomer any more. */
const settled = 1_000;

/** Two agents in each conversation; fresh sockets for each trial, since one that failed may have much on its way. */
async function open(pair: Pair, paths: readonly string[]): Promise<void> {
  await pair.load.call("close", undefined);
  await openEvery(pair, paths);
  // Who is here is told once more to each who came before: that must not count as deliveries.
  await Bun.sleep(settled);
}

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(kind, async (pair) => {
    const paths = await pair.server.call("chats", { conversations: talk.rooms, agents: talk.roomSize });
    await open(pair, paths);
    const { rate, passed, p50, p99, serverLoad, load } = await highest(talk.search, async (next) => {
      const trial = await tryRate(pair, talk, next);
      if (!trial.passed) await open(pair, paths);
      return trial;
    });
    const notes = `p50 ${ms(p50)}, p99 ${ms(p99)}; server ${percent(serverLoad)}, generator ${percent(load)} of a core`;
    return { value: passed ? rate : 0, notes };
  });

export const i5: Row = {
  name: "I5",
  workload: "agents' messages over /ws/chat in 200 web conversations, two agents each; p99 <= 20 ms",
  unit: "messages/s",
  goal: ">= 30,000/s",
  met: (peyk) => peyk >= 30_000,
  measure: () => both(measure),
};
