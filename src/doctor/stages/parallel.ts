import { errorIn } from "../error-frame.ts";
import { shake } from "../handshake.ts";
import { because, known, type Outcome, ok, skipped } from "../outcome.ts";
import { pathOnly, testPath } from "../target.ts";
import type { Walk } from "../walk.ts";
import { isAnswer } from "../wire/http.ts";
import { LineFault } from "../wire/line.ts";
import { Session } from "../wire/session.ts";

/** One of several sockets: open, or refused with these words. */
export type Try = { readonly isOpen: true } | { readonly isOpen: false; readonly refusal: string };

/** What a Peyk gets unasked. */
const usualCount = 3;
/** Milliseconds in which a server nearby that lets nobody in any more has said so. */
const patience = 600;

export async function parallelStage(walk: Walk): Promise<Outcome> {
  const count = Math.round(walk.options.parallel ?? (walk.isPeyk ? usualCount : 0));
  if (count === 0) return skipped("parallel_not_asked");
  const closers: (() => void)[] = [];
  try {
    const tries = await Promise.all(Array.from({ length: count }, () => tryOne(walk, closers)));
    return judgeParallel(tries, walk.options.parallel !== undefined);
  } finally {
    for (const close of closers) close();
  }
}

async function tryOne(walk: Walk, closers: (() => void)[]): Promise<Try> {
  try {
    const { answer, line } = await shake(walk, { path: pathFor(walk) });
    if (!isAnswer(answer)) return refused("1006");
    if (answer.status !== 101) return refused(`HTTP ${answer.status}`);
    const session = new Session(line, answer.rest, walk.clock);
    closers.push(() => session.close());
    return await staysOpen(session, walk);
  } catch (error) {
    return refused(error instanceof LineFault ? error.code : "1006");
  }
}

/** Unasked, and where only one socket may hold a place, a Peyk's channel for tests takes the others. */
function pathFor({ isPeyk, options, target }: Walk): string {
  const isPlace = /^\/ws\/[^/]+$/.test(pathOnly(target));
  return isPeyk && (options.parallel === undefined || isPlace) ? testPath : target.path;
}

const refused = (refusal: string): Try => ({ isOpen: false, refusal });

async function staysOpen(session: Session, walk: Walk): Promise<Try> {
  const event = await session.next(walk.pace.patience(patience));
  if (event.kind === "close") return refused(`${event.code} ${event.reason}`.trim());
  if (event.kind === "ended") return refused("1006");
  if (event.kind === "message" && errorIn(event.text ?? "") !== undefined) return staysOpen(session, walk);
  return { isOpen: true };
}

/** `asked`: somebody needs so many. Unasked, a limit is no fault as long as one more socket opens. */
export function judgeParallel(tries: readonly Try[], asked: boolean): Outcome {
  const opened = tries.filter(({ isOpen }) => isOpen).length;
  const refusal = tries.find((each) => !each.isOpen);
  const facts = { count: tries.length, opened };
  if (refusal === undefined || refusal.isOpen) return ok("parallel_ok", facts);
  const found = known({ ...facts, refusal: refusal.refusal.slice(0, 160) });
  // One came in, and those right behind it did not: that is about speed, not about number.
  if (!asked && /^(4103|HTTP 429)\b/.test(refusal.refusal))
    return because("rate_limited", rateFacts(refusal.refusal));
  return asked || opened === 0 ? because("few_sockets", found) : ok("parallel_limited", found);
}

function rateFacts(refusal: string) {
  const [code = "", ...words] = refusal.replace(/^HTTP /, "").split(" ");
  return { code: Number(code), reason: words.join(" ") };
}
