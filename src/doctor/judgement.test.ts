import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/kit/clock.ts";
import { type CauseName, causes } from "./causes.ts";
import { placeholders } from "./fill.ts";
import { lines } from "./lines.ts";
import type { Outcome } from "./outcome.ts";
import { remedies } from "./remedies.ts";
import { judgeAnswer } from "./stages/answerer.ts";
import { judgeCertificate, judgeTlsFailure, type Shown } from "./stages/certificate.ts";
import { judgeNames } from "./stages/dns.ts";
import { judgeAuth } from "./stages/entry.ts";
import { type Asked, judgeUpgrade, type Probes } from "./stages/handshake-answer.ts";
import type { Asker, Heard } from "./stages/heard.ts";
import { judgeHeartbeat } from "./stages/heartbeat.ts";
import { judgeSilence } from "./stages/idle.ts";
import { judgeNoAnswer } from "./stages/no-answer.ts";
import { judgeParallel } from "./stages/parallel.ts";
import { judgePayload } from "./stages/payload.ts";
import { type Attempt, type Here, judgeReach } from "./stages/reach.ts";
import { judgePage, readUrl } from "./stages/url.ts";
import { type Language, languages, toReport } from "./tell.ts";
import type { TokenReading } from "./token.ts";
import { Walk } from "./walk.ts";
import { type Answer, acceptFor } from "./wire/http.ts";

const target = { secure: false, host: "example.com", port: 8000, path: "/ws/x/" };
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

const answer = (status: number, headers: Record<string, string> = {}, body = ""): Answer => ({
  status,
  statusText: "",
  version: "1.1",
  headers: new Map(Object.entries(headers)),
  body,
  rest: new Uint8Array(),
});
const switching = (headers: Record<string, string> = {}) =>
  answer(101, {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": acceptFor(key),
    ...headers,
  });

const upgrade = (given: Answer, probes: Probes = {}, more: Partial<Asked> = {}) =>
  judgeUpgrade(given, { target, key, isPeyk: false, options: {}, probes, ...more });

const closed = (code: number, reason = "", texts: string[] = []): Heard => ({
  texts,
  close: { code, reason },
});
const fault = (error: string, code: number, message: string) =>
  closed(code, `${message} [r_abc234]`, [
    JSON.stringify({ type: "error", error, message, receipt: "r_abc234" }),
  ]);
const asker: Asker = { isPeyk: true };
const holding = (reading: Partial<TokenReading> = {}): Asker => ({
  isPeyk: true,
  token: { kind: "jwt", from: "header", ...reading } as Asker["token"] & object,
});
const auth = (heard: Heard, who: Asker = asker) => judgeAuth(heard, who);

const here: Here = { openElsewhere: [] };
const tried = (address: string, reach: Attempt["reach"]): Attempt => ({ address, reach, ms: 5 });
const reach = (...attempts: Attempt[]) => judgeReach(attempts, here);

const now = Date.parse("2026-06-01T00:00:00Z");
const days = (count: number) => now + count * 86_400_000;
const shown: Shown = {
  protocol: "TLSv1.3",
  nameFits: true,
  subject: "example.com",
  issuer: "R11",
  names: ["example.com"],
  from: days(-10),
  to: days(60),
  chain: 2,
};
const certificate = (differs: Partial<Shown>) =>
  judgeCertificate({ ...shown, ...differs }, "example.com", now);
const silence = (text: string, ended: boolean, more = {}) =>
  judgeNoAnswer(
    { bytes: bytes(text), ending: ended ? { how: "end", code: "" } : undefined },
    { speaksTls: false, speaksHttp: false, ...more },
  );

/** One thing that can be seen for every cause there is; a cause without one does not compile. */
const samples: Readonly<Record<CauseName, Outcome>> = {
  bad_url: readUrl("ws://exa mple/").outcome,
  url_fragment: readUrl("ws://example.com/#top").outcome,
  mixed_content: judgePage({ verdict: "ok", facts: {} }, target, "https://shop.example"),
  name_unknown: judgeNames("example.com", { code: "ENOTFOUND" }),
  resolver_failed: judgeNames("example.com", { code: "EAI_AGAIN" }),
  refused: reach(tried("203.0.113.7", "refused")),
  loopback_only: judgeReach([tried("192.168.1.10", "refused")], { openElsewhere: ["127.0.0.1"] }),
  filtered: reach(tried("203.0.113.7", "filtered")),
  unreachable: reach(tried("203.0.113.7", "unreachable")),
  tcp_reset: reach(tried("203.0.113.7", "reset")),
  address_dead: reach(tried("2001:db8::1", "filtered"), tried("203.0.113.7", "open")),

  tls_on_plain_port: judgeTlsFailure("ERR_SSL_WRONG_VERSION_NUMBER", { plain: "http" }),
  plain_on_tls_port: judgeAnswer(
    answer(400, {}, "Client sent an HTTP request to an HTTPS server."),
    "example.com",
    now,
  ),
  cert_expired: certificate({ to: days(-3) }),
  cert_not_yet_valid: certificate({ from: days(3) }),
  cert_wrong_name: certificate({ nameFits: false, names: ["shop.example"] }),
  cert_self_signed: certificate({ chainFault: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
  cert_untrusted: certificate({ chainFault: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", chain: 1 }),
  cert_expires_soon: certificate({ to: days(5) }),
  tls_too_old: judgeTlsFailure("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", { protocol: "TLSv1.1" }),
  tls_client_cert: judgeTlsFailure("ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED", {}),
  tls_failed: judgeTlsFailure("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", {}),

  silent: silence("", false),
  hung_up: silence("", true),
  not_http: silence("SSH-2.0-OpenSSH_9.2\r\n", false),
  http2_only: silence("\0\0\0\x04\0\0\0\0\0", false),
  login_page: judgeAnswer(answer(511), "example.com", now),

  upgrade_stripped: upgrade(answer(426, { upgrade: "websocket", server: "nginx" }, "Upgrade Required")),
  http_only: upgrade(answer(200, { server: "gunicorn" }, "<h1>hi</h1>")),
  wrong_path: upgrade(answer(404), { otherPath: "/ws/x" }),
  redirect: upgrade(answer(301, { location: "/ws/y/" })),
  redirect_to_https: upgrade(answer(308, { location: "https://example.com/ws/x/" })),
  upgrade_required: upgrade(answer(426, { "sec-websocket-version": "8" })),
  bad_request: upgrade(answer(400, {}, "Bad Request")),
  http_unauthorized: upgrade(answer(401, { "www-authenticate": "Bearer" })),
  http_forbidden: upgrade(answer(403)),
  http_rate_limited: upgrade(answer(429, { "retry-after": "30" })),
  proxy_auth: upgrade(answer(407)),
  bad_gateway: upgrade(answer(502)),
  gateway_unavailable: upgrade(answer(503)),
  gateway_timeout: upgrade(answer(504)),
  server_error: upgrade(answer(500)),
  odd_status: upgrade(answer(418)),
  upgrade_hangs: silence("", false, { speaksHttp: true }),
  bad_accept: upgrade(switching({ "sec-websocket-accept": acceptFor("another key") })),
  bad_handshake: upgrade(switching({ "sec-websocket-protocol": "mqtt" })),

  token_missing: auth(fault("unauthorized", 4001, "a token is needed")),
  token_malformed: auth(
    fault("bad_token", 4001, "this is no readable token"),
    holding({ problem: "malformed", form: "parts" }),
  ),
  token_expired: auth(
    fault("token_expired", 4001, "the token expired 2 h ago"),
    holding({ problem: "expired", expired_seconds: 7200 }),
  ),
  token_future: auth(fault("bad_token", 4001, "the token is not valid yet; is a clock wrong?"), holding()),
  token_wrong_key: auth(fault("bad_token", 4001, "the token is signed with another key"), holding()),
  token_wrong_algorithm: auth(
    fault("bad_token", 4001, "the token's algorithm is not the one that is expected"),
    holding(),
  ),
  token_wrong_audience: auth(
    fault("bad_token", 4001, "the token's aud is not the one that is expected"),
    holding(),
  ),
  token_refresh: auth(fault("bad_token", 4001, "this is no access token"), holding({ problem: "refresh" })),
  token_other_kind: auth(
    fault("bad_token", 4001, "this is no readable token"),
    holding({ kind: "peyk_device" }),
  ),
  token_revoked: auth(fault("token_revoked", 4001, "the session was ended"), holding()),
  token_unknown: auth(
    fault("bad_device_token", 4001, "this device token is not known"),
    holding({ kind: "peyk_device" }),
  ),
  token_ignored: auth(
    { texts: ['{"type":"connected","authenticated":false,"reason":"it expired"}'] },
    holding(),
  ),
  clock_skew: auth({ texts: [] }, { ...asker, skew: 7200 }),
  role_refused: auth(fault("forbidden", 4003, "staff may enter here, not user"), holding()),
  object_refused: auth(fault("forbidden", 4003, "there is no such order, or it is none of yours"), holding()),
  origin_refused: auth(fault("origin_refused", 4003, "pages of https://evil.example may not connect")),
  path_refused: auth(fault("not_found", 4004, "there is nothing at this path")),
  rate_limited: auth(fault("connecting_too_fast", 4103, "too many new connections in a short time")),
  too_many_connections: auth(fault("too_many_connections", 4102, "too many open connections")),
  server_full: auth(fault("server_full", 4105, "the server has as many connections as it may have")),
  server_unwell: auth(fault("internal", 1011, "something went wrong on the server")),
  server_restarts: auth(closed(1012, "service restart")),
  place_taken: auth(fault("client_id_taken", 4009, "another connection holds this client id")),
  refused_by_policy: auth(closed(1008, "policy")),
  closed_at_once: auth({ texts: [], ended: "end" }),
  closed_unknown: auth(closed(4999)),

  no_pong: judgeHeartbeat({ beats: [{ sent: 0 }, { sent: 700 }, { sent: 1400 }] }),
  proxy_buffers: judgeHeartbeat({
    beats: [
      { sent: 0, came: 3000 },
      { sent: 700, came: 3000 },
      { sent: 1400, came: 3001 },
    ],
  }),
  bad_frames: judgeHeartbeat({ beats: [], broken: { fault: "masked", bytes: "8185" } }),
  slow_pong: judgeHeartbeat({
    beats: [
      { sent: 0, came: 3000 },
      { sent: 700, came: 3700 },
      { sent: 1400, came: 4400 },
    ],
  }),

  cut_when_idle: judgeSilence(
    { seconds: 60, pings: 0, end: { kind: "ended", ending: { how: "end", code: "" } } },
    undefined,
  ),
  ended_by_server: judgeSilence(
    { seconds: 30, pings: 0, end: { kind: "close", code: 4408, reason: "" } },
    undefined,
  ),
  message_too_big: judgePayload(
    [
      { size: 100, became: "echoed" },
      { size: 65_536, became: "closed", code: 1009 },
    ],
    true,
  ),
  cut_by_size: judgePayload(
    [
      { size: 100, became: "echoed" },
      { size: 65_536, became: "cut" },
    ],
    true,
  ),
  few_sockets: judgeParallel([{ isOpen: true }, { isOpen: false, refusal: "1013 too many" }], true),
};

const names = Object.keys(causes) as CauseName[];
const walk = new Walk(target, {}, new FakeClock(now));
walk.addresses = ["203.0.113.7"];

/** The report of one finding, as anybody reads it. */
const told = (outcome: Outcome, language: Language) => {
  const stage = outcome.cause === undefined ? "auth" : causes[outcome.cause].stage;
  const findings = [{ stage, ms: 1, ...outcome }];
  return toReport({ url: "ws://example.com/", at: "", findings, facts: walk.facts }, language).findings[0]!;
};

describe("every cause", () => {
  test.each(names)("%s is what its sample shows", (name) => {
    expect(samples[name].cause).toBe(name);
    expect(samples[name].verdict).toBe("warning" in causes[name] ? "warning" : "broken");
  });

  test.each(names)("%s has sentences in every language, without a gap", (name) => {
    for (const language of Object.keys(languages) as Language[]) {
      const { saw, means, next, remedies: advice } = told(samples[name], language);
      for (const sentence of [saw, means, next]) {
        expect(sentence).not.toMatch(/\[\[|\]\]|\{\w+|undefined|⟨/);
        expect(sentence.length).toBeGreaterThan(5);
      }
      for (const { text } of advice)
        expect(text).not.toMatch(/\{(host|port|address|path|url|scheme|authority|seconds)\}/);
    }
  });

  test.each(names)("%s speaks of the same facts in every language", (name) => {
    for (const part of ["title", "means", "next"] as const) {
      const [english, ...others] = Object.values(languages).map(
        (words) => new Set(placeholders(words.causes[name][part])),
      );
      for (const other of others) expect([...other].sort()).toEqual([...english!].sort());
    }
  });
});

test("every remedy belongs to a cause", () => {
  const used = new Set<string>(Object.values(causes).flatMap(({ remedies: each }) => each));
  expect(Object.keys(remedies).filter((name) => !used.has(name))).toEqual([]);
});

test("every line speaks of the same facts in every language", () => {
  for (const line of lines) {
    const [english, ...others] = Object.values(languages).map((words) =>
      placeholders(words.lines[line]).sort(),
    );
    for (const other of others) expect(other).toEqual(english!);
  }
});

/** What looks odd, and is none of anybody's business. */
const harmless: Readonly<Record<string, Outcome>> = {
  "an IPv6 address to which this network has no way, said at once": reach(
    tried("2001:db8::1", "unreachable"),
    tried("203.0.113.7", "open"),
  ),
  "localhost, where one of two addresses refuses": reach(tried("::1", "refused"), tried("127.0.0.1", "open")),
  "a page of https that opens a plain socket to its own machine": judgePage(
    { verdict: "ok", facts: {} },
    { ...target, host: "localhost" },
    "https://shop.example",
  ),
  "a certificate that ends in three weeks": certificate({ to: days(21) }),
  "a subprotocol that was offered": upgrade(
    switching({ "sec-websocket-protocol": "mqtt" }),
    {},
    {
      options: { headers: { "Sec-WebSocket-Protocol": "json, mqtt" } },
    },
  ),
  "Upgrade among other words, in capitals": upgrade(
    switching({ upgrade: "WebSocket", connection: "keep-alive, Upgrade" }),
  ),
  "a clock that is half a minute off": auth({ texts: [] }, { ...asker, skew: -30 }),
  "an error message that does not end the socket": auth({
    texts: ['{"type":"error","message":"no such room"}'],
  }),
  "a pong for the last ping alone": judgeHeartbeat({
    beats: [
      { sent: 0, came: 2 },
      { sent: 700, came: 703 },
    ],
  }),
  "slow pongs, each as slow as the others": judgeHeartbeat({
    beats: [
      { sent: 0, came: 900 },
      { sent: 700, came: 1600 },
      { sent: 1400, came: 2300 },
    ],
  }),
  "a server that pings": judgeSilence({ seconds: 75, pings: 3 }, "nginx"),
  "a limit of messages that nobody wants to pass": judgePayload(
    [
      { size: 100, became: "echoed" },
      { size: 1024, became: "echoed" },
      { size: 65_536, became: "closed", code: 1009 },
    ],
    false,
  ),
  "a server that hangs up at any message it does not know": judgePayload(
    [{ size: 100, became: "closed", code: 1003 }],
    true,
  ),
  "a limit of sockets that nobody wants to pass": judgeParallel(
    [{ isOpen: true }, { isOpen: false, refusal: "4102" }],
    false,
  ),
};

test.each(Object.keys(harmless))("%s is no cause for alarm", (name) => {
  expect(harmless[name]!.cause).toBeUndefined();
});

const failing = (error: string, message: string, ...before: string[]): Heard => ({
  texts: [...before, JSON.stringify({ type: "error", error, message })],
});

test("a Peyk that can only say that it is not well is not well, although it keeps the socket open", () => {
  const words = "the store does not answer";
  expect(auth(failing("unavailable", words))).toMatchObject({
    cause: "server_unwell",
    facts: { code: 4106, reason: words },
  });
  expect(auth(failing("internal", "something went wrong on the server"))).toMatchObject({
    cause: "server_unwell",
    facts: { code: 1011 },
  });
  // It answers, if not this; it greeted before; it is nobody whose words we know.
  expect(auth(failing("bad_message", 'unknown type "ping"')).verdict).toBe("ok");
  expect(auth(failing("unavailable", words, '{"type":"connected"}')).verdict).toBe("ok");
  expect(auth(failing("unavailable", words), { isPeyk: false }).verdict).toBe("ok");
});

test("a certificate whose name stands in its subject alone is for nobody; a self-signed one is that first", () => {
  expect(certificate({ nameFits: false, names: [] })).toMatchObject({
    cause: "cert_wrong_name",
    facts: { no_names: true },
  });
  const own = { nameFits: false, names: [], chainFault: "DEPTH_ZERO_SELF_SIGNED_CERT" };
  expect(certificate(own).cause).toBe("cert_self_signed");
});

test("who resets also those who say nothing does not do it because of our request", () => {
  const reset = { bytes: new Uint8Array(), ending: { how: "failure", code: "ECONNRESET" } } as const;
  const otherwise = { speaksTls: false, speaksHttp: false };
  expect(judgeNoAnswer(reset, { ...otherwise, resetsAll: true }).cause).toBe("tcp_reset");
  expect(judgeNoAnswer(reset, otherwise).cause).toBe("hung_up");
});
