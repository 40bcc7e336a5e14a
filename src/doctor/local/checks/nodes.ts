import { found, type LocalCheck } from "../catalogue.ts";
import type { Situation } from "../situation.ts";
import { realPath } from "./disk.ts";

/** Nodes that share a database must share a broker; with that of memory there may be one alone. */
export const nodesCheck = ({ databaseFile, system, config, server }: Situation): LocalCheck => ({
  group: "nodes",
  async run() {
    const listening = system.listening();
    const running = await server();
    // What another user's processes hold open is not shown.
    const isHidden = running !== undefined && running.process === undefined;
    if (listening === undefined || isHidden) return [found("nodes_unseen")];
    const file = realPath(databaseFile);
    // A command such as `peyk user list` opens the file, too; a server listens.
    const servers = system
      .holdersOfFile(file)
      .filter(({ pid }) => listening.some(({ process }) => process?.pid === pid));
    if (servers.length < 2) return [found("node_alone", { broker: config.brokerUrl })];
    const processes = servers.map(({ name, pid }) => `${name} (${pid})`).join(", ");
    return [found("nodes_share", { file, processes, pid: servers.at(-1)!.pid })];
  },
});
