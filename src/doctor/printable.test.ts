import { expect, test } from "bun:test";
import { printable } from "./printable.ts";
import { Secrets } from "./secrets.ts";

test("a stranger's words neither command the terminal nor turn its direction", () => {
  expect(printable("a\u001b[31mred\u001b]0;title\u0007\u009bb")).toBe("a?[31mred?]0;title??b");
  expect(printable("safe\u202egnp.exe\u2066")).toBe("safe?gnp.exe?");
  expect(printable("one\r\n\ttwo")).toBe("one two");
});

test("Persian keeps its joiners, and its own marks of direction", () => {
  expect(printable("می\u200cشود\u200f")).toBe("می\u200cشود\u200f");
});

test("facts of a report are printable", () => {
  expect(new Secrets([]).hideAll({ reason: "\u001b[2J", addresses: ["a\u0000b"] })).toEqual({
    reason: "?[2J",
    addresses: ["a?b"],
  });
});
