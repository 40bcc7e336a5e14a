import type { CauseName } from "../causes.ts";
import { fitsHeader, shake } from "../handshake.ts";
import type { TokenPlace } from "../options.ts";
import { because, type Outcome } from "../outcome.ts";
import { credentialOf, originOf } from "../target.ts";
import { readToken } from "../token.ts";
import type { Walk } from "../walk.ts";
import { isAnswer } from "../wire/http.ts";
import { Session } from "../wire/session.ts";
import { skewOf } from "./answerer.ts";
import { judgeAuth } from "./entry.ts";
import { type Asker, tokenFacts } from "./heard.ts";
import { hear, isPathOfPeyk, isSilent, peykPatience } from "./listen.ts";
import { receiptIn } from "./refusal.ts";

export async function authStage(walk: Walk): Promise<Outcome> {
  const { target, options } = walk;
  const session = walk.session!;
  const credential = credentialOf(target, options);
  if (credential?.from === "message") session.text(authMessage(credential.token));
  const heard = await hear(walk, session);
  walk.isPeyk ||= receiptIn(heard) !== undefined;
  const asker = askerOf(walk);
  // What cannot stand in a header was not sent, so that the server knows nothing of it.
  if (credential?.from === "header" && !fitsHeader(credential.token))
    return because("token_malformed", tokenFacts(asker));
  if (walk.isPeyk && isSilent(heard) && (await isPathOfPeyk(walk)))
    return because("no_pong", { how: "no_json_pong", seconds: Math.round(peykPatience(walk) / 1000) });
  const outcome = judgeAuth(heard, asker);
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
    return judgeAuth(await hear(walk, session), askerOf(walk)).verdict === "ok";
  } finally {
    line.close();
  }
}

const authMessage = (token: string): string => JSON.stringify({ type: "auth", token });

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
