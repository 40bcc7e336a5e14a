import { describe, expect, test } from "bun:test";
import { missing, warn } from "../kit/program.ts";
import { chapters } from "./cases.ts";
import type { FaultCase } from "./kit/case.ts";
import { examine } from "./kit/doctor.ts";
import { whyNoNetworks } from "./kit/network.ts";
import { atMost } from "./kit/turn.ts";

/** Milliseconds: some of these wait for time-outs. */
const patience = 60_000;
/** More would make two cores so busy that a healthy server looks slow. */
const turn = atMost(6);
const noNetworks = whyNoNetworks();

/** Why a case cannot run here; `""`: it can. */
function obstacle({ needsNetworks, needs = [] }: FaultCase): string {
  const lacks = needs.map((program) => missing(has(program), `${program} is missing; .ci/run installs it`));
  return [needsNetworks ? noNetworks : "", ...lacks].find((each) => each !== "") ?? "";
}

const has = (program: string) =>
  program === "uvicorn" ? ["python3", "-c", "import uvicorn"] : ["sh", "-c", `command -v ${program}`];

async function run({ setUp, expected }: FaultCase): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const report = await examine(await setUp(stack));
  const { verdict, stage, cause, party } = report;
  const found = report.findings.filter((each) => each.cause !== undefined);
  const { fix, ...named } = expected;
  expect({ verdict, stage, cause, party, report }).toEqual({ ...nothing, ...named, report });
  // One cause and no other: whatever else is named would be a false alarm.
  expect(found.map((each) => each.cause)).toEqual(cause === undefined ? [] : [cause]);
  if (fix !== undefined) expect(advice(found[0]!)).toMatch(fix);
}

const nothing = { stage: undefined, cause: undefined, party: undefined };

const advice = ({ next, remedies }: { next: string; remedies: readonly { where: string; text: string }[] }) =>
  [next, ...remedies.map(({ where, text }) => `${where}: ${text}`)].join("\n");

for (const [chapter, cases] of Object.entries(chapters)) {
  describe(chapter, () => {
    for (const each of cases) {
      const reason = obstacle(each);
      warn("test/faults", reason);
      if (reason === "") test.concurrent(each.name, () => turn(() => run(each)), patience);
      else test.skip(`${each.name} (skipped: ${reason})`, () => {});
    }
  });
}
