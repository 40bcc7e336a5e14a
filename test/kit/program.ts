import { test } from "bun:test";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** For a program whose stdout is no text for people: gets it instead. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

/** Milliseconds that a program may take to print what a test waits for, on a busy machine. */
const patience = 20_000;

/** No proxy stands between a program and a server on this machine; what Python prints is seen at once. */
const environment = { NO_PROXY: "*", no_proxy: "*", PYTHONUNBUFFERED: "1", PYTHONIOENCODING: "utf-8" };

/** Somebody else's program in a process of its own, and what it prints. */
export class Program {
  readonly #child: ReturnType<typeof start>;
  readonly #read: Promise<unknown>;
  #output = "";
  #isOver = false;

  private constructor(command: readonly string[], options: ProgramOptions) {
    this.#child = start(command, options);
    const { stdout, stderr } = this.#child;
    const read = options.onBytes === undefined ? this.#collect(stdout) : forward(stdout, options.onBytes);
    this.#read = Promise.all([read, this.#collect(stderr)]);
    void this.#child.exited.then(() => {
      this.#isOver = true;
    });
  }

  static start(command: readonly string[], options: ProgramOptions = {}): Program {
    return new Program(command, options);
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#output += decoder.decode(chunk, { stream: true });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** All that it has printed, complaints too. */
  get output(): string {
    return this.#output;
  }

  /** Hands it something to read. One that has just ended misses it. */
  write(text: string): void {
    try {
      this.#child.stdin.write(text);
      void Promise.resolve(this.#child.stdin.flush()).catch(() => {});
    } catch (error) {
      if ((error as { code?: string }).code !== "EPIPE") throw error;
    }
  }

  /** Resolves when its output contains `text`, so many times. Rejects when it ends before, or is silent too long. */
  async prints(text: string, times = 1): Promise<void> {
    for (const end = Date.now() + patience; this.#count(text) < times; await Bun.sleep(10)) {
      if (this.#isOver) await this.#read;
      if (this.#count(text) >= times) return;
      if (this.#isOver || Date.now() > end)
        throw new Error(`not ${times} times ${JSON.stringify(text)} in its output:\n${this.#output}`);
    }
  }

  #count(text: string): number {
    return this.#output.split(text).length - 1;
  }

  /** Resolves with its lines when it has come to its end. Rejects where that is a failure. */
  async finish(): Promise<string[]> {
    const code = await this.#child.exited;
    await this.#read;
    if (code !== 0) throw new Error(`ended with ${code}:\n${this.#output}`);
    return this.#output.trimEnd().split("\n");
  }

  /** Ends this process alone, by its id. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }
}

async function forward(
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of stream) onBytes(chunk);
}

const start = (command: readonly string[], { cwd, env }: ProgramOptions) =>
  Bun.spawn([...command], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...environment, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });

/** `""` where a command succeeds on this machine, else `reason`. */
export function missing(command: readonly string[], reason: string): string {
  try {
    return Bun.spawnSync([...command]).exitCode === 0 ? "" : reason;
  } catch {
    return reason;
  }
}

/** Says loudly what will be skipped, and why. */
export function warn(title: string, ...reasons: readonly string[]): void {
  for (const reason of new Set(reasons)) if (reason !== "") console.warn(`SKIPPED in ${title}: ${reason}`);
}

/** The reason stands in the name, where lists of skipped tests show it. */
export const testUnless = (reason: string, name: string, run: () => Promise<void>): void =>
  reason === "" ? test(name, run, 60_000) : test.skip(`${name} (skipped: ${reason})`, run);

/** This machine's own address in its network: whoever connects from there is not loopback. `undefined`: it has none. */
export function outsideAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.find(({ internal, family }) => !internal && family === "IPv4")?.address;
}

/** Ports that nobody listens on, for programs that must be told theirs. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const listen = () =>
  new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer();
    server.listen(0, () => resolve(server));
  });
