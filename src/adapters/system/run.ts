/** What a program of the system said. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly complaint: string;
}

/** Where tools of administrators are; an ordinary user's PATH often lacks half of it. */
const PATH = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin:/usr/local/bin";
/** Milliseconds after which a program is ended. */
const patience = 1_500;

/** Runs a program of the system, in English. `undefined`: there is none of this name, or it did not come to an end. */
export async function run(name: string, ...args: readonly string[]): Promise<Ran | undefined> {
  const file = Bun.which(name, { PATH });
  if (file === null) return undefined;
  const child = Bun.spawn([file, ...args], {
    env: { PATH, LC_ALL: "C" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: patience,
    killSignal: "SIGKILL",
  });
  const [out, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const code = await child.exited;
  return child.signalCode === null ? { code, out, complaint } : undefined;
}
