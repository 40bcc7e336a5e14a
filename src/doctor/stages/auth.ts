import { type FaultName, faults } from "../../protocol/faults.ts";
import type { CauseName } from "../causes.ts";
import { shake } from "../handshake.ts";
import type { TokenPlace } from "../options.ts";
import { because, known, type Outcome, ok } from "../outcome.ts";
import type { Facts } from "../report.ts";
import { credentialOf, originOf } from "../target.ts";
import { readToken, type TokenProblem, type TokenReading } from "../token.ts";
import type { Walk } from "../walk.ts";
import type { FrameFault } from "../wire/frames.ts";
import { isAnswer } from "../wire/http.ts";
import { Session } from "../wire/session.ts";
import { skewOf } from "./http.ts";

/** Milliseconds in which a server has greeted, or refused. */
const patience = 600;
/** Seconds by which two clocks may differ before somebody is told. The `Date` header has whole seconds, and travels. */
const maxSkew = 60;

/** What came on the open socket before anything but a token was sent. */
export interface Heard {
  /** Text messages in their order. */
  readonly texts: readonly string[];
  readonly close?: { readonly code: number; readonly reason: string };
  /** The bytes stopped without a close frame. */
  readonly ended?: "end" | "failure";
  readonly broken?: FrameFault;
  /** Hexadecimal: the first bytes of the frame that broke the rules. */
  readonly bytes?: string;
}

/** What the judgement needs to know of us. */
export interface Asker {
  readonly isPeyk: boolean;
  /** Absent: no token was sent. */
  readonly token?: TokenReading & { readonly from: string };
  readonly origin?: string | undefined;
  /** Seconds that the server's clock is ahead. */
  readonly skew?: number | undefined;
}

export async function authStage(walk: Walk): Promise<Outcome> {
  const { session, target, options, clock, isPeyk } = walk;
  const credential = credentialOf(target, options);
  if (credential?.from === "message") session!.text(authMessage(credential.token));
  let heard = await listen(session!, clock.monotonic.bind(clock));
  walk.isPeyk ||= receiptIn(heard) !== undefined;
  // A Peyk's channel that waits for a first message says so when another one comes: then no token has arrived.
  if (isPeyk === true && credential?.from !== "message" && isSilent(heard)) heard = await pingInJson(walk);
  const outcome = judgeAuth(heard, askerOf(walk));
  return outcome.verdict === "broken" ? withOtherWay(walk, outcome) : outcome;
}

/** Causes that a token may have which went where the server does not look. */
const maybeElsewhere: readonly CauseName[] = [
  "token_missing",
  "refused_by_policy",
  "closed_at_once",
  "http_unauthorized",
  "http_forbidden",
];

/** Was the token only in the wrong place? Servers differ, and proxies drop headers. */
export async function withOtherWay(walk: Walk, outcome: Outcome): Promise<Outcome> {
  const credential = credentialOf(walk.target, walk.options);
  const isOurChoice = walk.options.token !== undefined && walk.options.tokenIn === undefined;
  if (credential?.from !== "header" || !isOurChoice || !maybeElsewhere.includes(outcome.cause!))
    return outcome;
  const places: readonly TokenPlace[] = walk.isPeyk === true ? ["query", "message"] : ["query"];
  for (const place of places)
    if (await entersBy(walk, place, credential.token))
      return { ...outcome, facts: { ...outcome.facts, works_in: place } };
  return outcome;
}

async function entersBy(walk: Walk, place: TokenPlace, token: string): Promise<boolean> {
  const shaken = await shake(walk, { tokenIn: place }).catch(() => undefined);
  if (shaken === undefined) return false;
  const { answer, line } = shaken;
  try {
    if (!isAnswer(answer) || answer.status !== 101) return false;
    const session = new Session(line, answer.rest, walk.clock);
    if (place === "message") session.text(authMessage(token));
    return (
      judgeAuth(await listen(session, walk.clock.monotonic.bind(walk.clock)), askerOf(walk)).verdict === "ok"
    );
  } finally {
    line.close();
  }
}

const authMessage = (token: string): string => JSON.stringify({ type: "auth", token });

async function pingInJson({ session, clock }: Walk): Promise<Heard> {
  session!.text('{"type":"ping"}');
  return listen(session!, clock.monotonic.bind(clock));
}

const isSilent = ({ texts, close, ended, broken }: Heard): boolean =>
  texts.length === 0 && close === undefined && ended === undefined && broken === undefined;

export function askerOf({ target, options, clock, answer, isPeyk }: Walk): Asker {
  const credential = credentialOf(target, options);
  const skew = skewOf(answer!, clock.now());
  const token = credential && { ...readToken(credential.token, clock.now(), skew), from: credential.from };
  return {
    isPeyk: isPeyk === true,
    origin: originOf(options),
    skew,
    ...(token === undefined ? {} : { token }),
  };
}

/** Until a greeting or an end; after an error message, until its close frame. */
async function listen(session: Session, time: () => number): Promise<Heard> {
  const texts: string[] = [];
  for (const deadline = time() + patience; ; ) {
    const event = await session.next(Math.max(0, deadline - time()));
    if (event.kind === "message") texts.push(event.text ?? "");
    else if (event.kind === "close") return { texts, close: event };
    else if (event.kind === "ended") return { texts, ended: event.ending.how };
    else if (event.kind === "broken") return { texts, broken: event.fault, bytes: event.bytes };
    const first = texts.at(-1);
    if (event.kind === "nothing" || (first !== undefined && errorIn(first) === undefined)) return { texts };
  }
}

interface ErrorFrame {
  readonly fault: string;
  readonly message: string;
  readonly receipt?: string;
}

/** A message that tells of an error, as Peyk and many others write it. */
export function errorIn(text: string): ErrorFrame | undefined {
  const frame = parse(text);
  if (frame === undefined || (frame.type !== "error" && frame.error === undefined)) return undefined;
  const string = (value: unknown) => (typeof value === "string" ? value : "");
  const fault = string(frame.fault) || string(frame.error) || string(frame.code);
  const message =
    string(frame.message) || string(frame.detail) || string(frame.reason) || string(frame.error);
  return { fault, message, ...(string(frame.receipt) === "" ? {} : { receipt: string(frame.receipt) }) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** May we stay? */
export function judgeAuth(heard: Heard, asker: Asker): Outcome {
  if (heard.broken !== undefined)
    return because("bad_frames", { broken: heard.broken, bytes: heard.bytes ?? "" });
  if (heard.close !== undefined || heard.ended !== undefined) return judgeEnd(heard, asker);
  const greeting = parse(heard.texts[0] ?? "") ?? {};
  const facts = known({
    ...tokenFacts(asker),
    greeting:
      typeof greeting.type === "string" && greeting.type !== "error" ? greeting.type.slice(0, 40) : undefined,
  });
  if (asker.token !== undefined && greeting.authenticated === false)
    return because(
      "token_ignored",
      known({
        ...facts,
        reason: typeof greeting.reason === "string" ? greeting.reason.slice(0, 120) : undefined,
      }),
    );
  if (asker.token?.problem !== undefined)
    return because("token_ignored", { ...facts, problem: asker.token.problem });
  if (asker.skew !== undefined && Math.abs(asker.skew) > maxSkew)
    return because("clock_skew", { ...facts, skew_seconds: asker.skew, off_seconds: Math.abs(asker.skew) });
  return asker.token !== undefined && greeting.authenticated === true
    ? ok("auth_who", { ...facts, user: String(greeting.user_id ?? greeting.name ?? "") })
    : ok(heard.texts.length > 0 ? "auth_greeted" : "auth_silent", facts);
}

/** What may be told of a token: nothing of its own characters. */
export function tokenFacts({ token, skew }: Asker): Facts {
  if (token === undefined) return {};
  const { kind, from, form, alg, issuer, audience, type } = token;
  return known({
    token_kind: kind,
    token_in: from,
    form,
    alg,
    issuer,
    audience,
    token_type: type,
    expired_seconds: positive(token.expired_seconds),
    expired_seconds_server: isApart(skew) ? positive(token.expired_seconds_server) : undefined,
    starts_in_seconds: token.starts_in_seconds,
    starts_in_seconds_server: isApart(skew) ? token.starts_in_seconds_server : undefined,
    skew_seconds: skew,
  });
}

/** Whether it matters whose clock one reads. */
const isApart = (skew: number | undefined): boolean => skew !== undefined && Math.abs(skew) > maxSkew / 2;

const positive = (seconds: number | undefined): number | undefined =>
  seconds !== undefined && seconds > 0 ? seconds : undefined;

/** The socket was opened, and is closed at once. */
export function judgeEnd(heard: Heard, asker: Asker): Outcome {
  const { code, reason } = heard.close ?? { code: 1006, reason: "" };
  const error = heard.texts.map(errorIn).findLast((each) => each !== undefined);
  const receipt = receiptIn(heard);
  const words = error?.message || reason.replace(/ ?\[r_\w+\]$/, "");
  const facts = known({
    ...tokenFacts(asker),
    code,
    reason: words === "" ? undefined : words.slice(0, 160),
    receipt,
    origin: asker.origin,
    abrupt: heard.ended === undefined ? undefined : true,
  });
  const told: Told = { fault: faultFrom(error, code, words, receipt), code, words };
  return because(causeOf(told, asker), facts);
}

/** A Peyk's receipt of its refusal; nobody else gives one. */
const receiptIn = ({ texts, close }: Heard): string | undefined =>
  /\[(r_\w+)\]$/.exec(close?.reason ?? "")?.[1] ??
  texts.map((text) => errorIn(text)?.receipt).findLast((each) => each !== undefined);

interface Told {
  readonly fault: FaultName | undefined;
  readonly code: number;
  readonly words: string;
}

/** The fault's name, where a Peyk refused: from its error message, else from the words of its reason. */
function faultFrom(
  error: ErrorFrame | undefined,
  code: number,
  words: string,
  receipt: string | undefined,
): FaultName | undefined {
  if (error !== undefined && Object.hasOwn(faults, error.fault)) return error.fault as FaultName;
  if (receipt === undefined) return undefined;
  const rows = Object.entries(faults).filter(([, row]) => row.close === code);
  return (rows.find(([, row]) => row.message === words) ?? rows[0])?.[0] as FaultName | undefined;
}

const byFault: Partial<Record<FaultName, CauseName>> = {
  token_expired: "token_expired",
  token_revoked: "token_revoked",
  origin_refused: "origin_refused",
  bad_request: "path_refused",
  client_id_taken: "place_taken",
  replaced: "place_taken",
  conflict: "place_taken",
  too_many_messages: "rate_limited",
  connecting_too_fast: "rate_limited",
  too_many_attempts: "rate_limited",
  too_many_connections: "too_many_connections",
  server_full: "server_full",
  unavailable: "server_unwell",
  internal: "server_unwell",
  shutting_down: "server_restarts",
};

function causeOf(told: Told, asker: Asker): CauseName {
  const { fault, words } = told;
  if (fault === undefined) return causeOfStranger(told, asker);
  if (fault === "unauthorized" || fault === "auth_timeout") return "token_missing";
  if (fault === "bad_token" || fault === "bad_device_token") return badToken(fault, words, asker);
  if (fault === "forbidden") return /may enter here, not/.test(words) ? "role_refused" : "object_refused";
  if (fault === "not_found") return words === faults.not_found.message ? "path_refused" : "object_refused";
  return byFault[fault] ?? "closed_unknown";
}

/** Words of src/adapters/auth/token-fault.ts and src/features/devices/tokens.ts, and of JWT libraries. */
const tokenWords: readonly (readonly [RegExp, CauseName])[] = [
  [/"?Bearer"? twice|must be `?Bearer/i, "token_malformed"],
  [/not valid yet|nbf|not active|used before/i, "token_future"],
  [/expired|\bexp\b|too old/i, "token_expired"],
  [/algorithm|\balg\b/i, "token_wrong_algorithm"],
  [/another key|signature|verification failed|invalid key|\biss\b|issuer/i, "token_wrong_key"],
  [/audience|\baud\b/i, "token_wrong_audience"],
  [/this token is for|another kind/i, "token_other_kind"],
  [/revoked|blacklist|logged out|session was ended|disabled|inactive|deactivated/i, "token_revoked"],
];

const byProblem: Readonly<Record<TokenProblem, CauseName>> = {
  malformed: "token_malformed",
  expired: "token_expired",
  future: "token_future",
  refresh: "token_refresh",
};

function badToken(fault: "bad_token" | "bad_device_token", words: string, { token }: Asker): CauseName {
  const said = tokenWords.find(([pattern]) => pattern.test(words))?.[1];
  if (said !== undefined) return said;
  if (token === undefined) return "token_missing";
  const wanted = fault === "bad_device_token" ? "jwt" : "peyk_device";
  if (token.kind === wanted && token.problem !== "malformed") return "token_other_kind";
  if (token.problem !== undefined) return byProblem[token.problem];
  if (/not known|unknown|no such/i.test(words)) return "token_unknown";
  return /refresh|access token/.test(words) ? "token_refresh" : "token_malformed";
}

/** Close codes that other servers took from HTTP's statuses, and RFC 6455's own. */
const byCode: Readonly<Record<number, CauseName>> = {
  1000: "closed_at_once",
  1001: "server_restarts",
  1005: "closed_at_once",
  1006: "closed_at_once",
  1009: "message_too_big",
  1011: "server_unwell",
  1012: "server_restarts",
  1013: "server_full",
  3003: "role_refused",
  4003: "role_refused",
  4004: "object_refused",
  4029: "rate_limited",
  4403: "role_refused",
  4404: "object_refused",
  4429: "rate_limited",
  4500: "server_unwell",
  4503: "server_unwell",
};

/** Codes by which servers say that they do not know who is there. */
const unknownCaller = [3000, 4001, 4401];

/** Some other server: its code, its words, and what we know of our own token. */
function causeOfStranger({ code, words }: Told, { token }: Asker): CauseName {
  if (/origin/i.test(words)) return "origin_refused";
  const isAboutToken =
    unknownCaller.includes(code) || /token|jwt|auth|credential|signature|session|log ?in/i.test(words);
  if (isAboutToken && token === undefined) return "token_missing";
  const said = isAboutToken ? tokenWords.find(([pattern]) => pattern.test(words))?.[1] : undefined;
  if (said !== undefined) return said;
  if (token?.problem !== undefined && (isAboutToken || mayBeToken.includes(code)))
    return byProblem[token.problem];
  if (unknownCaller.includes(code)) return "token_unknown";
  if (code === 1008) return "refused_by_policy";
  return byCode[code] ?? "closed_unknown";
}

/** Codes that say nothing, and behind which a token's fault hides. */
const mayBeToken = [1000, 1002, 1003, 1005, 1006, 1008, 3000, 3003, 4001, 4003, 4401, 4403];
