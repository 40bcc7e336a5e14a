import { get, shake } from "../handshake.ts";
import { because, type Outcome } from "../outcome.ts";
import { pathOnly } from "../target.ts";
import type { Walk } from "../walk.ts";
import { describeWho, isPeykBody, whoAnswers } from "../who.ts";
import { isAnswer, type NoAnswer } from "../wire/http.ts";
import { LineFault } from "../wire/line.ts";
import { judgeAnswer } from "./answerer.ts";
import { isAlert, judgeNoAnswer, type Otherwise } from "./no-answer.ts";

/** Milliseconds in which nothing else is done but to ask whether this is a Peyk: some servers answer no plain request at all. */
const peykWait = 500;
/** Milliseconds for each further question to somebody who does not answer the handshake. */
const patience = 1_500;
/** Where a Peyk says that it is one. */
const peykHealth = "/api/websocket/health/";

/** Asks for a WebSocket, and looks at who answers; what was answered is the next stage's. */
export async function httpStage(walk: Walk): Promise<Outcome> {
  const shaken = await shake(walk).catch((error: unknown) => error);
  if (shaken instanceof LineFault) return because("hung_up", { code: shaken.code });
  const { answer, line, key } = shaken as Awaited<ReturnType<typeof shake>>;
  walk.line = line;
  if (!isAnswer(answer)) return judgeNoAnswer(answer, await whatElse(walk, answer));
  walk.answer = answer;
  walk.key = key;
  walk.who = describeWho(answer);
  walk.proxy = whoAnswers(answer).proxy;
  const outcome = judgeAnswer(answer, walk.target.host, walk.clock.now());
  if (outcome.verdict !== "ok") return outcome;
  await recognise(walk, isPeykBody(answer.body));
  return walk.isPeyk === true
    ? { ...outcome, facts: { ...outcome.facts, who: walk.who!, peyk: true } }
    : outcome;
}

/** An answer that comes late is heard, too, as long as the walk goes on; who cannot do without it waits for it. */
async function recognise(walk: Walk, isKnown: boolean): Promise<void> {
  walk.isPeyk = isKnown;
  const { promise: isLate, resolve } = Promise.withResolvers<void>();
  const cancel = walk.clock.after(walk.pace.patience(peykWait), resolve);
  const asked = isKnown ? Promise.resolve(true) : isPeyk(walk);
  walk.recognised = asked.then((isIt) => {
    if (isIt) walk.markAsPeyk();
  });
  await Promise.race([walk.recognised, isLate]);
  cancel();
}

async function isPeyk(walk: Walk): Promise<boolean> {
  try {
    const answer = await get(walk, peykHealth, walk.timeout);
    return isAnswer(answer) && /"server_type":\s*"peyk"/.test(answer.body);
  } catch {
    return false;
  }
}

async function whatElse(walk: Walk, { bytes, ending }: NoAnswer): Promise<Otherwise> {
  if (bytes.length > 0 && !isAlert(bytes)) return { speaksTls: false, speaksHttp: false };
  const speaksTls = !walk.target.secure && (await alsoSpeaksTls(walk));
  const speaksHttp = !speaksTls && (await alsoSpeaksHttp(walk, isAlert(bytes)));
  const mayReset = !speaksTls && !speaksHttp && bytes.length === 0 && ending?.how === "failure";
  return { speaksTls, speaksHttp, resetsAll: mayReset && (await resetsAll(walk)) };
}

/** The TCP stage has no time to wait for somebody who resets late. */
async function resetsAll(walk: Walk): Promise<boolean> {
  const { address, target, pace } = walk;
  try {
    const line = await walk.dial({ address, port: target.port }, pace.patience(patience));
    await line.wait(pace.patience(500));
    line.close();
    return line.ending?.how === "failure";
  } catch {
    return false;
  }
}

/** `badly`: with a request that a proxy refuses by itself, since whoever stands behind it speaks no HTTP. */
async function alsoSpeaksHttp(walk: Walk, badly: boolean): Promise<boolean> {
  try {
    return isAnswer(await get(walk, badly ? "*" : pathOnly(walk.target), walk.pace.patience(patience)));
  } catch {
    return false;
  }
}

/** Silence and a closed line are what a TLS port has for those who speak plainly. */
async function alsoSpeaksTls(walk: Walk): Promise<boolean> {
  const { address, target, pace } = walk;
  const tls = target.host === address ? {} : { servername: target.host };
  try {
    const line = await walk.dial({ address, port: target.port, tls }, pace.patience(patience));
    line.close();
    return true;
  } catch (error) {
    return error instanceof LineFault && /ALERT/.test(error.code);
  }
}
