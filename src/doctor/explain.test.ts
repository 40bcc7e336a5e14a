import { expect, test } from "bun:test";
import type { Refusal } from "../protocol/refusal.ts";
import { explain } from "./explain.ts";

const story: Refusal = {
  ...{ id: "r_8f2k9a", time: "2026-01-02T12:00:05.123Z", on: "socket", method: "GET", peer: "192.0.2.7" },
  ...{ host: "peyk.example", path: "/ws/orders/7/", channel: "order", connection: "c_abc" },
  ...{ client: "browser", token: "query", who: "anonymous", check: "token", fault: "token_expired" },
  ...{ code: 4001, message: "the token expired 3 h ago", hint: "Log in again.", retry: "new_token" },
  expected: { expired_at: "2026-01-02T09:00:00.000Z", server_time: "2026-01-02T12:00:05.000Z" },
};

test("a story has when, who, where, which check, what was expected, and what to do", () => {
  expect(explain(story)).toEqual([
    "r_8f2k9a: the token expired 3 h ago",
    "",
    "  when       2026-01-02 12:00:05 UTC, by the server's clock",
    "  peer       192.0.2.7 (browser), as anonymous",
    "  where      /ws/orders/7/ on peyk.example, channel order",
    "  token      in the query",
    "  answer     close 4001 (token_expired), connection c_abc in the log",
    "  failed     the token: the token expired 3 h ago",
    "  expected   a token that has not ended: this one ended at 2026-01-02T09:00:00.000Z; the server's clock said 2026-01-02T12:00:05.000Z",
    "  do         Log in again.",
    "  come back  with a new token",
  ]);
});

const line = (name: string, change: Partial<Refusal>) =>
  explain({ ...story, ...change })
    .find((each) => each.startsWith(`  ${name} `))
    ?.slice(13);

test.each<[string, Partial<Refusal>, string]>([
  ["expected", { expected: { setting: "MAX_CONNECTIONS", value: 5 } }, "MAX_CONNECTIONS=5 at most"],
  [
    "expected",
    { expected: { setting: "ALLOWED_ORIGINS", allowed_origins: 2, origin: "https://evil.example" } },
    "one of the 2 origins in ALLOWED_ORIGINS; the page is of https://evil.example",
  ],
  [
    "expected",
    { expected: { roles: ["staff", "user"], role: "driver" } },
    "one of the roles staff, user; this one is driver",
  ],
  ["expected", { expected: { roles: ["staff"] }, token: "none" }, "a token with the role staff"],
  ["expected", { expected: {} }, undefined as never],
  ["where", { path: "", host: "x/metrics?", channel: null }, "an address that cannot be read on x/metrics?"],
  ["where", { on: "http", method: "POST", channel: null }, "POST /ws/orders/7/ on peyk.example"],
  ["answer", { on: "handshake", code: 426, fault: "upgrade_required" }, "HTTP 426 (upgrade_required)"],
])("%s of %o", (name, change, said) => {
  expect(line(name, change)).toBe(said);
});

test("a stranger's words do not reach the terminal's controls", () => {
  const text = explain({ ...story, path: "/\u001b[2J", message: "\u0007", host: "a\nb" }).join("");
  expect(text).not.toMatch(/\p{Cc}/u);
});
