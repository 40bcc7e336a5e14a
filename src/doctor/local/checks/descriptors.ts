import { readdirSync, readFileSync } from "node:fs";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { Situation } from "../situation.ts";

/** Descriptors beside those of the sockets: database, log, the runtime's own. */
const beside = 100;
/** Share of the limit from which on it is a matter of hours. */
const nearly = 0.9;

/** Whether the system lets the server have as many sockets as MAX_CONNECTIONS says. */
export const descriptorsCheck = (situation: Situation): LocalCheck => ({
  group: "descriptors",
  async run() {
    const server = await situation.server();
    const { maxConnections } = situation.config;
    const [outcome] = judge(server?.process?.pid ?? process.pid);
    if (outcome?.outcome !== "descriptors_left")
      return outcome === undefined
        ? [found("descriptors_unseen", { connections: maxConnections })]
        : [outcome];
    return [compare(outcome.facts, maxConnections)];
  },
});

/** For the server itself: only when they run out, since few of those who start it want them all. */
export const ownDescriptors = (): LocalCheck => ({
  group: "descriptors",
  run: async () => judge(process.pid),
});

/** Nothing where the system does not tell. */
function judge(pid: number): Outcome[] {
  const limit = limitOf(pid);
  if (limit === undefined) return [];
  const used = usedBy(pid);
  return [found(used > limit * nearly ? "descriptors_used_up" : "descriptors_left", { limit, used })];
}

function compare(facts: Outcome["facts"], connections: number): Outcome {
  const wanted = connections + beside;
  const isEnough = Number(facts.limit) >= wanted;
  return found(isEnough ? "descriptors_enough" : "descriptors_few", { ...facts, connections, wanted });
}

/** `Max open files  20000  20000  files`: the soft limit, which counts. */
function limitOf(pid: number): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8")) ?? [];
    return soft === "unlimited" ? Number.MAX_SAFE_INTEGER : soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

function usedBy(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}
