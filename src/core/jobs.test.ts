import { expect, test } from "bun:test";
import { FakeClock } from "../../test/kit/clock.ts";
import { Events } from "./events.ts";
import { startJobs } from "./jobs.ts";

test("a failure is told once a minute, another one at once, and again when it comes back", async () => {
  const [clock, events] = [new FakeClock(), new Events()];
  const told: string[] = [];
  events.on("job.failed", ({ error }) => told.push(String(error)));
  let fails: string | undefined = "no database";
  const run = () => {
    if (fails !== undefined) throw fails;
  };
  startJobs([{ name: "often", every: 100, run }], clock, events);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(100);
      await Promise.resolve();
    }
  };
  await pass(60_000);
  expect(told).toEqual(["no database"]);
  await pass(200);
  expect(told).toEqual(["no database", "no database"]);
  fails = "disk full";
  await pass(1_000);
  expect(told.slice(2)).toEqual(["disk full"]);
  fails = undefined;
  await pass(100);
  fails = "disk full";
  await pass(1_000);
  expect(told.slice(3)).toEqual(["disk full"]);
});
