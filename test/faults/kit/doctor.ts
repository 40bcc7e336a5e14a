import { join } from "node:path";
import type { Report } from "../../../src/doctor/report.ts";
import { tempDir } from "../../kit/temp.ts";
import type { Target } from "./case.ts";

const main = join(import.meta.dir, "..", "..", "..", "src", "main.ts");

/** `peyk doctor URL … --json` in a process of its own, as somebody types it. */
export async function examine({ url, args = [], env = {}, inside = [] }: Target) {
  using folder = tempDir();
  const child = Bun.spawn([...inside, process.execPath, main, "doctor", url, ...args, "--json"], {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? "", HOME: folder.path, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, complaint, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { report: read(out, complaint), exitCode, out };
}

function read(out: string, complaint: string): Report {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`peyk doctor printed no report:\n${out}${complaint}`);
  }
}
