import { expect, test } from "bun:test";
import { systemClock } from "./clock.ts";
import { type CoreEvents, Events } from "./events.ts";
import { maxRefusals, Refusals } from "./refusals.ts";

/** As long as a stranger can make everything, and each text a piece of a longer one. */
function worst(n: number): CoreEvents["connection.refused"] {
  const long = `${n} ${"a b ".repeat(4_000)}`;
  return {
    ...{ conn: `c_${n}`, channel: "none", path: long.slice(0, 200), peer: "2001:db8::1" },
    ...{ client: "browser", token: "query", who: "anonymous", ms: 1, host: long, check: "origin" },
    ...{ fault: "origin_refused", code: 4003, detail: long, receipt: `r_${n}` },
    expected: { setting: "ALLOWED_ORIGINS", allowed_origins: 1, origin: long.slice(0, 60) },
  };
}

test("the last 10,000 are kept, in bounded memory, however long a stranger makes them", () => {
  const events = new Events();
  const refusals = new Refusals(events, systemClock);
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 3 * maxRefusals; n++) events.emit("connection.refused", worst(n));
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  expect(refusals.size).toBe(10_000);
  expect(refusals.find(`r_${2 * maxRefusals - 1}`)).toBeUndefined();
  expect(refusals.find(`r_${2 * maxRefusals}`)).toMatchObject({ fault: "origin_refused", retry: "never" });
  expect(refusals.find(`r_${3 * maxRefusals - 1}`)).toBeDefined();
  const page = refusals.page({ limit: 3, before: `r_${3 * maxRefusals - 5}` });
  expect(page.map(({ id }) => id)).toEqual([6, 7, 8].map((back) => `r_${3 * maxRefusals - back}`));
});
