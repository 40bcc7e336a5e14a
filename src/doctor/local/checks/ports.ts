import { createServer, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { ConfiguredPort, Listening, ProcessFacts, Situation } from "../situation.ts";
import { realPath } from "./disk.ts";
import { believes, isLoopback, loopbackOf } from "./network.ts";

/** Who holds each port, on which address, and whether it answers where others would come. */
export const portsCheck = (situation: Situation): LocalCheck => ({
  group: "ports",
  async run() {
    const server = await situation.server();
    const all = situation.ports.map((port) => judge(situation, port, server !== undefined));
    return (await Promise.all(all)).flat();
  },
});

async function judge(situation: Situation, port: ConfiguredPort, runs: boolean): Promise<readonly Outcome[]> {
  if (port.port === 0) return [found("port_any", { setting: port.setting })];
  const holders = situation.system.listening([port.port]) ?? [];
  const address = loopbackOf(situation.config.host);
  const answer = await situation.answer(port, address, "/api/websocket/health/");
  if ("status" in answer && answer.body.includes('"server_type":"peyk"'))
    return serving(situation, port, holders);
  if ("failed" in answer && answer.failed === "refused" && ours(holders, address).length === 0)
    return idle(situation, port, runs);
  return strange(situation, port, holders, "failed" in answer);
}

const wildcards = ["0.0.0.0", "::"];

/** Of those who listen on a port, the ones that a connection to this address would come to. */
const ours = (holders: readonly Listening[], address: string): Listening[] =>
  holders.filter((each) => each.address === address || wildcards.includes(each.address));

async function serving(situation: Situation, port: ConfiguredPort, holders: readonly Listening[]) {
  const { host, trustProxy } = situation.config;
  const facts = { port: port.port, process: nameOf(holders), address: holders[0]?.address ?? host };
  if (isLoopback(holders[0]?.address ?? host)) {
    const isBehindProxy = believes(trustProxy, "127.0.0.1") || believes(trustProxy, "::1");
    return [found(isBehindProxy ? "port_behind_proxy" : "port_loopback_only", facts)];
  }
  // With `::` the runtime takes IPv4 too, whatever the system's own default is.
  if (facts.address.includes(":") && !wildcards.includes(facts.address))
    return [found("port_ipv6_only", facts)];
  const dead = await deadAddresses(situation, port, facts.address);
  return [found("port_serves", facts), ...dead];
}

/** Each address of this machine at which a server on all addresses must answer, and does not. */
async function deadAddresses(
  situation: Situation,
  port: ConfiguredPort,
  listens: string,
): Promise<Outcome[]> {
  if (!wildcards.includes(listens)) return [];
  const addresses = ownAddresses().filter((each) => listens === "::" || isIP(each) === 4);
  const asked = addresses.map(async (address) => {
    const answer = await situation.answer(port, address, "/health");
    if (!("failed" in answer)) return [];
    return [found("port_address_dead", { port: port.port, address, how: answer.failed })];
  });
  return (await Promise.all(asked)).flat();
}

/** Loopback and all others; those of a link alone need the name of an interface, which differs at the other end. */
const ownAddresses = (): string[] => [
  "127.0.0.1",
  ...Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address),
];

/** Nobody is there. Would the system let us? */
async function idle(situation: Situation, port: ConfiguredPort, runs: boolean): Promise<Outcome[]> {
  const { host } = situation.config;
  const refusal = await tryToListen(host, port.port);
  if (refusal === "EACCES") return [found("port_forbidden", { port: port.port, setting: port.setting })];
  if (refusal === "EADDRNOTAVAIL" || refusal === "ENOTFOUND") return [found("host_unknown", { host })];
  const other = runs ? undefined : peykElsewhere(situation);
  if (other === undefined) return [found("port_idle", { port: port.port })];
  return [found("port_elsewhere", { port: port.port, other: other.port, process: describe(other.process) })];
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A server with this very database, started with other ports than these. */
function peykElsewhere({ system, databaseFile }: Situation): Listening | undefined {
  if (databaseFile === undefined) return undefined;
  const pids = system.holdersOfFile(realPath(databaseFile)).map(({ pid }) => pid);
  return system.listening()?.find(({ process }) => process !== undefined && pids.includes(process.pid));
}

const isPeyk = (command: readonly string[]): boolean =>
  command.includes("serve") && command.some((word) => /(^|\/)peyk$|(^|\/)src\/main\.ts$/.test(word));

/** Somebody is there, and does not answer as Peyk does. */
function strange(
  { config }: Situation,
  { port, setting }: ConfiguredPort,
  holders: readonly Listening[],
  silent: boolean,
) {
  const holder = ours(holders, loopbackOf(config.host))[0] ?? holders[0];
  const isOurs = holder?.process !== undefined && isPeyk(holder.process.command);
  const facts = {
    port,
    setting,
    process: nameOf(holders),
    next: port + 1,
    pid: holder?.process?.pid ?? "PID",
  };
  if (isOurs && silent) return [found("port_silent", facts)];
  return [found(holder?.process === undefined ? "port_held_unseen" : "port_held", facts)];
}

const nameOf = (holders: readonly Listening[]): string =>
  describe(holders.find(({ process }) => process !== undefined)?.process);

const describe = (process: ProcessFacts | undefined): string =>
  process === undefined ? "?" : `${process.name} (${process.pid})`;
