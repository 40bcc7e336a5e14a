import type { FaultName, Retry } from "./faults.ts";

/** Which check of the way in said no, in the order of that way. */
export const checks = [
  /** The `Host` header, before anything else can be read. */
  "host",
  /** RFC 6455 4.1: the `Upgrade` header, the version, the key. */
  "handshake",
  /** How many there may be, how fast they may come, how much they may send. */
  "limit",
  "route",
  "origin",
  "token",
  /** The message `auth` that a channel waits for where no token came with the handshake. */
  "first_message",
  "role",
  /** The channel's own rules: this order, this conversation, this client id. */
  "access",
  "catch_up",
] as const;
export type Check = (typeof checks)[number];

/** What the check wanted, as far as it can be said. For operators: strangers learn nothing of it. Never a secret. */
export interface Expectation {
  /** The setting that decides, by its environment name, and its value. */
  readonly setting?: string;
  readonly value?: number;
  /** Roles that may enter, and the one that came. */
  readonly roles?: readonly string[];
  readonly role?: string;
  /** How many origins ALLOWED_ORIGINS names, and the one that came. */
  readonly allowed_origins?: number;
  readonly origin?: string;
  /** Times of the token, and the server's own: ISO 8601. */
  readonly expired_at?: string;
  readonly valid_from?: string;
  readonly server_time?: string;
}

/** The story of one refusal: what an operator is told who has its receipt. */
export interface Refusal {
  /** The receipt, `r_…`: in the close reason or the body, and in the log. */
  readonly id: string;
  /** ISO 8601, by the server's clock. */
  readonly time: string;
  /** `socket`: after the handshake, with a close frame. `handshake`: before it could be one. `http`: a request. */
  readonly on: "socket" | "handshake" | "http";
  readonly method: string;
  readonly peer: string;
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** `null`: no channel is declared at this path, or it was not looked for yet. */
  readonly channel: string | null;
  /** Id of the connection in the log; `null` where it never was one. */
  readonly connection: string | null;
  /** Kind of client, read from its User-Agent. */
  readonly client: string;
  /** Where the token was; never the token. */
  readonly token: "none" | "header" | "query" | "message";
  /** Identity, where one was proven; else `anonymous`. */
  readonly who: string;
  readonly check: Check;
  readonly fault: FaultName;
  /** Close code of a socket, HTTP status of everything else. */
  readonly code: number;
  readonly message: string;
  readonly hint: string;
  readonly retry: Retry;
  readonly expected: Expectation;
}
