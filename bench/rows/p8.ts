import { temporaryFolder } from "../kit/folder.ts";
import { settings } from "../kit/pair.ts";
import { both, type Figure, type Row } from "./row.ts";

const runs = 9;
/** Milliseconds after which a server counts as not starting. */
const patience = 10_000;
const fileOf = (path: string) => new URL(path, import.meta.url).pathname;

/** What `npm start` runs, and the control. */
async function commandOf(kind: "peyk" | "raw"): Promise<string[]> {
  if (kind === "raw") return [fileOf("../servers/raw.ts")];
  const { builtProgram } = await import(fileOf("../../scripts/built.mjs"));
  return [builtProgram(process.execPath), "serve"];
}

/** Milliseconds from the start of a process to its first socket. */
async function startOnce(command: readonly string[], folder: string): Promise<number> {
  const port = freePort();
  const began = performance.now();
  const server = Bun.spawn([process.execPath, ...command], {
    env: { ...process.env, ...settings(folder), PORT: String(port) },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    while (!(await accepts(port))) {
      if (performance.now() - began > patience) throw new Error(`${command.join(" ")} did not start`);
      await Bun.sleep(1);
    }
    return performance.now() - began;
  } finally {
    server.kill();
    await server.exited;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/test/`);
    socket.onopen = () => {
      socket.close();
      resolve(true);
    };
    socket.onerror = () => resolve(false);
  });
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function measure(kind: "peyk" | "raw"): Promise<Figure> {
  await using folder = await temporaryFolder();
  const command = await commandOf(kind);
  const first = await startOnce(command, folder.path);
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await startOnce(command, folder.path));
  const slowest = Math.round(Math.max(...times));
  return {
    value: median(times),
    notes: `median of ${runs}, slowest ${slowest}; first start on an empty folder ${Math.round(first)}`,
  };
}

export const p8: Row = {
  name: "P8",
  workload: "start of the process to its first accepted socket",
  unit: "ms",
  goal: "<= 250 ms",
  met: (peyk) => peyk <= 250,
  measure: () => both(measure),
};
