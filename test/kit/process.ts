import { join } from "node:path";
import { databaseUrl } from "./database.ts";
import { tempDir } from "./temp.ts";
import { patience } from "./until.ts";

const main = join(import.meta.dir, "..", "..", "src", "main.ts");

/** The developer's own settings must not reach a test: only what a process needs to run. */
const environment = (dataDir: string, settings: Readonly<Record<string, string>>) => ({
  PATH: process.env.PATH ?? "",
  HOME: process.env.HOME ?? "",
  HOST: "127.0.0.1",
  PORT: "0",
  LOG_FORMAT: "json",
  DATA_DIR: dataDir,
  ...settings,
});

/** Runs one command, `peyk(dir, "user", "list")`, and returns what it prints. Rejects with its complaint. */
export async function peyk(dataDir: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(dataDir, args, await settingsFor(dataDir));
  const [out, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`peyk ${args.join(" ")} ended with ${code}: ${complaint}${out}`);
  return out;
}

/** A test's own settings, and the database that this run of the tests is about. */
async function settingsFor(dataDir: string, settings: Readonly<Record<string, string>> = {}) {
  const url = await databaseUrl(dataDir);
  return url === undefined ? settings : { DATABASE_URL: url, ...settings };
}

/** In the data folder, where no `peyk.toml` of the clone is found. */
const spawn = (
  dataDir: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  program: readonly string[] = [process.execPath, main],
) =>
  Bun.spawn([...program, ...args], {
    cwd: dataDir,
    env: environment(dataDir, settings),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });

export interface ServerOptions {
  /** Settings by their environment names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder to use and to keep, for tests that start twice. */
  readonly dataDir?: string;
  /** What is run in place of the source, such as the one-file executable. */
  readonly program?: readonly string[];
}

/** `peyk serve` in a process of its own, as an operator runs it. */
export class ServerProcess {
  readonly dataDir: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #cleanUp: () => void;
  #output = "";
  #url: URL | undefined;
  #onOutput = () => {};

  private constructor(dataDir: string, { settings = {}, program }: ServerOptions, cleanUp: () => void) {
    this.dataDir = dataDir;
    this.#cleanUp = cleanUp;
    this.#child = spawn(this.dataDir, ["serve"], settings, program);
    void this.#collect(this.#child.stdout);
    void this.#collect(this.#child.stderr);
  }

  /** Resolves when it listens. Rejects with everything that it printed. */
  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const temp = options.dataDir === undefined ? tempDir() : undefined;
    const dataDir = options.dataDir ?? temp!.path;
    const settings = await settingsFor(dataDir, options.settings);
    const server = new ServerProcess(dataDir, { ...options, settings }, () => temp?.[Symbol.dispose]());
    try {
      await server.#listening();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#output += decoder.decode(chunk, { stream: true });
      this.#onOutput();
    }
  }

  #listening(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new Error(`peyk serve ${why}:\n${this.#output}`));
    const timer = setTimeout(() => fail(`printed no address within ${patience} ms`), patience);
    this.#onOutput = () => {
      const [, address] = /^ +(http\S+) .*docs$/m.exec(this.#output) ?? [];
      if (address === undefined) return;
      this.#url = new URL(address);
      resolve();
    };
    void this.#child.exited.then((code) => fail(`ended with ${code}`));
    return promise.finally(() => clearTimeout(timer));
  }

  /** The first address of the banner. */
  get url(): URL {
    return this.#url!;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** All that it has printed: banner, log and complaints. */
  get output(): string {
    return this.#output;
  }

  /** Ends this process alone, by its id. Resolves with its exit code when it is gone. */
  async end(signal: "SIGTERM" | "SIGINT" | "SIGKILL" = "SIGTERM"): Promise<number> {
    this.#child.kill(signal);
    return this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    this.#cleanUp();
  }
}
