import { expect, test } from "bun:test";
import { maxTextBytes, splitText } from "./split.ts";

const bytes = (text: string) => Buffer.byteLength(text);
const graphemes = (text: string) => [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
const withoutSpace = (text: string) => text.replace(/\s+/g, "");

const family = "👨‍👩‍👧‍👦";
const texts = {
  ascii: "The order is on its way and will be there at about six. ".repeat(60),
  persian: "سلام، سفارش شما در راه است و تا ساعت شش می‌رسد. ".repeat(60),
  cyrillic: "Здравствуйте, ваш заказ уже в пути и будет около шести. ".repeat(60),
  families: family.repeat(200),
  flags: "🇮🇷🇷🇺🇩🇪".repeat(120),
  "skin tones and letters": "a👩🏽‍🚀é".repeat(150),
  "one long word": "ы".repeat(2_000),
  lines: "خط اول\nвторая строка\nthird\n".repeat(80),
};

test.each(Object.entries(texts))(
  "%s: nothing lost, no part over 1,000 bytes, no character cut",
  (_, text) => {
    const parts = splitText(text);
    expect(parts.length).toBeGreaterThan(1);
    expect(Math.max(...parts.map(bytes))).toBeLessThanOrEqual(maxTextBytes);
    expect(withoutSpace(parts.join(""))).toBe(withoutSpace(text));
    expect(parts.flatMap(graphemes).filter((each) => each.trim())).toEqual(
      graphemes(text).filter((each) => each.trim()),
    );
    expect(parts.every((part) => part === part.trim() && part !== "")).toBe(true);
  },
);

test("what fits stays whole, to the byte", () => {
  expect(splitText("سلام")).toEqual(["سلام"]);
  expect(splitText("x".repeat(1000))).toEqual(["x".repeat(1000)]);
  expect(splitText("x".repeat(1001))).toEqual(["x".repeat(1000), "x"]);
  expect(splitText("я".repeat(501)).map(bytes)).toEqual([1000, 2]);
});

test("words stay whole, and lines where that costs little", () => {
  expect(splitText(`${"word ".repeat(250)}`).every((part) => /^(word )*word$/.test(part))).toBe(true);
  expect(splitText(`${"a".repeat(700)}\n${"b ".repeat(200)}`)[0]).toBe("a".repeat(700));
  expect(splitText(`${"a".repeat(100)}\n${"b".repeat(1200)}`)[0]).toBe(
    `${"a".repeat(100)}\n${"b".repeat(899)}`,
  );
});

test("a part may end exactly before a space", () => {
  expect(splitText(`${"a".repeat(1000)} b`)).toEqual(["a".repeat(1000), "b"]);
});

test("one character of more than 1,000 bytes is cut between its code points", () => {
  const monster = `e${"\u0301".repeat(900)}`;
  const parts = splitText(monster);
  expect(parts.map(bytes).every((size) => size <= maxTextBytes)).toBe(true);
  expect(parts.join("")).toBe(monster);
  expect(parts.length).toBe(2);
});

test("a character before a long one is not cut with it", () => {
  expect(splitText(`ab e${"\u0301".repeat(600)}`)[0]).toBe("ab");
});

test("nothing and white space make no part; half a surrogate becomes U+FFFD", () => {
  expect(splitText("")).toEqual([]);
  expect(splitText(" \n\t ")).toEqual([]);
  expect(splitText("a\ud83d")).toEqual(["a\ufffd"]);
});
