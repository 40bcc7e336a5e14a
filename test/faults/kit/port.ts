import { createServer } from "node:net";

/** Below the ports that the system gives to outgoing connections, so that none of those takes one between two steps. */
const first = 10_240;
const count = 20_000;
const given = new Set<number>();

/** A port of loopback that nobody listens on, for programs that must be told theirs. Never the same twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
