#!/usr/bin/env node
// `peyk` in a clone: installs what is missing, then hands over to the program.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root } from "./ensure.mjs";

const child = spawn(ensureInstalled(), [join(root, "src", "main.ts"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
