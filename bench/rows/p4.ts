import { loadBetween, withPair } from "../kit/pair.ts";
import { both, type Figure, percent, type Row } from "./row.ts";

const sockets = 10_000;

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withPair(kind, async ({ server, load, port }) => {
    const tokens = await server.call("tokens", sockets);
    const paths = tokens.map((token, i) => `/ws/client-${i}?token=${token}`);
    const before = await server.call("usage", undefined);
    const { greeted, failures, seconds } = await load.call("open", { port, paths });
    const serverLoad = loadBetween(before, await server.call("usage", undefined), seconds * 1000);
    const lost = await load.call("lost", undefined);
    const trouble = failures.length > 0 ? `: ${failures[0]}` : "";
    const notes = `${sockets - greeted} refused, ${lost} lost${trouble}; server ${percent(serverLoad)} of a core`;
    return { value: greeted === sockets && lost === 0 ? sockets / seconds : 0, notes };
  });

export const p4: Row = {
  name: "P4",
  workload: "10,000 connects with a token at once, until each has its greeting",
  unit: "connects/s",
  goal: ">= 5,000/s, none refused, none lost",
  met: (peyk) => peyk >= 5_000,
  measure: () => both(measure),
};
