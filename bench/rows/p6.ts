import { loadBetween, openEvery, type Pair, withPair } from "../kit/pair.ts";
import { openStaff } from "./boards.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";

const drivers = 10_000;
const maps = 10;
const seconds = 20;
/** Seconds before the measurement. */
const warmUp = 5;
const room = { MAX_CONNECTIONS_PER_ADDRESS: "20000" };

async function openFleet(pair: Pair, count: number, pages: number): Promise<void> {
  const paths = await pair.server.call("drivers", count);
  await openStaff(pair, "/ws/dispatch-map/", pages);
  await openEvery(pair, paths);
}

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(
    kind,
    async (pair) => {
      await openFleet(pair, drivers, maps);
      await pair.load.call("drive", { maps, seconds: warmUp });
      return drive(pair);
    },
    room,
  );

async function drive({ server, load }: Pair): Promise<Figure> {
  const before = await server.call("usage", undefined);
  const began = performance.now();
  const driven = await load.call("drive", { maps, seconds });
  const after = await server.call("usage", undefined);
  const elapsed = performance.now() - began;
  const main = (after.mainCpu - before.mainCpu) / elapsed;
  const all = loadBetween(before, after, elapsed);
  const notes = [
    `${driven.framesPerSecond.toFixed(1)} frames/s for each map`,
    `${driven.shown.toLocaleString("en")} of ${driven.sent.toLocaleString("en")} positions on a map`,
    `all threads ${percent(all)} of a core, generator ${percent(driven.load)}`,
  ];
  if (driven.framesPerSecond > 10.2) throw new Error(`too many frames: ${notes.join("; ")}`);
  return { value: main * 100, notes: notes.join("; ") };
}

export const p6: Row = {
  name: "P6",
  workload: `${drivers.toLocaleString("en")} drivers, a position each second over their sockets; ${maps} maps with batches`,
  unit: "% of a core",
  goal: "<= 40 %, 10 frames/s",
  met: (peyk) => peyk <= 40,
  measure: () => both(measure),
};

const rate = 1_000;
const orders = 5_000;

const measureOrders = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(
    kind,
    async (pair) => {
      await openFleet(pair, orders, 1);
      return step(pair, await pair.server.call("orders", orders));
    },
    room,
  );

async function step({ server, load }: Pair, ids: readonly string[]): Promise<Figure> {
  const storedBefore = await server.call("orderSteps", undefined);
  const before = await server.call("usage", undefined);
  const began = performance.now();
  const stepped = await load.call("step", { rate, orders: ids });
  const elapsed = performance.now() - began;
  const after = await server.call("usage", undefined);
  const stored = (await server.call("orderSteps", undefined)) - storedBefore;
  const notes = [
    `p50 ${ms(stepped.p50)}`,
    `${stepped.steps - stored} of ${stepped.steps.toLocaleString("en")} steps not stored, ${stepped.missing} not told`,
    `server ${percent((after.mainCpu - before.mainCpu) / elapsed)}, all threads ${percent(loadBetween(before, after, elapsed))} of a core, generator ${percent(stepped.load)}`,
  ];
  return { value: stepped.missing > 0 ? 10_000 : stepped.p99, notes: notes.join("; ") };
}

export const p6Orders: Row = {
  name: "P6b",
  workload: `${rate.toLocaleString("en")} order steps/s of ${orders.toLocaleString("en")} drivers, on disk before a map hears of them`,
  unit: "ms p99",
  goal: "<= 100 ms",
  met: (peyk) => peyk <= 100,
  measure: () => both(measureOrders),
};
