import { Client } from "./client.ts";

export interface OpenPlan {
  readonly port: number;
  /** One path with its query for each socket. */
  readonly paths: readonly string[];
}

export interface Opened {
  readonly greeted: number;
  readonly failures: readonly string[];
  /** Until the last greeting. */
  readonly seconds: number;
}

/**
 * Sockets that may be on their way at once. Bun listens with a backlog of 512; past it the kernel drops connects, and
 * each of those comes back a second later, which would be all that this measures.
 */
const inFlight = 400;

/** Opens a socket for each path as fast as the server lets it, and waits for every greeting. */
export async function openAll({ port, paths }: OpenPlan, clients: Client[]): Promise<Opened> {
  const failures: string[] = [];
  const began = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < paths.length) {
      const path = paths[next++]!;
      const client = new Client(clients.length);
      clients.push(client);
      void client.connect(port, path);
      await client.greeted.promise.catch((error: Error) => failures.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, paths.length) }, worker));
  const seconds = (performance.now() - began) / 1000;
  return { greeted: paths.length - failures.length, failures: failures.slice(0, 5), seconds };
}
