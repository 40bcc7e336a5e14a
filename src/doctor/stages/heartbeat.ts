import { objectIn } from "../error-frame.ts";
import { because, type Outcome, ok } from "../outcome.ts";
import { pathOnly, testPath } from "../target.ts";
import type { Walk } from "../walk.ts";
import type { FrameFault } from "../wire/frames.ts";
import { askerOf } from "./auth.ts";
import type { Heard } from "./heard.ts";
import { judgeEnd } from "./refusal.ts";

/** A ping of ours, in milliseconds of one clock. */
export interface Beat {
  readonly sent: number;
  /** Absent: no pong came. */
  readonly came?: number;
}

export interface Heartbeat {
  readonly beats: readonly Beat[];
  /** Pongs came only after a lot more was asked for. */
  readonly afterPush?: true;
  readonly broken?: { readonly fault: FrameFault; readonly bytes: string };
  /** The server closed the connection meanwhile. */
  readonly end?: Heard;
  /** The bytes stopped without a close frame. */
  readonly cut?: true;
}

const pings = 3;
/** Milliseconds after which the next ping is sent although the last has no answer yet. */
const impatience = 700;
/** Milliseconds from the first ping to the last pong. */
const patience = 5_000;
/** Pings whose pongs are to fill a proxy's buffer: nginx's has 4 or 8 KB (proxy_buffer_size). */
const pushed = 160;
const pushedBytes = 125;
/** Milliseconds for the first of their pongs. */
const pushPatience = 1_500;
/** Milliseconds for the application's own pong. */
const jsonPatience = 1_000;
/** Milliseconds of a round trip from which on people feel it. */
const slow = 1_000;

export async function heartbeatStage(walk: Walk): Promise<Outcome> {
  const first = judge(await beat(walk, 1, patience), walk);
  if (first.verdict === "ok" && isForJson(walk)) return withJson(walk, first);
  if (first.cause !== "proxy_buffers") return first;
  // A moment's hitch in the network looks the same once, but not twice.
  const second = await beat(walk, 2, patience / 2);
  return isSilent(second) ? first : judge(second, walk);
}

/** Messages are sent to nobody who has not asked for them. */
const isForJson = ({ options, isPeyk, target }: Walk): boolean =>
  options.jsonPing === true || (isPeyk === true && pathOnly(target) === testPath);

/** The application's own ping, as Peyk's channels and many others answer it. */
async function withJson({ session, clock, pace }: Walk, outcome: Outcome): Promise<Outcome> {
  const started = clock.monotonic();
  const deadline = started + pace.patience(jsonPatience);
  session!.text('{"type":"ping"}');
  for (;;) {
    const event = await session!.next(deadline - clock.monotonic());
    if (event.kind === "message" && objectIn(event.text ?? "")?.type === "pong")
      return { ...outcome, facts: { ...outcome.facts, json_ms: round(clock.monotonic() - started) } };
    if (event.kind !== "message" && event.kind !== "pong") return outcome;
  }
}

const judge = (heartbeat: Heartbeat, walk: Walk): Outcome =>
  heartbeat.end === undefined ? judgeHeartbeat(heartbeat) : judgeEnd(heartbeat.end, askerOf(walk));

const isSilent = ({ beats }: Heartbeat): boolean => beats.every(({ came }) => came === undefined);

/** Sends pings for `ms` milliseconds at most, and notes when their pongs come. */
async function beat(walk: Walk, round: number, ms: number): Promise<Heartbeat> {
  const { session, clock } = walk;
  const beats: { sent: number; came?: number }[] = [];
  const started = clock.monotonic();
  const texts: string[] = [];
  const send = () => {
    session!.ping(new Uint8Array([round, beats.length]));
    beats.push({ sent: clock.monotonic() });
  };
  send();
  for (;;) {
    const waited = clock.monotonic() - beats.at(-1)!.sent;
    const isAnswered = beats.at(-1)!.came !== undefined;
    if (beats.length < pings && (isAnswered || waited >= impatience)) send();
    else if (beats.length === pings && isAnswered) return { beats };
    const left = ms - (clock.monotonic() - started);
    if (left <= 0) break;
    const event = await session!.next(Math.min(left, beats.length < pings ? impatience : left));
    if (event.kind === "pong" && event.data[0] === round) take(beats, event.data, clock.monotonic());
    else if (event.kind === "message") texts.push(event.text ?? "");
    else if (event.kind === "broken") return { beats, broken: event };
    else if (event.kind === "close") return { beats, end: { texts, close: event } };
    else if (event.kind === "ended") return { beats, cut: true };
  }
  const isSomeone = beats.some(({ came }) => came !== undefined);
  return !isSomeone && (await push(walk)) ? { beats, afterPush: true } : { beats };
}

/** RFC 6455 5.5.3: a pong carries its ping's body; the answer to a later ping answers those before. */
function take(beats: { sent: number; came?: number }[], data: Uint8Array, now: number): void {
  const [, index] = data;
  if (data.length !== 2 || index! >= beats.length) return;
  for (const each of beats.slice(0, index! + 1)) each.came ??= now;
}

/** Asks for so many pongs that no buffer can hold them back. */
async function push({ session, clock, pace }: Walk): Promise<boolean> {
  for (let i = 0; i < pushed; i++) session!.ping(new Uint8Array(pushedBytes));
  const deadline = clock.monotonic() + pace.patience(pushPatience);
  for (;;) {
    const event = await session!.next(deadline - clock.monotonic());
    if (event.kind === "pong" && event.data.length === pushedBytes) return true;
    if (event.kind !== "message" && event.kind !== "pong") return false;
  }
}

export function judgeHeartbeat({ beats, afterPush, broken, cut }: Heartbeat): Outcome {
  if (broken !== undefined) return because("bad_frames", { broken: broken.fault, bytes: broken.bytes });
  if (afterPush === true) return because("proxy_buffers", { how: "push" });
  const times = beats.flatMap(({ sent, came }) => (came === undefined ? [] : [came - sent]));
  if (cut === true) return because("no_pong", { how: "hangs_up_at_ping" });
  if (times.length === 0) return because("no_pong", { seconds: patience / 1000 });
  if (isBunch(beats)) return because("proxy_buffers", { how: "bunch", ms: Math.round(Math.max(...times)) });
  const ms = round(median(times));
  return ms >= slow ? because("slow_pong", { ms }) : ok("heartbeat_ok", { ms, pings: beats.length });
}

/** Pings that left apart, and whose pongs came together: somebody kept them. */
function isBunch(beats: readonly Beat[]): boolean {
  const [first, last] = [beats[0]!, beats.at(-1)!];
  if (first.came === undefined || last.came === undefined) return false;
  const apart = last.sent - first.sent;
  return apart >= impatience && last.came - first.came < apart / 4;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const round = (ms: number): number => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));
