import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import type { Check } from "../../core/health.ts";
import type { LocalCheck } from "./catalogue.ts";
import { certificateDates } from "./checks/certificate.ts";
import { fileTimes } from "./checks/clock.ts";
import { ownDescriptors } from "./checks/descriptors.ts";
import { roomCheck } from "./checks/disk.ts";
import { ownMemory } from "./checks/memory.ts";
import { trustCheck } from "./checks/settings.ts";
import { toFinding } from "./run.ts";
import { wordsOf } from "./words/words.ts";

/** Milliseconds that a result is kept: asking for health must cost strangers nothing and us little. */
const keepFor = 5_000;

/**
 * What the server finds out about itself while it serves, for health. Only what is wrong with it wherever it runs: that
 * it runs as root, behind a closed port or with few descriptors is `peyk doctor --local`'s to say.
 */
export function servingChecks(
  config: Config,
  databaseFile: string | undefined,
  clock: Clock,
  proxy: LocalCheck,
): Check[] {
  const looks = [
    roomCheck({ dataDir: config.dataDir, databaseFile }),
    certificateDates(config, clock),
    trustCheck(config),
    ownDescriptors(),
    ownMemory(),
    fileTimes(config.dataDir, clock),
  ];
  return [toCheck(proxy), ...looks.map((each) => kept(toCheck(each), clock))];
}

const toCheck = ({ group, run }: LocalCheck): Check => ({
  name: group,
  /** What could not be looked at is no finding here. */
  async run() {
    const all = (await run()).map((outcome) => toFinding(group, outcome, wordsOf("en")));
    return all.flatMap(({ check: _, verdict, ...rest }) =>
      verdict === "unknown" ? [] : [{ verdict, ...rest }],
    );
  },
});

function kept({ name, run }: Check, clock: Clock): Check {
  let last: { at: number; result: ReturnType<Check["run"]> } | undefined;
  return {
    name,
    run() {
      const now = clock.monotonic();
      if (last === undefined || now - last.at > keepFor) last = { at: now, result: run() };
      return last.result;
    },
  };
}
