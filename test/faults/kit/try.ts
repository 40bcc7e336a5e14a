import { describe, expect, test } from "bun:test";
import { warn } from "../../kit/program.ts";
import type { Chapters } from "../cases.ts";
import type { FaultCase } from "./case.ts";
import { examine } from "./doctor.ts";
import { whyNot } from "./needs.ts";
import { atMost } from "./turn.ts";

/** Milliseconds, of which a test spends most waiting for its turn. */
const patience = 180_000;
/** Three files may run side by side. More would make two cores so busy that a healthy server looks slow. */
const turn = atMost(4);

/** Why a case cannot run here; `""`: it can. */
const obstacle = ({ needs = [] }: FaultCase): string =>
  needs.map(whyNot).find((reason) => reason !== "") ?? "";

async function run({ setUp, expected }: FaultCase): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const report = await examine(await setUp(stack));
  const { verdict, stage, cause, party } = report;
  const found = report.findings.filter((each) => each.cause !== undefined);
  const { fix, ...named } = expected;
  const saw = found.map((each) => each.saw);
  expect({ verdict, stage, cause, party, saw }).toEqual({ ...nothing, ...named, saw });
  // One cause and no other: whatever else is named would be a false alarm.
  expect(found.map((each) => each.cause)).toEqual(cause === undefined ? [] : [cause]);
  if (fix !== undefined) expect(advice(found[0]!)).toMatch(fix);
}

const nothing = { stage: undefined, cause: undefined, party: undefined };

const advice = ({ next, remedies }: { next: string; remedies: readonly { where: string; text: string }[] }) =>
  [next, ...remedies.map(({ where, text }) => `${where}: ${text}`)].join("\n");

/** Each case as a test of its own. */
export function tryAll(chapters: Chapters): void {
  warn("test/faults", ...Object.values(chapters).flat().map(obstacle));
  for (const [chapter, cases] of Object.entries(chapters)) describe(chapter, () => cases.forEach(tryOne));
}

function tryOne(each: FaultCase): void {
  const reason = obstacle(each);
  if (reason === "") test.concurrent(each.name, () => turn(() => run(each)), patience);
  else test.skip(`${each.name} (skipped: ${reason})`, () => {});
}
