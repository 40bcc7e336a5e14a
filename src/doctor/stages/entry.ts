import { type FaultName, faults } from "../../protocol/faults.ts";
import { type ErrorFrame, errorIn, objectIn } from "../error-frame.ts";
import { because, known, type Outcome, ok } from "../outcome.ts";
import { type Asker, type Heard, maxSkew, tokenFacts } from "./heard.ts";
import { judgeEnd } from "./refusal.ts";

/** May we stay? */
export function judgeAuth(heard: Heard, asker: Asker): Outcome {
  if (heard.broken !== undefined)
    return because("bad_frames", { broken: heard.broken, bytes: heard.bytes ?? "" });
  if (heard.close !== undefined || heard.ended !== undefined) return judgeEnd(heard, asker);
  const unwell = asker.isPeyk ? unwellIn(heard) : undefined;
  if (unwell !== undefined) return judgeUnwell(unwell, asker);
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

/** Faults of a server that is not well, whatever was asked. */
const unwells: readonly string[] = ["unavailable", "internal"] satisfies FaultName[];

/** A Peyk says nothing but such an error: it stays open, and nobody is served there. */
function unwellIn({ texts }: Heard): ErrorFrame | undefined {
  const errors = texts.map(errorIn);
  if (errors.includes(undefined)) return undefined;
  return errors.findLast((each) => each !== undefined && unwells.includes(each.fault));
}

/** The socket was not closed: the code is the one that its fault has. */
const judgeUnwell = ({ fault, message, receipt }: ErrorFrame, asker: Asker): Outcome =>
  because(
    "server_unwell",
    known({
      ...tokenFacts(asker),
      code: faults[fault as FaultName].close,
      reason: message === "" ? undefined : message.slice(0, 160),
      receipt,
    }),
  );
