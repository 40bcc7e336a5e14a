// Plain Node: runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, "package-lock.json");
/** npm writes it last, whoever called npm. */
const installed = join(root, "node_modules", ".package-lock.json");

/** Installs what package-lock.json names, unless that was done already. Returns the path of the runtime. */
export function ensureInstalled() {
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    console.error("Installing dependencies (once) …");
    run("npm", ["ci", "--no-audit", "--no-fund"]);
  }
  return ensureRuntime();
}

/** npm may have been told to skip install scripts; then the runtime's own one runs now. */
function ensureRuntime() {
  const bun = join(root, "node_modules", "bun", "bin", "bun.exe");
  if (spawnSync(bun, ["--version"]).status !== 0)
    run(process.execPath, [join(root, "node_modules", "bun", "install.js")]);
  return bun;
}

function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`\`${command} ${args.join(" ")}\` failed; its output above says why.`);
    process.exit(status ?? 1);
  }
}
