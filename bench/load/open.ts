import { board } from "./board.ts";
import { Client } from "./client.ts";

export interface OpenPlan {
  readonly port: number;
  /** One path with its query for each socket. */
  readonly paths: readonly string[];
  /** They are boards, and this is what each calls itself. */
  readonly names?: readonly string[];
}

export interface Opened {
  readonly greeted: number;
  readonly failures: readonly string[];
  /** Until the last greeting, or answer to a name. */
  readonly seconds: number;
}

/**
 * Sockets that may be on their way at once. Bun listens with a backlog of 512; past it the kernel drops connects, and
 * each of those comes back a second later, which would be all that this measures.
 */
const inFlight = 400;

/** Opens a socket for each path as fast as the server lets it, and waits until each is let in. */
export async function openAll({ port, paths, names }: OpenPlan, clients: Client[]): Promise<Opened> {
  const failures: string[] = [];
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < paths.length) {
      const i = next++;
      const client = new Client(clients.length);
      clients.push(client);
      void client.connect(port, paths[i]!);
      const name = names?.[i];
      await enter(client, name).catch((error: Error) => failures.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, paths.length) }, worker));
  const seconds = (performance.now() - began) / 1000;
  return { greeted: paths.length - failures.length, failures: failures.slice(0, 5), seconds };
}

async function enter(client: Client, name: string | undefined): Promise<void> {
  await client.greeted.promise;
  if (name !== undefined) await board(client, name);
}
