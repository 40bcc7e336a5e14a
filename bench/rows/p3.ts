import { megabytes, openEvery, withPair } from "../kit/pair.ts";
import { both, type Figure, type Row } from "./row.ts";

const sockets = 10_000;
/** Seconds between heartbeats here, so that every socket has had one when we look. */
const heartbeat = 4;

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(
    kind,
    async (pair) => {
      const tokens = await pair.server.call("tokens", sockets);
      await openEvery(pair, ["/ws/before"]);
      const before = await pair.server.call("settledUsage", undefined);
      await openEvery(
        pair,
        tokens.map((token, i) => `/ws/client-${i}?token=${token}`),
      );
      await Bun.sleep((heartbeat + 2) * 1000);
      const after = await pair.server.call("settledUsage", undefined);
      const lost = await pair.load.call("lost", undefined);
      if (lost > 0) throw new Error(`${lost} sockets were lost while idle`);
      const notes = `${megabytes(before)} MB before, ${megabytes(after)} MB with them`;
      return { value: (after.rss - before.rss) / 1024 / sockets, notes };
    },
    { HEARTBEAT_INTERVAL: String(heartbeat) },
  );

export const p3: Row = {
  name: "P3",
  workload: "10,000 idle sockets with tokens, heartbeat and presence on",
  unit: "KB each",
  goal: "<= 6 KB",
  met: (peyk) => peyk <= 6,
  measure: () => both(measure),
};
