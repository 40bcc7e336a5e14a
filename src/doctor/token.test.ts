import { expect, test } from "bun:test";
import { readToken } from "./token.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const seconds = now / 1000;
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: object, header: object = { alg: "HS256" }) => `${part(header)}.${part(claims)}.c2ln`;

test.each([
  ["", "empty"],
  ["Bearer abc", "bearer"],
  ['"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"', "quotes"],
  ["undefined", "placeholder"],
  ["<your token>", "placeholder"],
  ["abc def", "spaces"],
  ["abc\n", "line_end"],
  ["abc\r\nX-Admin: yes", "line_end"],
  ["eyJhbGciOiJIUzI1NiJ9.e30", "parts"],
  ["eyJhbGciOiJIUzI1NiJ9.%%%.c2ln", "unreadable"],
])("%j is malformed: %s", (token, form) => {
  expect(readToken(token, now)).toMatchObject({ problem: "malformed", form });
});

test("a token that has expired says since when, by either clock", () => {
  const token = jwt({ exp: seconds - 3 * 3600 });
  expect(readToken(token, now, -120)).toMatchObject({
    problem: "expired",
    expired_seconds: 10_800,
    expired_seconds_server: 10_680,
  });
});

test("the server's clock decides whether a token has expired", () => {
  const token = jwt({ exp: seconds + 60 });
  expect(readToken(token, now).problem).toBeUndefined();
  expect(readToken(token, now, 120).problem).toBe("expired");
});

test("a token of tomorrow is not valid yet; one of half a minute ahead is", () => {
  expect(readToken(jwt({ nbf: seconds + 86_400 }), now)).toMatchObject({
    problem: "future",
    starts_in_seconds: 86_400,
  });
  expect(readToken(jwt({ iat: seconds + 20 }), now).problem).toBeUndefined();
});

test("a refresh token says so by its type, and a Peyk's by its form", () => {
  expect(readToken(jwt({ token_type: "refresh", exp: seconds + 60 }), now).problem).toBe("refresh");
  expect(readToken("abcdefghijkmnpqrstuvwxyz23456789abcdefgh", now)).toMatchObject({
    kind: "peyk_refresh",
    problem: "refresh",
  });
});

test("algorithm, issuer, audience and type are told; an opaque token has none", () => {
  expect(readToken(jwt({ iss: "shop", aud: "peyk", token_type: "access" }), now)).toEqual({
    kind: "jwt",
    alg: "HS256",
    issuer: "shop",
    audience: "peyk",
    type: "access",
  });
  expect(readToken("my:static@token", now)).toEqual({ kind: "opaque" });
});
