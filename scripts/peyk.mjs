#!/usr/bin/env node
// `peyk` in a clone: installs and builds what is missing, then hands over to the program.
import { spawn } from "node:child_process";
import { builtProgram } from "./built.mjs";
import { ensureInstalled } from "./ensure.mjs";

const bun = ensureInstalled();
const child = spawn(bun, [builtProgram(bun), ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
