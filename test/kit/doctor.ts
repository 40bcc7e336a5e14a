import { join } from "node:path";
import { tempDir } from "./temp.ts";

/** Words of the command line that begin every examination. */
export const doctor = [process.execPath, join(import.meta.dir, "..", "..", "src", "main.ts"), "doctor"];

export interface DoctorOptions {
  /** What stands before the program: `ip netns exec …`, `prlimit …`. */
  readonly before?: readonly string[];
  /** Settings by their environment names. The developer's own reach no test. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: an empty folder, which is the user's home, too. */
  readonly cwd?: string;
}

/** Runs `peyk doctor …` in a process of its own, as somebody types it. */
export async function runDoctor(args: readonly string[], options: DoctorOptions = {}) {
  using folder = tempDir();
  const { before = [], settings = {}, cwd = folder.path } = options;
  const child = Bun.spawn([...before, ...doctor, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, ...settings },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, complaint, code };
}
