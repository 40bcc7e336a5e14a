import { objectIn } from "../error-frame.ts";
import { because, known, type Outcome, ok } from "../outcome.ts";
import { type Asker, type Heard, maxSkew, tokenFacts } from "./heard.ts";
import { judgeEnd } from "./refusal.ts";

/** May we stay? */
export function judgeAuth(heard: Heard, asker: Asker): Outcome {
  if (heard.broken !== undefined)
    return because("bad_frames", { broken: heard.broken, bytes: heard.bytes ?? "" });
  if (heard.close !== undefined || heard.ended !== undefined) return judgeEnd(heard, asker);
  const greeting = objectIn(heard.texts[0] ?? "") ?? {};
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
