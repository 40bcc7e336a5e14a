import { distance, isPlace } from "./geo.ts";
import { DeviceTime, Position } from "./messages.ts";

/** Metres per second that nothing on the road reaches: 70 m/s are 252 km/h. */
const maxSpeed = 70;
/** Metres that a receiver may be wrong by without having jumped. */
const jitter = 500;
/** Milliseconds that a message may take to us: a clock that is less behind is right. */
const network = 5_000;
/** A position that can be one. */
export interface Fix {
  readonly lat: number;
  readonly lon: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly accuracy: number | null;
  readonly speed: number | null;
  readonly heading: number | null;
}

/** `skew`: milliseconds to add to what the device calls its time. */
export function readFix(raw: unknown, now: number, skew = 0): Fix | undefined {
  const read = Position.safeParse(raw);
  if (!read.success || !isPlace(read.data)) return undefined;
  const { lat, lon, accuracy, speed, heading, at } = read.data;
  const time = at === undefined || at === null ? now : millisecondsOf(at) + skew;
  return {
    lat,
    lon,
    at: Math.round(time),
    accuracy: accuracy ?? null,
    speed: speed ?? null,
    heading: heading ?? null,
  };
}

const millisecondsOf = (time: string | number): number =>
  typeof time === "number" ? time : Date.parse(time);

/** By how much a device's clock is behind ours; 0 where it does not say, and where it is only the network. */
export function skewOf(sentAt: unknown, now: number): number {
  const read = DeviceTime.safeParse(sentAt);
  const skew = read.success ? now - millisecondsOf(read.data) : 0;
  return Math.abs(skew) < network ? 0 : Math.round(skew);
}

/** Oldest first; a device whose clock is ahead was there now, and before. */
export function inOrder(fixes: readonly Fix[], now: number): Fix[] {
  const ahead = Math.max(0, ...fixes.map(({ at }) => at - now));
  const shifted = ahead === 0 ? [...fixes] : fixes.map((fix) => ({ ...fix, at: fix.at - ahead }));
  return shifted.sort((a, b) => a.at - b.at);
}

export function newer<A extends { at: number }, B extends { at: number }>(
  a: A | undefined,
  b: B | undefined,
) {
  if (a === undefined || b === undefined) return a ?? b;
  return a.at >= b.at ? a : b;
}

export function isJump(before: Pick<Fix, "lat" | "lon" | "at">, fix: Fix): boolean {
  const metres = distance(before, fix);
  return metres > jitter && metres > maxSpeed * Math.max(1, (fix.at - before.at) / 1000);
}
