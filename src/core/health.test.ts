import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/kit/clock.ts";
import { Fault } from "../protocol/faults.ts";
import { Events } from "./events.ts";
import { type Check, Health, storeName } from "./health.ts";

const store = (verdict: "ok" | "error"): Check => ({
  name: storeName,
  run: async () => ({ verdict, saw: "", fix: verdict === "ok" ? "" : "Start PostgreSQL." }),
});
const away: Check = {
  name: "platforms",
  run: () => Promise.reject(new Fault("unavailable", undefined, { cause: new Error("ECONNREFUSED") })),
};
const hanging: Check = { name: "platforms", run: () => new Promise(() => {}) };
const wrong: Check = { name: "platforms", run: () => Promise.reject(new TypeError("of no row")) };

const platforms = async (...checks: readonly Check[]) =>
  (await new Health(new Events(), new FakeClock(), 50).findings(checks)).find(
    ({ check }) => check === "platforms",
  )!;

describe("a check that fails", () => {
  test.each([
    ["cannot be read", away],
    ["hangs", hanging],
  ])(
    "because the store is away and it %s points at the store's line, and at no restart",
    async (_, check) => {
      const { verdict, fix } = await platforms(store("error"), check);
      expect(verdict).toBe("warning");
      expect(fix).toContain("advice for store");
      expect(fix).not.toContain("restart");
    },
  );

  test("because something is away, while the store is there, is to be asked again", async () => {
    const { verdict, fix } = await platforms(store("ok"), away);
    expect(verdict).toBe("warning");
    expect(fix).toContain("Ask again");
    expect(fix).not.toContain("store");
  });

  test.each([
    ["ok", wrong],
    ["error", wrong],
    ["ok", hanging],
  ] as const)("by itself is an error of its own, whatever the store does (%s)", async (verdict, check) => {
    expect(await platforms(store(verdict), check)).toMatchObject({ verdict: "error" });
  });
});

describe("where an operator is sent to the log,", () => {
  const looking = () => {
    const [clock, events] = [new FakeClock(), new Events()];
    const told: string[] = [];
    events.on("failure", ({ where, error }) => told.push(`${where}: ${(error as Error).message}`));
    return { clock, told, health: new Health(events, clock, 50) };
  };

  test.each([
    ["it broke", wrong, "of no row"],
    ["it lacks something", away, "the store does not answer"],
    ["it hangs", hanging, "no answer within 0.05 s"],
  ])("the log knows why (%s), under the name that he is told", async (_, check, why) => {
    const { told, health } = looking();
    const [, found] = await health.findings([store("ok"), check]);
    expect(told).toEqual([`health.platforms: ${why}`]);
    expect(found!.fix).toContain("the log for health.platforms");
  });

  test("each check is told of once a minute, however often it is asked", async () => {
    const { clock, told, health } = looking();
    const other: Check = { ...wrong, name: "disk" };
    for (let i = 0; i < 3; i++) await health.findings([wrong, other]);
    expect(told).toEqual(["health.platforms: of no row", "health.disk: of no row"]);
    clock.advance(59_999);
    await health.findings([wrong]);
    expect(told.length).toBe(2);
    clock.advance(1);
    await health.findings([wrong]);
    expect(told.length).toBe(3);
  });

  test("what only waits for the store is not told beside it", async () => {
    const { told, health } = looking();
    await health.findings([store("error"), away]);
    await health.findings([store("error"), hanging]);
    expect(told).toEqual([]);
  });
});
