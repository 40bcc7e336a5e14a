import { type Command, CommandError, parse, print } from "./command.ts";
import type { ConnectionRow } from "./connections.ts";
import { ask, queryOf, type Remote, remoteFrom, remoteHelp, remoteOptions } from "./remote.ts";

const filters = ["identity", "peer", "channel"];

export const kickCommand: Command = {
  usage: "kick ID [--reason TEXT]",
  summary: "Close a connection; the client may come back after a pause",
  details: `  peyk kick ID [--reason TEXT]                       the client is told the reason
  peyk kick --identity I [--peer A] [--channel C]    all that fit
${remoteHelp}`,
  async run(args) {
    const options = Object.fromEntries(
      [...filters, "reason"].map((name) => [name, { type: "string" as const }]),
    );
    const parsed = parse(args, { ...options, ...remoteOptions });
    const { positionals, values } = parsed;
    const isFiltered = filters.some((name) => values[name] !== undefined);
    if ((positionals.length === 1) === isFiltered)
      throw new CommandError("name one connection, or some by --identity, --peer or --channel. See --help.");
    const remote = remoteFrom(parsed);
    if (isFiltered) await kickAll(remote, values);
    else await kickOne(remote, positionals[0]!, values);
    return 0;
  },
};

type Values = Readonly<Record<string, unknown>>;

async function kickOne(remote: Remote, id: string, values: Values): Promise<void> {
  const path = `/api/connections/${encodeURIComponent(id)}${queryOf(values, ["reason"])}`;
  const { channel, peer } = (await ask(remote, path, "DELETE")) as ConnectionRow;
  print(`${id} is closed: ${channel}, from ${peer}.`);
}

async function kickAll(remote: Remote, values: Values): Promise<void> {
  const path = `/api/connections${queryOf(values, [...filters, "reason"])}`;
  const { kicked } = (await ask(remote, path, "DELETE")) as { kicked: number };
  print(kicked === 1 ? "1 connection is closed." : `${kicked} connections are closed.`);
}
