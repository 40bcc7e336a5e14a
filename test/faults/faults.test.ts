import { describe, expect, test } from "bun:test";
import { type CauseName, causes } from "../../src/doctor/causes.ts";
import { warn } from "../kit/program.ts";
import { chapters } from "./cases.ts";
import type { FaultCase } from "./kit/case.ts";
import { examine } from "./kit/doctor.ts";
import { whyNot } from "./kit/needs.ts";
import { atMost } from "./kit/turn.ts";

/** Milliseconds, of which a test spends most waiting for its turn. */
const patience = 180_000;
/** More would make two cores so busy that a healthy server looks slow. */
const turn = atMost(10);

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

warn("test/faults", ...Object.values(chapters).flat().map(obstacle));

for (const [chapter, cases] of Object.entries(chapters)) {
  describe(chapter, () => {
    for (const each of cases) {
      const reason = obstacle(each);
      if (reason === "") test.concurrent(each.name, () => turn(() => run(each)), patience);
      else test.skip(`${each.name} (skipped: ${reason})`, () => {});
    }
  });
}

test("every cause that the doctor can name is tried, and no two cases have one name", () => {
  const cases = Object.values(chapters).flat();
  const tried = new Set(cases.map(({ expected }) => expected.cause));
  expect(Object.keys(causes).filter((cause) => !tried.has(cause as CauseName))).toEqual([]);
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
