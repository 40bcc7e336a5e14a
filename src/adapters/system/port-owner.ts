import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Which process listens on a TCP port, as `node (process 4711)`, where the system tells: on Linux, for processes that
 * this user may look at. `undefined` elsewhere.
 */
export function portOwner(port: number): string | undefined {
  try {
    const inodes = listeningInodes(port);
    for (const pid of readdirSync("/proc")) {
      if (/^\d+$/.test(pid) && holdsSocket(pid, inodes)) return `${nameOf(pid)} (process ${pid})`;
    }
  } catch {
    // No /proc here: another system.
  }
  return undefined;
}

/** Rows of /proc/net/tcp: local address `00000000:1F90`, state `0A` for listening, inode in the tenth column. */
export function listeningInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(`:${hex}`) && columns[3] === "0A") inodes.add(`socket:[${columns[9]}]`);
    }
  }
  return inodes;
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const nameOf = (pid: string): string => readFileSync(`/proc/${pid}/comm`, "utf8").trim();
