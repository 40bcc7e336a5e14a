import { because, known, type Outcome, ok, skipped } from "../outcome.ts";
import type { Walk } from "../walk.ts";
import type { SessionEvent } from "../wire/session.ts";

/** What became of a silent socket. */
export interface Silence {
  /** Seconds until it ended, or that it lasted. */
  readonly seconds: number;
  /** Pings of the server's that were answered: we cannot be silent to them. */
  readonly pings: number;
  /** Absent: it still answers a ping of ours. */
  readonly end?: Exclude<SessionEvent, { kind: "message" }>;
}

/** Milliseconds for the pong that proves that the line still stands. */
const patience = 5_000;

export async function idleStage(walk: Walk): Promise<Outcome> {
  const { idle } = walk.options;
  return idle === undefined
    ? skipped("idle_not_asked")
    : judgeSilence(await beSilent(walk, idle), walk.proxy);
}

async function beSilent({ session, clock, pace }: Walk, seconds: number): Promise<Silence> {
  const started = clock.monotonic();
  const answered = session!.answeredPings;
  const silence = () => ({
    seconds: Math.round((clock.monotonic() - started) / 1000),
    pings: session!.answeredPings - answered,
  });
  for (const deadline = started + seconds * 1000; ; ) {
    const event = await session!.next(deadline - clock.monotonic());
    if (event.kind === "nothing") break;
    if (event.kind !== "message" && event.kind !== "pong") return { ...silence(), end: event };
  }
  const lasted = silence();
  session!.ping(new Uint8Array());
  for (const deadline = clock.monotonic() + pace.patience(patience); ; ) {
    const event = await session!.next(deadline - clock.monotonic());
    if (event.kind === "pong") return lasted;
    if (event.kind !== "message") return { ...lasted, end: event };
  }
}

/** Who cuts silent connections after so many seconds unless told otherwise; from their manuals. */
const cutters: readonly (readonly [number, string])[] = [
  [30, "Google Cloud's HTTP load balancer (timeoutSec)"],
  [50, "HAProxy (timeout client, timeout server, as Debian sets them)"],
  [55, "Heroku's router"],
  [60, "nginx (proxy_read_timeout) or AWS's Application Load Balancer (idle timeout)"],
  [100, "Cloudflare"],
  [180, "Traefik (idleTimeout)"],
  [240, "Azure's load balancer"],
  [300, "Apache (Timeout)"],
  [350, "AWS's Network Load Balancer"],
  [600, "Google Cloud's TCP load balancer"],
];

export function judgeSilence({ seconds, pings, end }: Silence, proxy: string | undefined): Outcome {
  if (end === undefined) return ok(pings > 0 ? "idle_server_pings" : "idle_survived", { seconds, pings });
  if (end.kind === "close")
    return because(
      "ended_by_server",
      known({ seconds, code: end.code, reason: end.reason === "" ? undefined : end.reason }),
    );
  if (end.kind === "broken") return because("bad_frames", { broken: end.fault, bytes: end.bytes });
  const likely = cutters.find(([after]) => Math.abs(after - seconds) <= 1)?.[1] ?? proxy;
  return because(
    "cut_when_idle",
    known({ seconds, likely, unnoticed: end.kind === "nothing" ? true : undefined }),
  );
}
