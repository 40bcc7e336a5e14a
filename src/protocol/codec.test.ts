import { expect, test } from "bun:test";
import { decode, encode, withCursor } from "./codec.ts";

test("encoding puts the type first, and decoding gives it back", () => {
  expect(encode("pong")).toBe('{"type":"pong"}');
  expect(encode("x", { a: 1, b: undefined, c: "й" })).toBe('{"type":"x","a":1,"c":"й"}');
  expect(decode(encode("x", { deep: [{ a: null }] }), 8)).toEqual({ type: "x", deep: [{ a: null }] });
});

test("a cursor becomes the last field of a frame that is encoded already", () => {
  expect(JSON.parse(withCursor(encode("x", { a: "}" }), "e-1"))).toEqual({
    type: "x",
    a: "}",
    cursor: "e-1",
  });
  expect(JSON.parse(withCursor(encode("x"), "e-2"))).toEqual({ type: "x", cursor: "e-2" });
});

test("depth is counted from the message itself", () => {
  const nested = (levels: number) =>
    `{"type":"x","pad":"${"p".repeat(40)}","a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  expect(decode(nested(3), 4).type).toBe("x");
  expect(() => decode(nested(4), 4)).toThrow("may nest 4 deep");
  expect(() => decode(nested(100_000), 64)).toThrow("may nest 64 deep");
});

test("__proto__ is dropped wherever it stands", () => {
  const message = decode('{"type":"x","__proto__":{"a":1},"b":{"__proto__":{"c":1}}}', 8);
  expect(Object.keys(message)).toEqual(["type", "b"]);
  expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
  expect(message.b).toEqual({});
});
