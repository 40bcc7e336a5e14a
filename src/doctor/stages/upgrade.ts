import { get, shake } from "../handshake.ts";
import { known, type Outcome } from "../outcome.ts";
import { originOf, pathOnly, type Target, urlOf } from "../target.ts";
import type { Walk } from "../walk.ts";
import { isPeykBody, whoAnswers } from "../who.ts";
import { type Answer, isAnswer } from "../wire/http.ts";
import { Session } from "../wire/session.ts";
import { askerOf, withOtherWay } from "./auth.ts";
import { judgeUpgrade, type Probes, wantsUpgrade } from "./handshake-answer.ts";
import { tokenFacts } from "./heard.ts";

/** Milliseconds for each further question. */
const patience = 1_500;

export async function upgradeStage(walk: Walk): Promise<Outcome> {
  const answer = walk.answer!;
  const probes = answer.status === 101 ? {} : await probe(walk, answer);
  const outcome = judgeUpgrade(answer, {
    target: walk.target,
    key: walk.key,
    isPeyk: walk.isPeyk === true,
    options: walk.options,
    probes,
  });
  if (outcome.verdict !== "ok") return withOtherWay(walk, withToken(outcome, walk));
  walk.session = new Session(walk.line!, answer.rest, walk.clock);
  return outcome;
}

/** What is wrong with our own token is worth knowing where somebody refuses us by a status. */
function withToken(outcome: Outcome, walk: Walk): Outcome {
  if (outcome.cause !== "http_unauthorized" && outcome.cause !== "http_forbidden") return outcome;
  const asker = askerOf(walk);
  return {
    ...outcome,
    facts: known({ ...tokenFacts(asker), problem: asker.token?.problem, ...outcome.facts }),
  };
}

/** Where servers of this world have their sockets. */
const usualPaths = ["/ws/test/", "/ws", "/ws/", "/", "/websocket", "/socket.io/?EIO=4&transport=websocket"];

async function probe(walk: Walk, answer: Answer): Promise<Probes> {
  const { status } = answer;
  if (status === 403)
    return {
      otherOrigin: await findOrigin(walk),
      otherPath: await findPath(walk, slashVariant(walk.target)),
    };
  const mayBePath =
    status === 200 ||
    status === 204 ||
    (status >= 400 && status < 500 && ![401, 407, 426, 429].includes(status)) ||
    status === 501;
  if (!mayBePath || whoAnswers(answer).httpOnly || isPeykBody(answer.body)) return {};
  return {
    otherPath: await findPath(walk, [...slashVariant(walk.target), ...usualPaths]),
    asksForUpgrade: await asks(walk),
  };
}

async function asks(walk: Walk): Promise<boolean> {
  try {
    const answer = await get(walk, pathOnly(walk.target), walk.pace.patience(patience));
    return isAnswer(answer) && wantsUpgrade(answer);
  } catch {
    return false;
  }
}

/** The same path with a slash at the end, or without. */
function slashVariant(target: Target): string[] {
  const [path = "", query] = target.path.split("?");
  const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  return other === "" ? [] : [query === undefined ? other : `${other}?${query}`];
}

/** The first of these paths, in their order, that opens a WebSocket. */
async function findPath(walk: Walk, paths: readonly string[]): Promise<string | undefined> {
  const others = paths.filter((path) => path.split("?")[0] !== pathOnly(walk.target));
  const opens = await Promise.all(others.map((path) => upgrades(walk, { path })));
  return others.find((_, i) => opens[i]);
}

/** Without ours, where we sent one; else as a page of this very server would send it (Django asks for that). */
async function findOrigin(walk: Walk): Promise<string | undefined> {
  const { target, options } = walk;
  const own = urlOf(target, "").replace(/^ws/, "http");
  const others = originOf(options) === undefined ? [own] : ["", own];
  for (const origin of others) if (await upgrades(walk, { origin })) return origin;
  return undefined;
}

async function upgrades(walk: Walk, variant: { path?: string; origin?: string }): Promise<boolean> {
  try {
    const { answer, line } = await shake(walk, { ...variant, ms: walk.pace.patience(patience) });
    line.close();
    return isAnswer(answer) && answer.status === 101;
  } catch {
    return false;
  }
}
