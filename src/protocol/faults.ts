import type { Expectation } from "./refusal.ts";

/**
 * What a client should do after a fault: give up, get a new token first, come back after a pause (with jitter),
 * or come back at once.
 */
export type Retry = "never" | "new_token" | "later" | "now";

export interface FaultRow {
  /** WebSocket close code; 1xxx are RFC 6455 7.4.1's, 4001 and 4003 the seeds', the rest ours in 4000–4299. */
  readonly close: number;
  readonly http: number;
  readonly retry: Retry;
  readonly message: string;
  /** One sentence that says what to do. */
  readonly hint: string;
}

/**
 * Everything that can go wrong, once. Close frames, error messages, HTTP problems, metrics and docs/faults.md all
 * read this table. Own codes keep Pusher's ranges, which a client can obey without a table:
 * 40xx do not come back unchanged, 41xx come back after a pause, 42xx come back at once.
 */
export const faults = {
  bad_request: {
    close: 4005,
    http: 400,
    retry: "never",
    message: "the request cannot be understood",
    hint: "Compare the path and the headers with /docs.",
  },
  unauthorized: {
    close: 4001,
    http: 401,
    retry: "new_token",
    message: "a token is needed",
    hint: "Send `Authorization: Bearer …`, `?token=…`, or a first message of type `auth` where the channel takes one.",
  },
  bad_token: {
    close: 4001,
    http: 401,
    retry: "new_token",
    message: "the token is not valid",
    hint: "Log in again; if the token comes from another back end, check JWT_ISSUERS.",
  },
  bad_device_token: {
    close: 4001,
    http: 401,
    retry: "new_token",
    message: "this device token is not known",
    hint: "Send `Authorization: Bearer <token>`, or a first message `auth`, with a token from GET /public/tokens or `peyk device add`.",
  },
  token_expired: {
    close: 4001,
    http: 401,
    retry: "new_token",
    message: "the token has expired",
    hint: "Get a new access token with the refresh token, or log in again.",
  },
  token_revoked: {
    close: 4001,
    http: 401,
    retry: "new_token",
    message: "the session was ended",
    hint: "Log in again.",
  },
  auth_timeout: {
    close: 4001,
    http: 401,
    retry: "new_token",
    message: "no token came in time",
    hint: 'Send {"type":"auth","token":"…"} right after the connection opens.',
  },
  bad_credentials: {
    close: 4001,
    http: 400,
    retry: "never",
    message: "Incorrect email or password",
    hint: "Check both; an administrator sets a new password with `peyk user passwd`.",
  },
  forbidden: {
    close: 4003,
    http: 403,
    retry: "never",
    message: "this identity may not enter here",
    hint: "Use an account with one of the roles that /docs names for this path.",
  },
  pairing_closed: {
    close: 4003,
    http: 403,
    retry: "later",
    message: "device tokens are not given to everybody",
    hint: "Open a pairing window on the server with `peyk pair --minutes 10`, ask on the server itself (curl http://localhost:8000/public/tokens), or give the device a token of its own with `peyk device add`.",
  },
  origin_refused: {
    close: 4003,
    http: 403,
    retry: "never",
    message: "pages of this origin may not connect",
    hint: "Add the page's origin to ALLOWED_ORIGINS, or, for a web widget, to the `origins` of its inbox.",
  },
  not_found: {
    close: 4004,
    http: 404,
    retry: "never",
    message: "there is nothing at this path",
    hint: "See /docs for the paths; a wrong or missing slash at the end matters only for one-segment paths under /ws/.",
  },
  conflict: {
    close: 4009,
    http: 409,
    retry: "never",
    message: "somebody else changed it first",
    hint: "Read the current state and decide again.",
  },
  bad_step: {
    close: 4009,
    http: 400,
    retry: "never",
    message: "this state cannot follow",
    hint: "Read the current state; `valid_transitions` names what may follow.",
  },
  client_unknown: {
    close: 4004,
    http: 404,
    retry: "later",
    message: "no such client is connected",
    hint: "Name its user_id to have the message kept for it, or look at GET /api/clients.",
  },
  client_id_taken: {
    close: 4009,
    http: 409,
    retry: "later",
    message: "another connection holds this client id",
    hint: "Choose another id, or connect with a token of the user who owns it.",
  },
  replaced: {
    close: 4010,
    http: 409,
    retry: "never",
    message: "a newer connection took this place",
    hint: "Keep one connection per id; the newest one stays.",
  },
  bad_message: {
    close: 4006,
    http: 422,
    retry: "never",
    message: "the message cannot be understood",
    hint: "Send one JSON object with a `type` that this channel declares; see /docs.",
  },
  bad_body: {
    close: 4006,
    http: 422,
    retry: "never",
    message: "the request's body or query does not fit",
    hint: "Compare it with /docs or /openapi.json.",
  },
  binary_refused: {
    close: 1003,
    http: 415,
    retry: "never",
    message: "this channel takes text only",
    hint: "Send JSON as a text frame.",
  },
  message_too_big: {
    close: 1009,
    http: 413,
    retry: "never",
    message: "the message is too big",
    hint: "Send less at once, or raise MAX_MESSAGE_BYTES.",
  },
  too_many_messages: {
    close: 4101,
    http: 429,
    retry: "later",
    message: "too many messages in a short time",
    hint: "Send fewer per second, or raise MESSAGE_RATE.",
  },
  too_many_connections: {
    close: 4102,
    http: 429,
    retry: "later",
    message: "too many open connections",
    hint: "Close connections that are not needed, or raise MAX_CONNECTIONS_PER_ADDRESS or MAX_CONNECTIONS_PER_USER.",
  },
  connecting_too_fast: {
    close: 4103,
    http: 429,
    retry: "later",
    message: "too many new connections in a short time",
    hint: "Wait longer between attempts and add jitter, or raise CONNECT_RATE.",
  },
  too_many_attempts: {
    close: 4104,
    http: 429,
    retry: "later",
    message: "too many failed logins",
    hint: "Wait for the seconds in Retry-After.",
  },
  kicked: {
    close: 4110,
    http: 409,
    retry: "later",
    message: "an operator closed this connection",
    hint: "Come back after a pause, not at once; ask the operator why.",
  },
  tap_ended: {
    close: 4012,
    http: 410,
    retry: "never",
    message: "the connection that was tapped has ended",
    hint: "See `tap_ended` for how it ended; GET /api/connections lists those that are open.",
  },
  too_many_taps: {
    close: 4111,
    http: 429,
    retry: "later",
    message: "too many connections are tapped at once",
    hint: "End a tap that is not needed, or raise MAX_TAPS.",
  },
  queue_full: {
    close: 4107,
    http: 429,
    retry: "later",
    message: "too many commands wait for this device",
    hint: "Wait until it has taken some, or give commands a shorter `ttl`.",
  },
  too_many_conversations: {
    close: 4108,
    http: 429,
    retry: "later",
    message: "too many new conversations in a short time",
    hint: "Wait for the seconds in retry_after; operators raise MAX_NEW_CONVERSATIONS_PER_ADDRESS or MAX_NEW_CONVERSATIONS_PER_INBOX.",
  },
  sending_too_fast: {
    close: 4109,
    http: 429,
    retry: "later",
    message: "this user has sent too many messages within a minute",
    hint: "Wait for the seconds in retry_after, then send it again; operators raise INBOX_MESSAGES_PER_MINUTE, or set it to 0 for programs that answer.",
  },
  server_full: {
    close: 4105,
    http: 503,
    retry: "later",
    message: "the server has as many connections as it may have",
    hint: "Try again later, or raise MAX_CONNECTIONS and the descriptor limit.",
  },
  unavailable: {
    close: 4106,
    http: 503,
    retry: "later",
    message: "the store does not answer",
    hint: "Try again later; operators find the cause at /api/websocket/health/ and in the log.",
  },
  slow_reader: {
    close: 4201,
    http: 503,
    retry: "now",
    message: "the client reads too slowly",
    hint: "Connect again with ?since=<last cursor> to get what was missed.",
  },
  idle: {
    close: 4203,
    http: 408,
    retry: "now",
    message: "no message from the client for a long time",
    hint: 'Answer each {"type":"ping"} with {"type":"pong"}: protocol pongs alone do not show that the program lives.',
  },
  peer_lost: {
    close: 4202,
    http: 408,
    retry: "now",
    message: "no sign of life from the client",
    hint: "Answer protocol pings (every WebSocket library does), and check for a proxy that cuts idle connections.",
  },
  shutting_down: {
    close: 1012,
    http: 503,
    retry: "now",
    message: "the server restarts",
    hint: "Connect again after a second or two, with jitter.",
  },
  upgrade_required: {
    close: 1002,
    http: 426,
    retry: "never",
    message: "this path speaks WebSocket",
    hint: "Open it with a WebSocket client (ws:// or wss://, RFC 6455 version 13); behind a proxy, pass the Upgrade and Connection headers on.",
  },
  internal: {
    close: 1011,
    http: 500,
    retry: "later",
    message: "something went wrong on the server",
    hint: "Report the incident id to the operator, who finds it in the log.",
  },
} as const satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof faults;

/** RFC 6455 5.5: a control frame carries 125 bytes, two of them the close code. */
export const maxReasonBytes = 123;

/** A named refusal or failure. `detail` replaces the row's message with the particulars of this case. */
export class Fault extends Error {
  readonly fault: FaultName;
  /** Extra fields for error messages and HTTP problems, e.g. `{ retry_after: 30 }`. Never secrets. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** What was wanted instead, for the receipt's story; not sent to the client. Never secrets. */
  readonly expected: Expectation | undefined;

  constructor(
    fault: FaultName,
    detail?: string,
    options: { cause?: unknown; fields?: Record<string, unknown>; expected?: Expectation } = {},
  ) {
    super(
      detail ?? faults[fault].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "Fault";
    this.fault = fault;
    this.fields = options.fields;
    this.expected = options.expected;
  }

  get row(): FaultRow {
    return faults[this.fault];
  }
}

/** Anything thrown, as a fault: what is not a Fault becomes `internal`, and its text stays in the log. */
export const asFault = (thrown: unknown): Fault =>
  thrown instanceof Fault ? thrown : new Fault("internal", undefined, { cause: thrown });

/** A close frame's reason: the message, then the receipt id in brackets, cut to 123 bytes on a character's border. */
export function closeReason(fault: Fault, receipt?: string): string {
  const tail = receipt === undefined ? "" : ` [${receipt}]`;
  let text = fault.message.slice(0, maxReasonBytes);
  const encoder = new TextEncoder();
  while (encoder.encode(text + tail).length > maxReasonBytes) text = [...text].slice(0, -1).join("");
  return text + tail;
}
