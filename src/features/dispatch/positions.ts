import { Bucket } from "../../core/bucket.ts";
import type { Compilable } from "../../core/store.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { type Fix, inOrder, isJump, newer, readFix, skewOf } from "./fix.ts";
import { distance } from "./geo.ts";
import type { signals } from "./messages.ts";
import type { People } from "./people.ts";
import * as repo from "./repo.ts";
import { TrackBuffer, toPoint, trackInserts } from "./track.ts";

/** Milliseconds that a device's clock may be ahead. */
const maxAhead = 60_000;
/** Positions in a row that agree on another place: then it was the old one that was wrong. */
const believedAfter = 3;
/** Statements of one commit. */
const writesPerCommit = 50;
/** Milliseconds between two notes of where a driver is in his own row; the track has every point. */
const notePeriod = 10_000;
/** Points that are forgotten in one commit. */
const forgetStep = 5_000;
/** Milliseconds by which a device's clock and the network may differ from one message to the next. */
const sameSkew = 5_000;
const never = Number.NEGATIVE_INFINITY;
/** Positions of one driver: so many a second, and at once after a day without a network. */
const perSecond = 20;
const atOnce = 20_000;

/** Where a driver is now. */
export interface Live {
  readonly lat: number;
  readonly lon: number;
  /** Milliseconds since 1970 at which he was there. */
  at: number;
  readonly speed: number | null;
  readonly heading: number | null;
  signal: (typeof signals)[number];
  /** When his row last learned of it, on the clock that nobody sets. */
  notedAt: number;
}

export type Drop =
  | "too_many"
  | "invalid"
  | "future"
  | "too_old"
  | "duplicate"
  | "jump"
  | "too_close"
  | "too_soon";

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
  readonly #skews = new Map<number, number>();
  readonly #budgets = new Map<number, Bucket>();
  readonly #track: TrackBuffer;
  readonly #moved = new Set<number>();
  #flushing: Promise<void> | undefined;
  /** Called when a driver's marker changed. */
  onMove: (driver: number) => void = () => {};

  constructor(deps: DispatchDependencies, people: People) {
    this.#deps = deps;
    this.#people = people;
    this.#track = new TrackBuffer(deps.events);
  }

  /** What the drivers' rows say, and the track after a server that went away without a word. */
  async start(): Promise<void> {
    const here = this.#people.drivers();
    const isHere = new Set(here.map(({ id }) => id));
    for (const { id, lat, lon, located_at: at } of here)
      if (lat !== null && lon !== null && at !== null) this.#restore(id, lat, lon, at);
    const noted = [...this.#live.values()].reduce((newest, { at }) => Math.max(newest, at), 0);
    for (const { driver_id, at, lat, lon } of await repo.newestPoints(
      this.#deps.store.db,
      noted - 3 * notePeriod,
    ))
      if (isHere.has(driver_id) && at > (this.#live.get(driver_id)?.at ?? 0))
        this.#restore(driver_id, lat, lon, at);
  }

  #restore(driver: number, lat: number, lon: number, at: number): void {
    const signal = this.#signal(at);
    this.#live.set(driver, { lat, lon, at, speed: null, heading: null, signal, notedAt: never });
    this.#people.place(driver, lat, lon, at);
  }

  live(driver: number): Live | undefined {
    return this.#live.get(driver);
  }

  drivers(): IterableIterator<number> {
    return this.#live.keys();
  }

  /** He left: no marker, and nothing to note. */
  remove(driver: number): void {
    for (const each of [this.#live, this.#suspects, this.#skews, this.#budgets, this.#moved])
      each.delete(driver);
  }

  /**
   * Takes positions of one driver as they came, in any order.
   *
   * @param sentAt what his device's clock says now, as in `at`; `undefined`: it is right, or he does not say.
   */
  take(driver: number, raws: readonly unknown[], sentAt?: unknown): Intake {
    const intake: Intake = { accepted: 0, dropped: {} };
    const now = this.#deps.clock.now();
    const skew = this.#skew(driver, sentAt, now);
    const fixes: Fix[] = [];
    for (const raw of raws) {
      const fix = this.#mayTake(driver) ? readFix(raw, now, skew) : "too_many";
      if (fix === "too_many") this.#drop(intake, fix);
      else if (fix === undefined) this.#drop(intake, "invalid");
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
    this.#deps.events.emit("positions.taken", intake);
    return intake;
  }

  #mayTake(driver: number): boolean {
    const now = this.#deps.clock.monotonic();
    const budget = this.#budgets.get(driver) ?? new Bucket(perSecond, atOnce, now);
    this.#budgets.set(driver, budget);
    return budget.take(now);
  }

  /** The same for messages that took a little longer: a batch that is sent again must be the same points. */
  #skew(driver: number, sentAt: unknown, now: number): number {
    const skew = skewOf(sentAt, now);
    const known = this.#skews.get(driver);
    if (known !== undefined && skew !== 0 && Math.abs(skew - known) < sameSkew) return known;
    if (sentAt !== undefined) this.#skews.set(driver, skew);
    return skew;
  }

  #drop(intake: Intake, reason: Drop): void {
    intake.dropped[reason] = (intake.dropped[reason] ?? 0) + 1;
  }

  /** `last`: the one of the same message that was accepted before. */
  #judge(driver: number, fix: Fix, now: number, last: Fix | undefined): Drop | undefined {
    const { trackMaxAge, lostAfter } = this.#deps.options;
    if (fix.at < now - trackMaxAge) return "too_old";
    const live = this.#live.get(driver);
    // What comes late belongs to the track; the marker knows better already. What is old on arrival is no marker either.
    // Ours may be set back; then what it knows is of a time that is still to come.
    const isLate = live !== undefined && fix.at < Math.min(live.at, now);
    const moves = !isLate && fix.at >= now - lostAfter;
    const before = newer(last, isLate ? undefined : live);
    const flaw = before === undefined ? undefined : this.#flaw(driver, before, fix);
    // He stands still: there is nothing new to store, but he is there.
    if (flaw === "too_close" && moves && live !== undefined) this.#refresh(driver, live, fix);
    // More often than the track is kept: the marker moves all the same.
    if (moves && (flaw === undefined || flaw === "too_soon")) this.#move(driver, live, fix);
    if (flaw === undefined) this.#track.add(toPoint(driver, fix));
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
    const notedAt = before?.notedAt ?? never;
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
    const points = this.#track.drain();
    const noted = this.#due();
    try {
      const writes = [...trackInserts(this.#deps.store.db, points), ...this.#notes(noted)];
      for (let i = 0; i < writes.length; i += writesPerCommit)
        await this.#deps.store.commit({ writes: writes.slice(i, i + writesPerCommit) });
    } catch (error) {
      // A point that is written twice is one.
      this.#track.putBack(points);
      for (const id of noted) if (this.#live.has(id)) this.#moved.add(id);
      throw error;
    }
  }

  /** Drivers whose row is to learn where they are. */
  #due(): number[] {
    const now = this.#deps.clock.monotonic();
    const due = [...this.#moved].filter((id) => now - (this.#live.get(id)?.notedAt ?? now) >= notePeriod);
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
    for (const live of this.#live.values()) live.notedAt = never;
    await this.flush().catch((error) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#deps.events.emit("failure", { where: "dispatch.track", incident: "-", error });
  }

  /** In small steps that let other writes through: fleets leave millions of points a day. */
  async forget(): Promise<void> {
    const { store, clock, options } = this.#deps;
    const before = clock.now() - options.trackMaxAge;
    for (let gone = forgetStep; gone === forgetStep; ) {
      const { results } = await store.commit({
        writes: [repo.deleteTrackBefore(store.db, before, forgetStep)],
      });
      gone = results[0]!.changed;
    }
  }
}
