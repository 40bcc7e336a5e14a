import { describe, expect, test } from "bun:test";
import { hideSecrets, redactJson } from "./redact.ts";

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoaXM";
const full = (value: unknown) => redactJson(JSON.stringify(value), "full") ?? "";
const shape = (value: unknown) => redactJson(JSON.stringify(value), "shape") ?? "";

describe("secrets are hidden, whatever is asked for", () => {
  test.each([
    ...["token", "access_token", "refresh_token", "password", "passwd", "client_secret", "Authorization"],
    ...["api_key", "apiKey", "visitor", "sid", "cookie", "pico_tokens", "webhook_secret", "private-key"],
  ])("under the key %s", (key) => {
    for (const value of ["short", 1234, ["one"], { deep: "er" }]) {
      expect(JSON.parse(full({ [key]: value }))).toEqual({ [key]: "[secret]" });
      expect(JSON.parse(full({ a: [{ [key]: value }] }))).toEqual({ a: [{ [key]: "[secret]" }] });
    }
  });

  test.each([
    ["a JSON Web Token", `see ${jwt} here`, jwt],
    ["one that was cut", jwt.slice(0, 30), jwt.slice(0, 30)],
    ["a bearer", "Authorization: Bearer abc123", "abc123"],
    ["an assignment in a link", "https://x.example/ws?token=abc123&y=1", "abc123"],
    ["an assignment in words", 'password: "hunter2"', "hunter2"],
    ["a device's token", "use pico_x7k2m9pqr4stuvwx8yz2abcd3efghj4k", "x7k2m9"],
    ["base64", "key q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ ends", "q83vEj"],
    ["hexadecimal", "9f86d081884c7d659a2feaa0c55ad015", "9f86d081"],
  ])("in a text: %s", (_, text, secret) => {
    expect(text).toContain(secret);
    for (const shown of [hideSecrets(text), full({ message: text }), full([text]), shape({ type: text })])
      expect(shown).not.toContain(secret);
  });

  test("a key that is itself a token", () => {
    expect(full({ [jwt]: 1 })).not.toContain(jwt);
  });
});

test("what people write, and where they are, is shown on request only", () => {
  const message = { type: "say", id: "m_1", text: "I live at 5 Elm Street", lat: 35.7, n: 3, ok: true };
  expect(JSON.parse(shape(message))).toEqual({
    ...{ type: "say", id: "m_1", text: "[22 characters]", lat: "[personal]", n: 3, ok: true },
  });
  expect(JSON.parse(full(message))).toEqual(message);
});

test("errors are our own words, and shown", () => {
  expect(shape({ type: "error", error: "bad_message", message: "say does not fit" })).toContain(
    "does not fit",
  );
});

test("what is deep, long, or named like a trap is bounded", () => {
  let deep: unknown = "end";
  for (let i = 0; i < 1_000; i++) deep = { deep };
  expect(full(deep)).toContain("[deeper]");
  expect(JSON.parse(full(Array.from({ length: 500 }, (_, i) => i)))).toHaveLength(21);
  expect(full({ a: "x".repeat(33_000) })).toBe("");
  expect(redactJson('{"__proto__":{"token":"abc"}}', "full")).not.toContain("abc");
  expect(redactJson("no json", "full")).toBeUndefined();
});
