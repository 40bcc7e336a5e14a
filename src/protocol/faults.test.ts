import { describe, expect, test } from "bun:test";
import { asFault, closeReason, Fault, type FaultName, faults } from "./faults.ts";

const rows = Object.entries(faults);
/** Codes that RFC 6455 7.4.1 and the IANA registry let a server send, besides 4000–4999. */
const sendable = [1000, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013];

describe.each(rows)("%s", (name, { close, retry, http, message, hint }) => {
  test("has a code that a server may send, in the range of its advice", () => {
    expect(sendable.includes(close) || (close >= 4000 && close < 4300)).toBe(true);
    if (close >= 4200) expect(retry).toBe("now");
    else if (close >= 4100) expect(retry).toBe("later");
    expect(http).toBeGreaterThanOrEqual(400);
  });

  test("has a message that fits into a close frame, and a hint that is a sentence", () => {
    const reason = closeReason(new Fault(name as FaultName), "r_abcdef");
    expect(reason).toBe(`${message} [r_abcdef]`);
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
    expect(hint).toEndWith(".");
  });
});

test("a long reason is cut on a character's border and keeps its receipt", () => {
  for (const letter of ["x", "й", "€", "😀"]) {
    const reason = closeReason(new Fault("bad_token", letter.repeat(200)), "r_abcdef");
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123);
    expect(reason).toEndWith(`${letter} [r_abcdef]`);
  }
});

test("what is no fault becomes internal, and keeps its cause to itself", () => {
  const cause = new Error("the password is 42");
  expect(asFault(cause)).toMatchObject({ fault: "internal", message: faults.internal.message, cause });
  const fault = new Fault("conflict");
  expect(asFault(fault)).toBe(fault);
});
