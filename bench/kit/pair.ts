import { Child } from "../kit/child.ts";
import type { LoadCalls } from "../load/main.ts";
import type { ServerCalls } from "../servers/calls.ts";
import { temporaryFolder } from "./folder.ts";
import type { Usage } from "./usage.ts";

export type Kind = "peyk" | "raw";
export type Server = Child<ServerCalls>;
export type Load = Child<LoadCalls>;

/** A server and the generator that loads it, each in a process of its own. */
export interface Pair {
  readonly kind: Kind;
  readonly server: Server;
  readonly load: Load;
  readonly port: number;
}

/** Starts both, runs `work` and ends both, with everything that they wrote. */
export async function withPair<T>(
  kind: Kind,
  work: (pair: Pair) => Promise<T>,
  env: Record<string, string> = {},
): Promise<T> {
  await using folder = await temporaryFolder();
  await using server = new Child<ServerCalls>(`servers/${kind}.ts`, { ...settings(folder.path), ...env });
  await using load = new Child<LoadCalls>("load/main.ts");
  const port = await server.call("start", undefined);
  return await work({ kind, server, load, port });
}

/** Limits out of the way of the load, everything else as it comes. */
export const settings = (folder: string): Record<string, string> => ({
  HOST: "127.0.0.1",
  PORT: "0",
  DATA_DIR: folder,
  LOG_LEVEL: "silent",
  MESSAGE_RATE: "0",
  INBOX_MESSAGES_PER_MINUTE: "0",
  CONNECT_RATE: "1000000",
  MAX_CONNECTIONS_PER_USER: "10000",
});

/** Share of one core that a process used between two readings. */
export const loadBetween = (before: Usage, after: Usage, ms: number): number => (after.cpu - before.cpu) / ms;

export const megabytes = ({ rss }: Usage): number => Math.round(rss / 2 ** 20);

/** Opens a socket for each path, boards where there are names; throws where one is refused or lost. */
export async function openEvery(
  { load, port }: Pair,
  paths: readonly string[],
  names?: readonly string[],
): Promise<number> {
  const boards = names === undefined ? {} : { names };
  const { greeted, failures, seconds } = await load.call("open", { port, paths, ...boards });
  if (greeted < paths.length)
    throw new Error(`${paths.length - greeted} of ${paths.length} sockets failed: ${failures[0]}`);
  return seconds;
}
