import { loadBetween, megabytes, type Pair, withPair } from "../kit/pair.ts";
import type { Usage } from "../kit/usage.ts";
import type { Logged } from "../load/log.ts";
import { boardSettings, openPicos, openStaff } from "./boards.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";

const picos = 200;
const rate = 5_000;
const seconds = 30;
/** Seconds before the measurement. */
const warmUp = 5;
/** Seconds between looks at the memory. */
const look = 5;

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(
    kind,
    async (pair) => {
      const operator = kind === "peyk";
      if (operator) await openStaff(pair, "/ws/devices", 1);
      await openPicos(pair, picos);
      await pair.load.call("log", { rate, seconds: warmUp, operator });
      return logFor(pair, operator);
    },
    boardSettings,
  );

async function logFor({ server, load }: Pair, operator: boolean): Promise<Figure> {
  const linesBefore = await server.call("logLines", undefined);
  const before = await server.call("settledUsage", undefined);
  const began = performance.now();
  const [logged, meanwhile] = await Promise.all([
    load.call("log", { rate, seconds, operator }),
    looks(() => server.call("usage", undefined)),
  ]);
  const share = shareOfCore(before, await server.call("usage", undefined), performance.now() - began);
  const stored = (await server.call("logLines", undefined)) - linesBefore;
  const after = await server.call("settledUsage", undefined);
  const notes = [
    `${logged.lines - stored} of ${logged.lines} lines lost`,
    ...(operator ? [heard(logged)] : []),
    `${share}, generator ${percent(logged.load)} of a core`,
    `${megabytes(before)} MB before, ${meanwhile.map(megabytes).join(", ")} meanwhile, ${megabytes(after)} after`,
  ];
  return { value: stored / seconds, notes: notes.join("; ") };
}

const heard = ({ p50, p99, missing }: Logged): string =>
  `operator: p50 ${ms(p50)}, p99 ${ms(p99)}, ${missing} missing`;

/** The database's writer has a thread of its own. */
function shareOfCore(before: Usage, after: Usage, elapsed: number): string {
  const main = (after.mainCpu - before.mainCpu) / elapsed;
  const others = loadBetween(before, after, elapsed) - main;
  return `server ${percent(main)}, its other threads ${percent(others)}`;
}

/** How it stands every few seconds of the run. */
async function looks(usage: () => Promise<Usage>): Promise<Usage[]> {
  const all: Usage[] = [];
  for (let passed = look; passed <= seconds; passed += look) {
    await Bun.sleep(look * 1000);
    all.push(await usage());
  }
  return all;
}

export const d2: Row = {
  name: "D2",
  workload: `${rate.toLocaleString("en")} log lines/s of ${picos} Picos for ${seconds} s, stored, and told to an operator`,
  unit: "lines/s",
  goal: ">= 5,000/s, all stored",
  met: (peyk) => peyk >= rate,
  measure: () => both(measure),
};
