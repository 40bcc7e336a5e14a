import { type Cause, type CauseName, causes } from "./causes.ts";
import type { LineName } from "./lines.ts";
import type { Facts, Finding } from "./report.ts";

/** What a stage found; where and how long is added by whoever walks. */
export type Outcome = Omit<Finding, "stage" | "ms">;

export const ok = (line: LineName, facts: Facts = {}): Outcome => ({ verdict: "ok", line, facts });

export const skipped = (line: LineName, facts: Facts = {}): Outcome => ({ verdict: "skipped", line, facts });

/** A cause with what was measured; whether it breaks or only warns is in the table. */
export function because(cause: CauseName, facts: Facts = {}): Outcome {
  const { warning }: Cause = causes[cause];
  return { verdict: warning === true ? "warning" : "broken", cause, facts };
}

/** Facts without those that are not known. */
export function known(facts: Readonly<Record<string, Facts[string] | undefined>>): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Facts;
}
