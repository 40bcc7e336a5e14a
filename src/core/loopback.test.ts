import { expect, test } from "bun:test";
import { isThisMachine } from "./loopback.ts";

const local = { address: "127.0.0.1", loopback: true, forwarded: false };

test.each([
  [{ Host: "localhost:8000" }, local, true],
  [{ Host: "127.0.0.1" }, local, true],
  [{ Host: "[::1]:8000" }, { ...local, address: "::1" }, true],
  [{ Host: "localhost", Origin: "http://localhost:3000" }, local, true],
  [{}, local, false],
  [{ Host: "peyk.example" }, local, false],
  [{ Host: "localhost.evil.example" }, local, false],
  [{ Host: "127.0.0.1.evil.example" }, local, false],
  [{ Host: "localhost", Origin: "https://evil.example" }, local, false],
  [{ Host: "localhost", Origin: "http://localhost.evil.example" }, local, false],
  [{ Host: "localhost", Origin: "null" }, local, false],
  [{ Host: "localhost" }, { ...local, forwarded: true }, false],
  [{ Host: "localhost" }, { address: "192.0.2.1", loopback: false, forwarded: false }, false],
])("%p from %p: %p", (headers, peer, expected) => {
  expect(isThisMachine(new Headers(headers), peer)).toBe(expected);
});
