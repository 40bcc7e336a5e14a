import { expect, test } from "bun:test";
import { SlidingWindow } from "./sliding-window.ts";

test("so many in any span, however they are spread over it; it says how long to wait", () => {
  const window = new SlidingWindow(3, 1_000);
  expect([0, 400, 900].map((at) => window.take(at))).toEqual([0, 0, 0]);
  expect(window.take(950)).toBe(50);
  expect(window.take(999)).toBe(1);
  // What was refused does not count: the first one's place is free.
  expect(window.take(1_000)).toBe(0);
  expect(window.take(1_000)).toBe(400);
});

test("what is given back leaves its place, and nothing more", () => {
  const window = new SlidingWindow(1, 1_000);
  window.giveBack();
  expect(window.take(0)).toBe(0);
  window.giveBack();
  expect(window.take(1)).toBe(0);
  expect(window.take(2)).toBe(999);
});

test("it is empty once everything is long ago, also after very many", () => {
  const window = new SlidingWindow(1_000_000, 1_000);
  for (let at = 0; at < 10_000; at++) expect(window.take(at)).toBe(0);
  expect(window.isEmpty(10_998)).toBe(false);
  expect(window.isEmpty(10_999)).toBe(true);
});
