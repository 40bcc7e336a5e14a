import { errorIn } from "../error-frame.ts";
import { get } from "../handshake.ts";
import { pathOnly } from "../target.ts";
import type { Walk } from "../walk.ts";
import { isPeykBody } from "../who.ts";
import { isAnswer } from "../wire/http.ts";
import type { Session } from "../wire/session.ts";
import type { Heard } from "./heard.ts";

/** Milliseconds in which a server nearby has greeted, or refused. */
const usual = 600;
/** Milliseconds for the plain question whether a path is a Peyk's. */
const pathPatience = 2_000;
/** A Peyk gives others, as who has the keys of foreign tokens, some 5 s; its own answer comes behind that. */
const peykSlack = 1_000;

/**
 * What a server says on an open socket. Whoever greets or refuses is not waited for any longer. A Peyk that says nothing
 * is asked: each of its channels answers a JSON ping, or refuses where it waits for a token, so that its silence is no
 * consent, however slow it is.
 */
export async function hear(walk: Walk, session: Session): Promise<Heard> {
  const heard = await listen(walk, session, walk.pace.patience(usual));
  if (!isSilent(heard) || !(await isPeyk(walk))) return heard;
  session.text('{"type":"ping"}');
  return listen(walk, session, peykPatience(walk));
}

/** Milliseconds in which a Peyk has answered a JSON ping. */
export const peykPatience = ({ timeout }: Walk): number => timeout + peykSlack;

export const isSilent = ({ texts, close, ended, broken }: Heard): boolean =>
  texts.length === 0 && close === undefined && ended === undefined && broken === undefined;

/** The socket's path tells, too: a proxy may hand on sockets and not the health page, which was asked for long ago. */
async function isPeyk(walk: Walk): Promise<boolean> {
  if (walk.isPeyk !== true && (await isPathOfPeyk(walk))) walk.markAsPeyk();
  if (walk.isPeyk !== true) await walk.recognised;
  return walk.isPeyk === true;
}

/** Whether this very path is a Peyk's: behind one name, others may have some of the paths. */
export async function isPathOfPeyk(walk: Walk): Promise<boolean> {
  try {
    const answer = await get(walk, pathOnly(walk.target), walk.pace.patience(pathPatience));
    return isAnswer(answer) && isPeykBody(answer.body);
  } catch {
    return false;
  }
}

/** Until a greeting or an end; after an error message, until its close frame, which is not far. */
async function listen({ clock, pace }: Walk, session: Session, ms: number): Promise<Heard> {
  const texts: string[] = [];
  for (let deadline = clock.monotonic() + ms; ; ) {
    const event = await session.next(Math.max(0, deadline - clock.monotonic()));
    if (event.kind === "message") texts.push(event.text ?? "");
    else if (event.kind === "close") return { texts, close: event };
    else if (event.kind === "ended") return { texts, ended: event.ending.how };
    else if (event.kind === "broken") return { texts, broken: event.fault, bytes: event.bytes };
    const last = texts.at(-1);
    if (event.kind === "nothing" || (last !== undefined && errorIn(last) === undefined)) return { texts };
    if (last !== undefined) deadline = Math.min(deadline, clock.monotonic() + pace.patience(usual));
  }
}
