import { expect, test } from "bun:test";
import { urlOf } from "../target.ts";
import { readUrl } from "./url.ts";

test.each([
  ["ws://example.com/ws", "ws://example.com/ws", "url_ok"],
  ["wss://example.com", "wss://example.com/", "url_ok"],
  ["WSS://Example.COM:8443/ws?a=1", "wss://example.com:8443/ws?a=1", "url_ok"],
  ["ws://[::1]:8000/ws", "ws://[::1]:8000/ws", "url_ok"],
  ["http://example.com/ws", "ws://example.com/ws", "url_from_http"],
  ["https://example.com/ws", "wss://example.com/ws", "url_from_http"],
  ["localhost:8000/ws/test/", "ws://localhost:8000/ws/test/", "url_guessed"],
  ["example.com", "wss://example.com/", "url_guessed"],
  ["example.com:8443", "wss://example.com:8443/", "url_guessed"],
  ["192.168.1.10:3000", "ws://192.168.1.10:3000/", "url_guessed"],
  ["192.168.1.10", "ws://192.168.1.10/", "url_guessed"],
  ["[::1]:3000/ws", "ws://[::1]:3000/ws", "url_guessed"],
  ["wss:/example.com/ws", "wss://example.com/ws", "url_guessed"],
  ["  ws://example.com/ws  ", "ws://example.com/ws", "url_ok"],
])("%j is taken as %s", (typed, url, line) => {
  const { target, outcome } = readUrl(typed);
  expect(urlOf(target!)).toBe(url);
  expect(outcome.line as string).toBe(line);
});

test.each([
  ["", "no_url"],
  ["ws://", "host"],
  ["ws://exa mple.com/", "space"],
  ["ws://example.com:80000/", "port"],
  ["ws://example.com:0/", "port"],
  ["ws://example.com:http/", "port"],
  ["ftp://example.com/", "scheme"],
])("%j cannot be used: %s", (typed, part) => {
  expect(readUrl(typed).outcome).toMatchObject({ cause: "bad_url", facts: { part } });
});

test("user and password go into a header, not into the URL", () => {
  const { target } = readUrl("wss://ana:p%40ss@example.com/ws");
  expect(target!.basic).toBe("ana:p@ss");
  expect(urlOf(target!)).toBe("wss://example.com/ws");
});
