import { megabytes, withPair } from "../kit/pair.ts";
import { boardSettings, openPicos } from "./boards.ts";
import { both, type Figure, type Row } from "./row.ts";

const picos = 10_000;
/** Seconds between heartbeats here, and between JSON pings, so that every board has had both when we look. */
const heartbeat = 4;
/** Boards that are there before we look: what the program's own code takes, once it runs, is no board's. */
const first = 500;

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(
    kind,
    async (pair) => {
      await openPicos(pair, first, "first");
      const before = await pair.server.call("settledUsage", undefined);
      const seconds = await openPicos(pair, picos);
      await Bun.sleep((heartbeat + 2) * 1000);
      const after = await pair.server.call("settledUsage", undefined);
      const lost = await pair.load.call("lost", undefined);
      if (lost > 0) throw new Error(`${lost} boards were lost while idle`);
      const rate = Math.round(picos / seconds);
      const notes = `${megabytes(before)} MB before, ${megabytes(after)} MB with them; they came at ${rate}/s`;
      return { value: (after.rss - before.rss) / 1024 / picos, notes };
    },
    { ...boardSettings, HEARTBEAT_INTERVAL: String(heartbeat), PING_INTERVAL: String(heartbeat) },
  );

export const d1: Row = {
  name: "D1",
  workload: "10,000 more idle Picos with a shared token, each with its name; heartbeat and JSON ping on",
  unit: "KB each",
  goal: "<= 6 KB",
  met: (peyk) => peyk <= 6,
  measure: () => both(measure),
};
