import { type FaultName, faults } from "../../protocol/faults.ts";
import type { CauseName } from "../causes.ts";
import { type ErrorFrame, errorIn } from "../error-frame.ts";
import { because, known, type Outcome } from "../outcome.ts";
import type { TokenProblem } from "../token.ts";
import { type Asker, type Heard, tokenFacts } from "./heard.ts";

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
export const receiptIn = ({ texts, close }: Heard): string | undefined =>
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
