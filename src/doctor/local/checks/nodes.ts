import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { DatabaseServer, Situation } from "../situation.ts";
import { realPath } from "./disk.ts";

/** Nodes that share a database must share a broker; with that of memory there may be one alone. */
export const nodesCheck = (situation: Situation): LocalCheck => ({
  group: "nodes",
  async run() {
    const { databaseFile, databaseServer, system, config, server } = situation;
    if (databaseServer !== undefined) return writersOf(databaseServer, config.brokerUrl);
    const listening = system.listening();
    const running = await server();
    // What another user's processes hold open is not shown.
    const isHidden = running !== undefined && running.process === undefined;
    if (listening === undefined || isHidden) return [found("nodes_unseen")];
    const file = realPath(databaseFile!);
    // A command such as `peyk user list` opens the file, too; a server listens.
    const servers = system
      .holdersOfFile(file)
      .filter(({ pid }) => listening.some(({ process }) => process?.pid === pid));
    if (servers.length < 2) return [found("node_alone", { broker: config.brokerUrl })];
    const processes = servers.map(({ name, pid }) => `${name} (${pid})`).join(", ");
    return [found("nodes_share", { file, processes, pid: servers.at(-1)!.pid })];
  },
});

/** A command such as `peyk user list` is one for a moment, too. */
async function writersOf({ place, look }: DatabaseServer, broker: string): Promise<Outcome[]> {
  const seen = await look().catch(() => undefined);
  if (seen === undefined) return [found("nodes_unseen")];
  if (seen.writers < 2) return [found("node_alone", { broker })];
  return [found("nodes_share_server", { place, writers: seen.writers })];
}
