import { describe, expect, test } from "bun:test";
import { Fault } from "../protocol/faults.ts";
import { type Check, findings, storeName } from "./health.ts";

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
  (await findings(checks, 50)).find(({ check }) => check === "platforms")!;

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
