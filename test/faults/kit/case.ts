import type { CauseName } from "../../../src/doctor/causes.ts";
import type { Options } from "../../../src/doctor/options.ts";
import type { Party, Report, Stage } from "../../../src/doctor/report.ts";
import type { Need } from "./needs.ts";

/** What the doctor is asked. */
export interface Target {
  readonly url: string;
  readonly options?: Options;
  /** Through the command line, behind these words where there are some: in a network of its own. Else its function is called. */
  readonly command?: readonly string[];
}

/** Builds what is to be examined. All that it starts ends with the stack. */
export type SetUp = (stack: AsyncDisposableStack) => Target | Promise<Target>;

/** What the report must say. */
export interface Expected {
  readonly verdict: Report["verdict"];
  readonly stage?: Stage;
  readonly cause?: CauseName;
  readonly party?: Party;
  /** What the next step or a remedy must contain: the fix. */
  readonly fix?: RegExp;
}

/** One set-up, and what the doctor must say of it. */
export interface FaultCase {
  /** What is wrong, or what is right, as one sentence of docs/doctor.md. */
  readonly name: string;
  readonly setUp: SetUp;
  readonly expected: Expected;
  /** Without these it is skipped, loudly. */
  readonly needs?: readonly Need[];
}

type Named = [stage: Stage, cause: CauseName, party: Party, fix: RegExp];

export const broken = (...[stage, cause, party, fix]: Named): Expected => ({
  verdict: "broken",
  stage,
  cause,
  party,
  fix,
});

export const warns = (...named: Named): Expected => ({ ...broken(...named), verdict: "warning" });

/** Nothing may be found: each alarm here is a false one. */
export const healthy: Expected = { verdict: "ok" };

/** The same cases, of which each needs these. */
export const needing = (needs: readonly Need[], cases: readonly FaultCase[]): readonly FaultCase[] =>
  cases.map((each) => ({ ...each, needs: [...needs, ...(each.needs ?? [])] }));
