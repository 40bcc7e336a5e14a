import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { Situation } from "../situation.ts";
import { sizeOf } from "./disk.ts";

/** Bytes below which a server with a few hundred sockets has no room for a busy moment. */
const small = 128 * 1024 * 1024;
const nearly = 0.9;

/** How much memory the server may have, and how much of it is gone. */
export const memoryCheck = (situation: Situation): LocalCheck => ({
  group: "memory",
  async run() {
    const pid = (await situation.server())?.process?.pid;
    const limit = limitOf(pid ?? process.pid);
    if (pid !== undefined) return judge(limit, residentOf(pid));
    return [found(limit < small ? "memory_small" : "memory_allowed", { limit: sizeOf(limit) })];
  },
});

export const ownMemory = (): LocalCheck => ({
  group: "memory",
  run: async () => judge(limitOf(process.pid), residentOf(process.pid)),
});

function judge(limit: number, used: number): Outcome[] {
  const facts = { limit: sizeOf(limit), used: sizeOf(used) };
  if (used > limit * nearly) return [found("memory_tight", facts)];
  return [found(limit < small ? "memory_small" : "memory_enough", facts)];
}

/** The least of what the machine has and what its control groups, of either version, let it have. */
function limitOf(pid: number): number {
  const files = controlGroups(pid).flatMap(({ controller, path }) =>
    controller === ""
      ? parents(path).map((each) => `/sys/fs/cgroup${each}/memory.max`)
      : parents(path).map((each) => `/sys/fs/cgroup/memory${each}/memory.limit_in_bytes`),
  );
  return Math.min(totalmem(), ...files.map(numberIn).filter((bytes) => bytes > 0));
}

/** Lines such as `0::/system.slice/peyk.service` and `4:memory:/x`. */
function controlGroups(pid: number): { controller: string; path: string }[] {
  const lines = textOf(`/proc/${pid}/cgroup`).split("\n");
  const rows = lines.map((line) => line.split(":"));
  return rows
    .filter(([, controller]) => controller === "" || controller === "memory")
    .map(([, controller, path]) => ({ controller: controller ?? "", path: path ?? "" }));
}

/** `/a/b` → `/a/b`, `/a`, ``: within a container its own group is the root. */
const parents = (path: string): string[] =>
  path === "" || path === "/" ? [""] : [path, ...parents(path.slice(0, path.lastIndexOf("/")))];

/** `max` is no number, and no limit. */
const numberIn = (file: string): number => Number.parseInt(textOf(file), 10) || 0;

/** `VmRSS:  90000 kB` */
const residentOf = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
