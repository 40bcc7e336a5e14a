import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";

const mb = 1024 * 1024;
const gb = 1024 * mb;
/** Less than this is little on any disk. */
const little = gb;
/** A tenth of a small disk is little, too; a tenth of a big one is not. */
const plenty = 10 * gb;
/** Below this the next photos and the log of the database fill it within hours. */
const nothing = 50 * mb;
/** Milliseconds to write one block and know that it is on disk; every durable message waits for it. */
const slowSync = 100;
/** A log of this size is not written back to the database: a reader stays open, or the disk cannot follow. */
const bigLog = 256 * mb;

export interface DiskFacts {
  /** It runs, so whatever we may not do it may. */
  readonly runs: () => Promise<boolean>;
  readonly dataDir: string;
  readonly databaseFile: string | undefined;
  readonly clock: Pick<Clock, "monotonic">;
}

/** Room in the data folder, and how long a write takes to be safe. */
export const diskCheck = (facts: DiskFacts): LocalCheck => ({
  group: "disk",
  async run() {
    const folder = resolve(facts.dataDir);
    if ((await facts.runs()) && isHidden(folder)) return [found("data_dir_unseen", { folder })];
    const state = usable(folder);
    if (state !== undefined) return [state];
    return [room(folder, plenty), speed(folder, facts.clock), ...log(facts.databaseFile)];
  },
});

/** Room alone, for a server that writes anyway; many a developer's disk is nine tenths full, and nothing is wrong. */
export const roomCheck = ({
  dataDir,
  databaseFile,
}: Pick<DiskFacts, "dataDir" | "databaseFile">): LocalCheck => ({
  group: "disk",
  run: async () => [room(resolve(dataDir), little), ...log(databaseFile)],
});

/** This user is not the server's: what he may not do says nothing of the server. */
export function isHidden(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

/** The folder, or what would keep a start from making it. */
function usable(folder: string): Outcome | undefined {
  const there = nearest(folder);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`);
    accessSync(there, constants.W_OK | constants.X_OK);
    return there === folder ? undefined : found("data_dir_to_come", { folder });
  } catch (error) {
    return found("data_dir_unusable", { folder, detail: messageOf(error) });
  }
}

const nearest = (folder: string): string =>
  existsSync(folder) || folder === dirname(folder) ? folder : nearest(dirname(folder));

/** `share`: bytes below which a tenth of the disk is little. */
function room(folder: string, share: number): Outcome {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(folder);
  const free = bavail * bsize;
  const percent = Math.floor((100 * bavail) / Math.max(1, blocks));
  const facts = { folder, free: sizeOf(free), percent };
  if (free < nothing || (files > 0 && ffree === 0)) return found("disk_full", facts);
  return found(free < little || (percent < 10 && free < share) ? "disk_low" : "disk_room", facts);
}

/** The best of three: others use the disk, too. */
function speed(folder: string, clock: DiskFacts["clock"]): Outcome {
  const file = join(folder, `.doctor-${process.pid}`);
  try {
    const ms = Math.min(...[1, 2, 3].map(() => writeThrough(file, clock)));
    return found(ms > slowSync ? "disk_slow" : "disk_fast", { ms: Math.round(ms * 10) / 10 });
  } catch (error) {
    return found("data_dir_unusable", { folder, detail: messageOf(error) });
  } finally {
    rmSync(file, { force: true });
  }
}

function writeThrough(file: string, clock: DiskFacts["clock"]): number {
  const started = clock.monotonic();
  const fd = openSync(file, "w", 0o600);
  try {
    writeSync(fd, Buffer.alloc(4096));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return clock.monotonic() - started;
}

function log(databaseFile: string | undefined): Outcome[] {
  if (databaseFile === undefined) return [];
  const { size } = statSync(`${databaseFile}-wal`, { throwIfNoEntry: false }) ?? { size: 0 };
  return size > bigLog ? [found("wal_big", { file: `${databaseFile}-wal`, size: sizeOf(size) })] : [];
}

/** As one says it: `3.4 GB`. */
export function sizeOf(bytes: number): string {
  if (bytes >= gb) return `${(bytes / gb).toFixed(1)} GB`;
  return bytes >= mb ? `${Math.round(bytes / mb)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** As the system names it in lists of open files. */
export const realPath = (file: string): string => (existsSync(file) ? realpathSync(file) : resolve(file));
