import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Clock } from "../../../core/clock.ts";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { Situation } from "../situation.ts";

/** Milliseconds that a file may be ahead: what was written a moment ago, or over a network. */
const tolerance = 60_000;

/** Tokens, certificates and cursors live by the time of this machine. */
export const clockCheck = ({ config, clock, system }: Situation): LocalCheck => ({
  group: "clock",
  async run() {
    const behind = filesAhead(config.dataDir, clock);
    if (behind.length > 0) return behind;
    // Where there is no systemd, or no right to ask it, nobody knows; a machine may well be set by its host.
    const asked = await system.run("timedatectl", "show", "--property=NTPSynchronized", "--property=NTP");
    const isFree =
      asked?.code === 0 && /^NTPSynchronized=no$/m.test(asked.out) && /^NTP=no$/m.test(asked.out);
    return [found(isFree ? "clock_not_synchronized" : "clock_right", { now: isoOf(clock.now()) })];
  },
});

/** Files alone, which costs nothing. */
export const fileTimes = (dataDir: string, clock: Clock): LocalCheck => ({
  group: "clock",
  async run() {
    const behind = filesAhead(dataDir, clock);
    return behind.length > 0 ? behind : [found("clock_right", { now: isoOf(clock.now()) })];
  },
});

/** What was written in the future was written before somebody set the clock back, or before a battery died. */
function filesAhead(dataDir: string, clock: Clock): Outcome[] {
  const now = clock.now();
  const ahead = [...filesOf(resolve(dataDir)), ...program()].find(({ at }) => at > now + tolerance);
  if (ahead === undefined) return [];
  return [found("clock_behind", { now: isoOf(now), file: ahead.file, at: isoOf(ahead.at) })];
}

/** It was there before it was started. */
const program = () => [{ file: process.execPath, at: statSync(process.execPath).mtimeMs }];

function filesOf(folder: string): { file: string; at: number }[] {
  try {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .map((file) => ({ file, at: statSync(file).mtimeMs }));
  } catch {
    return [];
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
