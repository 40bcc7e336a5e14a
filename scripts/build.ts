/** `npm run build [-- FILE]`: the whole program as one file, `dist/peyk` by default, for machines without Bun or Node. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

const [outfile = "dist/peyk"] = process.argv.slice(2);
const root = resolve(import.meta.dir, "..");
const target = resolve(outfile);
mkdirSync(dirname(target), { recursive: true });

// The database's writer and its helper are threads of their own, and a thread needs an entry of its own.
const threads = ["writer.ts", "checkpointer.ts"].map((file) => `src/adapters/store/sqlite/${file}`);
const entries = ["src/main.ts", ...threads];
// Compiled beforehand, it starts in less than half the time.
const options = ["--compile", "--bytecode", "--format=esm"];
const build = Bun.spawn([process.execPath, "build", ...options, ...entries, "--outfile", target], {
  cwd: root,
  stdin: "ignore",
  stdout: "inherit",
  stderr: "inherit",
});
process.exitCode = await build.exited;
