import { expect, test } from "bun:test";
import { split } from "../../src/adapters/telegram/split.ts";

const isWhole = (text: string) => !/\p{Cs}/u.test(text);
const bare = (text: string) => text.replace(/\s/g, "");

test("a text that fits stays as it is", () => {
  expect(split("  سلام \n")).toEqual(["  سلام \n"]);
  expect(split("x".repeat(4096))).toEqual(["x".repeat(4096)]);
  expect(split("")).toEqual([""]);
});

test.each([
  ["paragraph", "\n\n", "a b\nc "],
  ["line", "\n", "a b c "],
  ["word", " ", "abcdefg"],
])("it is cut at the end of a %s", (_, border, unit) => {
  const first = unit.repeat(500).trim();
  const text = `${first}${border}${unit.repeat(400).trim()}`;
  expect(first.length).toBeLessThan(4096);
  expect(split(text)[0]).toBe(border === " " ? text.slice(0, text.lastIndexOf(" ", 4096)) : first);
  expect(bare(split(text).join(""))).toBe(bare(text));
});

test("a border in the first half is not worth a short part", () => {
  const text = `Hello,\n\n${"word ".repeat(2000)}`;
  expect(split(text)[0]!.length).toBeGreaterThan(4000);
});

test.each([
  ["emoji of two units", "😀"],
  ["family of many code points", "👨‍👩‍👧‍👦"],
  ["flag", "🇮🇷"],
  ["letter with marks", "ؤَّ"],
])("no %s is cut through", (_, character) => {
  for (const lead of ["", "a", "ab", "abc"]) {
    const text = lead + character.repeat(3000);
    const parts = split(text);
    expect(parts.join("")).toBe(text);
    for (const part of parts) {
      expect(part.length).toBeLessThanOrEqual(4096);
      expect(part.replace(lead, "").split(character).join("")).toBe("");
    }
  }
});

test("one character longer than a message is cut between its code points", () => {
  const text = `a${"\u{1F3FB}".repeat(5000)}`;
  const parts = split(text);
  expect(parts.join("")).toBe(text);
  expect(parts.every((part) => part.length <= 4096 && isWhole(part))).toBe(true);
});

test("no part is blank", () => {
  const parts = split(`${"a".repeat(4096)}${"\n".repeat(5000)}${"b".repeat(10)}`);
  expect(parts).toEqual(["a".repeat(4096), "b".repeat(10)]);
  expect(split(" ".repeat(9000))).toHaveLength(1);
});

test("texts of every kind keep all that is not blank", () => {
  const words = ["سلام", "привет", "hello", "👩🏽‍🚀", "\n", "\n\n", " ", "https://example.com/a?b=c"];
  let seed = 1;
  for (let round = 0; round < 50; round++) {
    let text = "";
    while (text.length < 9000) {
      seed = (seed * 48_271) % 2_147_483_647;
      text += words[seed % words.length]!.repeat(1 + (seed % 7));
    }
    const parts = split(text);
    expect(bare(parts.join(""))).toBe(bare(text));
    expect(parts.every((part) => part.length <= 4096 && part.trim() !== "" && isWhole(part))).toBe(true);
  }
});
