// The program as one file that is compiled already: it starts in little more than half the time of its sources.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./ensure.mjs";

const main = join(root, "src", "main.ts");
/** Goes with the dependencies that are in it. */
const cache = join(root, "node_modules", ".cache", "peyk");
/** Builds that stay beside the newest: a server that runs may still load a part of its own. */
const kept = 2;

/** Returns what to run: built from the sources as they are now, or the sources where nothing can be built. */
export function builtProgram(bun) {
  const folder = join(cache, stamp());
  const file = join(folder, "main.js");
  if (existsSync(file)) return file;
  try {
    build(bun, folder);
    return file;
  } catch (error) {
    console.error(`Starting from the sources, which takes longer: ${error.message}`);
    return main;
  }
}

/** Another one for each change of a source, of the dependencies or of the place, which the build has in it. */
function stamp() {
  const hash = createHash("sha256").update(root);
  for (const file of ["package.json", "package-lock.json", "scripts/bundle.ts", ...sources()]) {
    const { mtimeMs, size } = statSync(join(root, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

const sources = () =>
  ["src", "web"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name).slice(root.length + 1))
      .sort(),
  );

/** In a folder of its own first: two that start at once do not meet in a half-written one. */
function build(bun, folder) {
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, "new-"));
  const bundle = join(root, "scripts", "bundle.ts");
  const { status, stderr } = spawnSync(bun, [bundle, main, fresh], { encoding: "utf8" });
  try {
    if (status !== 0) throw new Error(`scripts/bundle.ts ended with ${status}: ${stderr}`);
    renameSync(fresh, folder);
    forgetOld(folder);
  } catch (error) {
    // Somebody else who started now was faster.
    if (!existsSync(join(folder, "main.js"))) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function forgetOld(newest) {
  const others = readdirSync(cache)
    .map((name) => join(cache, name))
    .filter((folder) => folder !== newest)
    .map((folder) => ({ folder, time: statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time);
  for (const { folder } of others.slice(kept)) rmSync(folder, { recursive: true, force: true });
}
