import type { Compilable } from "../../core/store.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { type Fix, inOrder, isJump, newer, readFix } from "./fix.ts";
import { distance } from "./geo.ts";
import type { signals } from "./messages.ts";
import type { People } from "./people.ts";
import * as repo from "./repo.ts";
import { toPoint, trackInserts } from "./track.ts";

/** Milliseconds that a device's clock may be ahead. */
const maxAhead = 60_000;
/** Positions in a row that agree on another place: then it was the old one that was wrong. */
const believedAfter = 3;
/** Statements of one commit. */
const writesPerCommit = 50;
/** Milliseconds between two notes of where a driver is in his own row; the track has every point. */
const notePeriod = 10_000;
/** Points that wait for a store that does not answer. */
const maxPoints = 1_000_000;

/** Where a driver is now. */
export interface Live {
  readonly lat: number;
  readonly lon: number;
  /** Milliseconds since 1970 at which he was there. */
  at: number;
  readonly speed: number | null;
  readonly heading: number | null;
  signal: (typeof signals)[number];
  notedAt: number;
}

export type Drop = "invalid" | "future" | "too_old" | "duplicate" | "jump" | "too_close" | "too_soon";

/** What became of positions that were sent. */
export interface Intake {
  accepted: number;
  readonly dropped: Partial<Record<Drop, number>>;
}

/** Positions of drivers: filtered, the newest for the map, all that were accepted for the track. */
export class Positions {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #live = new Map<number, Live>();
  /** Where a driver seems to have jumped to, and how often he said so. */
  readonly #suspects = new Map<number, { fix: Fix; times: number }>();
  #points: repo.TrackRow[] = [];
  readonly #moved = new Set<number>();
  readonly #drops = new Map<Drop, number>();
  #flushing: Promise<void> | undefined;
  /** Called when a driver's marker changed. */
  onMove: (driver: number) => void = () => {};

  constructor(deps: DispatchDependencies, people: People) {
    this.#deps = deps;
    this.#people = people;
  }

  /** What the drivers' rows say, and the track after a server that went away without a word. */
  async start(): Promise<void> {
    for (const { id, lat, lon, located_at: at } of this.#people.drivers())
      if (lat !== null && lon !== null && at !== null) this.#restore(id, lat, lon, at);
    const noted = [...this.#live.values()].reduce((newest, { at }) => Math.max(newest, at), 0);
    for (const { driver_id, at, lat, lon } of await repo.newestPoints(
      this.#deps.store.db,
      noted - 3 * notePeriod,
    ))
      if (at > (this.#live.get(driver_id)?.at ?? 0)) this.#restore(driver_id, lat, lon, at);
  }

  #restore(driver: number, lat: number, lon: number, at: number): void {
    const signal = this.#signal(at);
    this.#live.set(driver, { lat, lon, at, speed: null, heading: null, signal, notedAt: at });
    this.#people.place(driver, lat, lon, at);
  }

  live(driver: number): Live | undefined {
    return this.#live.get(driver);
  }

  drivers(): IterableIterator<number> {
    return this.#live.keys();
  }

  /** How many were dropped since the start, by reason. */
  get drops(): ReadonlyMap<Drop, number> {
    return this.#drops;
  }

  /** Takes positions of one driver as they came, in any order. */
  take(driver: number, raws: readonly unknown[]): Intake {
    const intake: Intake = { accepted: 0, dropped: {} };
    const now = this.#deps.clock.now();
    const fixes: Fix[] = [];
    for (const raw of raws) {
      const fix = readFix(raw, now);
      if (fix === undefined) this.#drop(intake, "invalid");
      else if (fix.at > now + maxAhead) this.#drop(intake, "future");
      else fixes.push(fix);
    }
    let last: Fix | undefined;
    for (const fix of inOrder(fixes, now)) {
      const drop = this.#judge(driver, fix, now, last);
      if (drop !== undefined) this.#drop(intake, drop);
      else {
        intake.accepted++;
        last = fix;
      }
    }
    return intake;
  }

  #drop(intake: Intake, reason: Drop): void {
    intake.dropped[reason] = (intake.dropped[reason] ?? 0) + 1;
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  /** `last`: the one of the same message that was accepted before. */
  #judge(driver: number, fix: Fix, now: number, last: Fix | undefined): Drop | undefined {
    const { trackMaxAge, lostAfter } = this.#deps.options;
    if (fix.at < now - trackMaxAge) return "too_old";
    const live = this.#live.get(driver);
    // What comes late belongs to the track; the marker knows better already. What is old on arrival is no marker either.
    const isLate = live !== undefined && fix.at < live.at;
    const moves = !isLate && fix.at >= now - lostAfter;
    const before = newer(last, isLate ? undefined : live);
    const flaw = before === undefined ? undefined : this.#flaw(driver, before, fix);
    // He stands still: there is nothing new to store, but he is there.
    if (flaw === "too_close" && moves && live !== undefined) this.#refresh(driver, live, fix);
    // More often than the track is kept: the marker moves all the same.
    if (moves && (flaw === undefined || flaw === "too_soon")) this.#move(driver, live, fix);
    if (flaw === undefined) this.#points.push(toPoint(driver, fix));
    return flaw;
  }

  #flaw(driver: number, before: Pick<Fix, "lat" | "lon" | "at">, fix: Fix): Drop | undefined {
    const { minDistance, minPeriod } = this.#deps.options;
    const passed = fix.at - before.at;
    if (passed === 0 && fix.lat === before.lat && fix.lon === before.lon) return "duplicate";
    if (isJump(before, fix)) return this.#isBelieved(driver, fix) ? undefined : "jump";
    this.#suspects.delete(driver);
    if (distance(before, fix) < minDistance) return "too_close";
    return passed < minPeriod ? "too_soon" : undefined;
  }

  /** One wild position is an error of the receiver; several that agree are where he is. */
  #isBelieved(driver: number, fix: Fix): boolean {
    const suspect = this.#suspects.get(driver);
    const agrees = suspect !== undefined && fix.at > suspect.fix.at && !isJump(suspect.fix, fix);
    const times = agrees ? suspect.times + 1 : 1;
    if (times < believedAfter) this.#suspects.set(driver, { fix, times });
    else this.#suspects.delete(driver);
    return times >= believedAfter;
  }

  #refresh(driver: number, live: Live, { at }: Fix): void {
    live.at = at;
    this.#people.place(driver, live.lat, live.lon, at);
    this.#moved.add(driver);
    this.#judgeSignal(driver, live, this.#deps.clock.now());
  }

  #move(driver: number, before: Live | undefined, { lat, lon, at, speed, heading }: Fix): void {
    const notedAt = before?.notedAt ?? 0;
    this.#live.set(driver, { lat, lon, at, speed, heading, signal: this.#signal(at), notedAt });
    this.#people.place(driver, lat, lon, at);
    this.#moved.add(driver);
    this.onMove(driver);
  }

  #signal(at: number, now = this.#deps.clock.now()): (typeof signals)[number] {
    const { staleAfter, lostAfter } = this.#deps.options;
    return now - at < staleAfter ? "live" : now - at < lostAfter ? "stale" : "lost";
  }

  /** Markers grow old without a word from their drivers. */
  judgeSignals(): void {
    const now = this.#deps.clock.now();
    for (const [driver, live] of this.#live) this.#judgeSignal(driver, live, now);
  }

  #judgeSignal(driver: number, live: Live, now: number): void {
    const signal = this.#signal(live.at, now);
    if (signal === live.signal) return;
    live.signal = signal;
    this.onMove(driver);
  }

  /** Writes what came before this call; what cannot be written now stays for the next. */
  async flush(): Promise<void> {
    await this.#flushing?.catch(() => {});
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #write(): Promise<void> {
    const points = this.#points;
    this.#points = [];
    const noted = this.#due();
    try {
      const writes = [...trackInserts(points), ...this.#notes(noted)];
      for (let i = 0; i < writes.length; i += writesPerCommit)
        await this.#deps.store.commit({ writes: writes.slice(i, i + writesPerCommit) });
    } catch (error) {
      // A point that is written twice is one.
      this.#points = [...points, ...this.#points].slice(-maxPoints);
      for (const id of noted) this.#moved.add(id);
      throw error;
    }
  }

  /** Drivers whose row is to learn where they are. */
  #due(): number[] {
    const now = this.#deps.clock.now();
    const due = [...this.#moved].filter((id) => now - this.#live.get(id)!.notedAt >= notePeriod);
    for (const id of due) {
      this.#moved.delete(id);
      this.#live.get(id)!.notedAt = now;
    }
    return due;
  }

  #notes(drivers: readonly number[]): Compilable[] {
    const { db } = this.#deps.store;
    return drivers.map((id) => {
      const { lat, lon, at } = this.#live.get(id)!;
      return repo.placeDriver(db, { id, lat, lon, located_at: at });
    });
  }

  /** The last positions are noted before the server ends. */
  async stop(): Promise<void> {
    for (const live of this.#live.values()) live.notedAt = Number.NEGATIVE_INFINITY;
    await this.flush();
  }

  async forget(): Promise<void> {
    const { store, clock, options } = this.#deps;
    await store.commit({ writes: [repo.deleteTrackBefore(store.db, clock.now() - options.trackMaxAge)] });
  }
}
