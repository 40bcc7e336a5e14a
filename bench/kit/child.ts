/** Functions that another process offers; each takes one plain value and gives one back. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>;

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** A process of ours that answers calls. Leaving its scope ends it. */
export class Child<C extends Calls> implements AsyncDisposable {
  readonly #process: Bun.Subprocess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  constructor(script: string, env: Record<string, string> = {}) {
    const file = new URL(`../${script}`, import.meta.url).pathname;
    this.#process = Bun.spawn([process.execPath, ...profiling(script), file], {
      env: { ...process.env, ...env },
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      ipc: (answer: Answer) => this.#answered(answer),
      onExit: (_, code) => this.#ended(`${script} ended with exit code ${code}`),
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  async call<K extends keyof C & string>(
    name: K,
    argument: Parameters<C[K]>[0],
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#process.send({ id, name, argument } satisfies Request);
    return (await waiting.promise) as Awaited<ReturnType<C[K]>>;
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.result);
  }

  #ended(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill(profiling("servers/").length > 0 ? "SIGTERM" : "SIGKILL");
    await this.#process.exited;
  }
}

/** `BENCH_PROFILE=folder` writes a CPU profile of each server under test there. */
function profiling(script: string): string[] {
  const folder = process.env.BENCH_PROFILE ?? "";
  if (folder === "" || !script.startsWith("servers/")) return [];
  return ["--cpu-prof", "--cpu-prof-md", `--cpu-prof-dir=${folder}`];
}

/** The child's side: answers its parent's calls, and ends when the parent is gone. */
export function answerCalls(calls: Calls): void {
  process.on("message", async ({ id, name, argument }: Request) => {
    try {
      const result = await (calls[name] as (argument: unknown) => unknown)(argument);
      process.send!({ id, result } satisfies Answer);
    } catch (error) {
      process.send!({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
    }
  });
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}
