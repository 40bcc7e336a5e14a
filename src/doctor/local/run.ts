import { within } from "../../core/health.ts";
import {
  type Facts,
  found,
  type Group,
  groups,
  type LocalCheck,
  type LocalVerdict,
  type Outcome,
  type OutcomeName,
  outcomes,
} from "./catalogue.ts";
import type { Language, Words } from "./words/words.ts";
import { wordsOf } from "./words/words.ts";

/** One line of the report: that of core/health.ts, with a name that stays the same in every language. */
export interface LocalFinding {
  readonly check: Group;
  readonly verdict: LocalVerdict;
  readonly cause: OutcomeName;
  readonly facts: Facts;
  readonly saw: string;
  /** Empty exactly where the verdict is ok. */
  readonly fix: string;
}

/** Milliseconds for one check; all of them run side by side, so they are through in as much. */
const patience = 2_500;

/** Runs the checks side by side. One that throws or hangs has found nothing, and says so. */
export async function runLocal(
  checks: readonly LocalCheck[],
  language: Language = "en",
): Promise<LocalFinding[]> {
  const words = wordsOf(language);
  const all = await Promise.all(
    checks.map(async (check) => (await runOne(check)).map((each) => toFinding(check.group, each, words))),
  );
  return all.flat().sort((a, b) => groups.indexOf(a.check) - groups.indexOf(b.check));
}

async function runOne(check: LocalCheck): Promise<readonly Outcome[]> {
  try {
    return await within(patience, check.run());
  } catch (error) {
    return [found("check_failed", { detail: error instanceof Error ? error.message : String(error) })];
  }
}

export function toFinding(check: Group, { outcome: cause, facts }: Outcome, words: Words): LocalFinding {
  const { saw, fix } = words.outcomes[cause];
  return {
    check,
    verdict: outcomes[cause].verdict,
    cause,
    facts,
    saw: fill(saw, facts),
    fix: fill(fix, facts),
  };
}

/** `{port}` → the fact of this name. */
export const fill = (text: string, facts: Facts): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(facts, name) ? String(facts[name]) : whole,
  );

export function worstOf(findings: readonly { readonly verdict: LocalVerdict }[]): "ok" | "warning" | "error" {
  if (findings.some(({ verdict }) => verdict === "error")) return "error";
  return findings.some(({ verdict }) => verdict === "warning") ? "warning" : "ok";
}
