import { expect, test } from "bun:test";
import { RecentTexts } from "./recent-texts.ts";

test("the same text in one conversation and minute is counted, whatever its case and spaces", () => {
  const recent = new RecentTexts();
  expect(recent.count("c1", "m1", "Buy  NOW", 0)).toBe(1);
  expect(recent.count("c1", "m2", " buy now ", 30_000)).toBe(2);
  expect(recent.count("c1", "m3", "buy later", 30_000)).toBe(1);
  expect(recent.count("c2", "m4", "buy now", 30_000)).toBe(1);
  // The first one is a minute ago.
  expect(recent.count("c1", "m5", "buy now", 60_000)).toBe(2);
});

test("a delivery that is repeated is one message; what comes out of order counts all the same", () => {
  const recent = new RecentTexts();
  for (let n = 0; n < 5; n++) expect(recent.count("c1", "m1", "buy now", 10_000)).toBe(1);
  expect(recent.count("c1", "m0", "buy now", 5_000)).toBe(2);
});

test("what waited at the platform for hours was not said at once", () => {
  const recent = new RecentTexts();
  for (let n = 0; n < 5; n++) expect(recent.count("c1", `m${n}`, "hello", n * 3_600_000)).toBe(1);
});

test("so many conversations are remembered and so many texts of each, the newest", () => {
  const recent = new RecentTexts();
  for (let n = 0; n < 20_000; n++) recent.count(`c${n}`, "m", "hello", 0);
  expect(recent.size).toBe(10_000);
  expect(recent.count("c19999", "m2", "hello", 0)).toBe(2);
  expect(recent.count("c0", "m2", "hello", 0)).toBe(1);
  let times = 0;
  for (let n = 0; n < 100; n++) times = recent.count("busy", `m${n}`, "hello", 0);
  // Sixteen that are remembered, and this one.
  expect(times).toBe(17);
});
