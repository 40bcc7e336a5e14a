import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

/** A socket that listens, and the process that holds it, where this user may look at it. */
export interface Listening {
  /** `0.0.0.0`, `127.0.0.1`, `::`, … */
  readonly address: string;
  readonly port: number;
  readonly process: ProcessFacts | undefined;
}

export interface ProcessFacts {
  readonly pid: number;
  /** As the system calls it: `bun`, `python3`. */
  readonly name: string;
  readonly command: readonly string[];
  /** Of the user that it runs as. */
  readonly uid: number;
}

interface Row {
  readonly address: string;
  readonly port: number;
  /** What a descriptor of it links to. */
  readonly link: string;
}

/**
 * Every TCP socket that listens here, of the ports named or of all. `undefined` where the system does not tell: it is
 * not Linux.
 */
export function listening(ports?: readonly number[]): Listening[] | undefined {
  const all = rows();
  if (all === undefined) return undefined;
  const wanted = all.filter(({ port }) => ports === undefined || ports.includes(port));
  const holders = holdersOf(new Set(wanted.map(({ link }) => link)));
  return wanted.map(({ address, port, link }) => ({ address, port, process: holders.get(link) }));
}

/** The processes that hold this file open, as far as this user may see. */
export function holdersOfFile(file: string): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  eachProcess((pid, links) => {
    if (links.includes(file)) found.push(processFacts(pid));
  });
  return found;
}

/** What descriptors of the sockets that listen on a port link to. */
export const listeningInodes = (port: number): Set<string> =>
  new Set((rows() ?? []).filter((row) => row.port === port).map(({ link }) => link));

/** Rows of /proc/net/tcp: local address `00000000:1F90`, state `0A` for listening, inode in the tenth column. */
function rows(): Row[] | undefined {
  try {
    return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
      readOrNothing(file).split("\n").slice(1).flatMap(parseRow),
    );
  } catch {
    return undefined;
  }
}

/** A system without IPv6 has one of the two files. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (file.endsWith("6")) return "";
    throw error;
  }
}

function parseRow(line: string): Row[] {
  const columns = line.trim().split(/\s+/);
  const [address, port] = columns[1]?.split(":") ?? [];
  if (columns[3] !== "0A" || address === undefined || port === undefined) return [];
  return [{ address: addressOf(address), port: Number.parseInt(port, 16), link: `socket:[${columns[9]}]` }];
}

/** The kernel prints words of 32 bits in the order of this machine, which is little-endian wherever Bun runs. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! * 256 + bytes[2 * i + 1]!).toString(16));
  // The URL parser knows how to shorten it.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function holdersOf(links: ReadonlySet<string>): Map<string, ProcessFacts> {
  const holders = new Map<string, ProcessFacts>();
  eachProcess((pid, own) => {
    for (const link of own) if (links.has(link) && !holders.has(link)) holders.set(link, processFacts(pid));
  });
  return holders;
}

/** Processes that end meanwhile, or that this user may not look at, are left out. */
function eachProcess(look: (pid: string, links: readonly string[]) => void): void {
  let pids: string[] = [];
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    // No /proc here: another system.
  }
  for (const pid of pids)
    try {
      look(
        pid,
        readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)),
      );
    } catch {}
}

export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const processFacts = (pid: string): ProcessFacts => ({
  pid: Number(pid),
  name: readFileSync(`/proc/${pid}/comm`, "utf8").trim(),
  command: readFileSync(`/proc/${pid}/cmdline`, "utf8")
    .split("\0")
    .filter((word) => word !== ""),
  uid: statSync(`/proc/${pid}`).uid,
});
