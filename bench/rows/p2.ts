import { loadBetween, openEvery, withPair } from "../kit/pair.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";

const sockets = 100;
const seconds = 3;

const measure =
  (outstanding: number) =>
  (kind: "peyk" | "raw"): Promise<Figure> =>
    withPair(kind, async (pair) => {
      await openEvery(
        pair,
        Array.from({ length: sockets }, () => "/ws/test/"),
      );
      const before = await pair.server.call("usage", undefined);
      const began = performance.now();
      const { perSecond, p99, load } = await pair.load.call("ping", { outstanding, seconds });
      const elapsed = performance.now() - began;
      const server = loadBetween(before, await pair.server.call("usage", undefined), elapsed);
      const notes = `p99 ${ms(p99)}; server ${percent(server)}, generator ${percent(load)} of a core`;
      return { value: perSecond, notes };
    });

const row = (name: string, outstanding: number): Row => ({
  name,
  workload: `JSON ping -> pong on /ws/test/, ${sockets} sockets, ${outstanding} at a time each`,
  unit: "pongs/s",
  goal: ">= 70 % of control",
  met: (peyk, control) => peyk >= 0.7 * control,
  measure: () => both(measure(outstanding)),
});

export const p2 = row("P2", 1);
/** With several pings in one read, system calls weigh less and our own code more. */
export const p2Pipelined = row("P2b", 8);
