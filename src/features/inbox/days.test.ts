import { expect, test } from "bun:test";
import { dayRange, percentile } from "./days.ts";

const now = Date.parse("2026-11-21T23:59:59Z");
const fault = (given: { from?: string; to?: string }) => {
  try {
    return dayRange(given, now).days.size;
  } catch (error) {
    return error;
  }
};

test("thirty days up to today, unless something else is asked", () => {
  const range = dayRange({}, now);
  expect([range.from, range.to, range.days.size]).toEqual(["2026-10-23", "2026-11-21", 30]);
  expect(range.span).toEqual({ from: Date.parse("2026-10-23"), until: Date.parse("2026-11-22") });
  expect([...dayRange({ from: "2026-11-20" }, now).days.values()].map(({ day }) => day)).toEqual([
    "2026-11-20",
    "2026-11-21",
  ]);
  expect(dayRange({ to: "2024-03-01" }, now).from).toBe("2024-02-01");
});

test("one day at least, 92 at most; the refusal says what to do", () => {
  expect(fault({ from: "2026-11-21", to: "2026-11-21" })).toBe(1);
  expect(fault({ from: "2026-08-22", to: "2026-11-21" })).toBe(92);
  const tooMany = { fault: "bad_request", message: expect.stringContaining("ask for 92 at most") };
  expect(fault({ from: "2026-08-21", to: "2026-11-21" })).toMatchObject(tooMany);
  expect(fault({ from: "0000-01-01", to: "9999-12-31" })).toMatchObject(tooMany);
  const reversed = { fault: "bad_request", message: "from is after to: exchange them" };
  expect(fault({ from: "2026-11-22" })).toMatchObject(reversed);
});

test("percentiles are values that there are", () => {
  const of = (...values: number[]) =>
    [0.5, 0.95].map((share) => percentile(Float64Array.from(values), share));
  expect(of()).toEqual([null, null]);
  expect(of(7)).toEqual([7, 7]);
  expect(of(1, 2)).toEqual([1, 2]);
  expect(of(...Array.from({ length: 100 }, (_, n) => n + 1))).toEqual([50, 95]);
});
