import { CompiledQuery } from "kysely";
import type { Compilable } from "../../core/store.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { distance, isPlace } from "./geo.ts";
import type { Position, signals } from "./messages.ts";
import type { People } from "./people.ts";
import * as repo from "./repo.ts";

/** Milliseconds that a device's clock may be ahead. */
const maxAhead = 60_000;
/** Metres per second that nothing on the road reaches: 70 m/s are 252 km/h. */
const maxSpeed = 70;
/** Rows of one statement: one call for a hundred points. */
const rowsPerWrite = 100;
const columns = 7;
/** Statements of one commit. */
const writesPerCommit = 50;
/** Milliseconds between two notes of where a driver is in his own row; the track has every point. */
const notePeriod = 10_000;

/** Where a driver is now. */
export interface Live {
  lat: number;
  lon: number;
  /** Milliseconds since 1970 at which he was there. */
  at: number;
  speed: number | null;
  heading: number | null;
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
  #points: repo.TrackRow[] = [];
  readonly #moved = new Set<number>();
  readonly #drops = new Map<Drop, number>();
  #flushing = false;
  /** Called when a driver's marker changed. */
  onMove: (driver: number) => void = () => {};

  constructor(deps: DispatchDependencies, people: People) {
    this.#deps = deps;
    this.#people = people;
  }

  start(): void {
    for (const { id, lat, lon, located_at: at } of this.#people.drivers())
      if (lat !== null && lon !== null && at !== null)
        this.#live.set(id, {
          lat,
          lon,
          at,
          speed: null,
          heading: null,
          signal: this.#signal(at),
          notedAt: at,
        });
  }

  live(driver: number): Live | undefined {
    return this.#live.get(driver);
  }

  all(): IterableIterator<[number, Live]> {
    return this.#live.entries();
  }

  get drops(): ReadonlyMap<Drop, number> {
    return this.#drops;
  }

  /** Takes positions of one driver, in any order. */
  take(driver: number, positions: readonly Position[]): Intake {
    const intake: Intake = { accepted: 0, dropped: {} };
    const now = this.#deps.clock.now();
    const sorted = positions.map((each) => ({ ...each, at: timeOf(each, now) })).sort((a, b) => a.at - b.at);
    for (const position of sorted) {
      const drop = this.#judge(driver, position, now);
      if (drop === undefined) intake.accepted++;
      else {
        intake.dropped[drop] = (intake.dropped[drop] ?? 0) + 1;
        this.#drops.set(drop, (this.#drops.get(drop) ?? 0) + 1);
      }
    }
    return intake;
  }

  #judge(driver: number, position: Position & { at: number }, now: number): Drop | undefined {
    if (!isPlace(position) || Number.isNaN(position.at)) return "invalid";
    if (position.at > now + maxAhead) return "future";
    if (position.at < now - this.#deps.options.trackMaxAge) return "too_old";
    const live = this.#live.get(driver);
    const isLate = live !== undefined && position.at < live.at;
    const flaw = live === undefined || isLate ? undefined : this.#flaw(live, position);
    // He stands still: there is nothing new to store, but he is there.
    if (flaw === "too_close") this.#refresh(driver, live!, position, now);
    // More often than the track is kept: the marker moves all the same.
    if (flaw === "too_soon") this.#move(driver, live, position);
    if (flaw !== undefined) return flaw;
    this.#points.push(toPoint(driver, position));
    // What comes late belongs to the track; the marker knows better already. What is old on arrival is no marker either.
    if (!isLate && position.at >= now - this.#deps.options.lostAfter) this.#move(driver, live, position);
    return undefined;
  }

  #flaw(live: Live, position: Position & { at: number }): Drop | undefined {
    const { minDistance, minPeriod } = this.#deps.options;
    const passed = position.at - live.at;
    if (passed === 0) return "duplicate";
    const metres = distance(live, position);
    if (metres > maxSpeed * Math.max(1, passed / 1000) && metres > 500) return "jump";
    if (metres < minDistance) return "too_close";
    return passed < minPeriod ? "too_soon" : undefined;
  }

  #refresh(driver: number, live: Live, { at }: { at: number }, now: number): void {
    live.at = at;
    const signal = this.#signal(at, now);
    if (signal === live.signal) return;
    live.signal = signal;
    this.onMove(driver);
  }

  #move(
    driver: number,
    before: Live | undefined,
    { lat, lon, at, speed, heading }: Position & { at: number },
  ): void {
    const notedAt = before?.notedAt ?? 0;
    this.#live.set(driver, {
      lat,
      lon,
      at,
      speed: speed ?? null,
      heading: heading ?? null,
      signal: this.#signal(at),
      notedAt,
    });
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
    for (const [driver, live] of this.#live) {
      const signal = this.#signal(live.at, now);
      if (signal === live.signal) continue;
      live.signal = signal;
      this.onMove(driver);
    }
  }

  /** Writes what came since the last time; what cannot be written now stays for the next. */
  async flush(): Promise<void> {
    if (this.#flushing || this.#points.length === 0) return;
    this.#flushing = true;
    const points = this.#points;
    this.#points = [];
    try {
      const writes = [...inserts(points), ...this.#notes()];
      for (let i = 0; i < writes.length; i += writesPerCommit)
        await this.#deps.store.commit({ writes: writes.slice(i, i + writesPerCommit) });
    } catch (error) {
      // A point written twice is one; the memory for those that wait has an end.
      this.#points = [...points, ...this.#points].slice(-1_000_000);
      throw error;
    } finally {
      this.#flushing = false;
    }
  }

  #notes(): Compilable[] {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const notes = [];
    for (const id of this.#moved) {
      const live = this.#live.get(id)!;
      if (now - live.notedAt < notePeriod) continue;
      live.notedAt = now;
      this.#moved.delete(id);
      const row = this.#people.driver(id);
      if (row !== undefined)
        this.#people.remember({ ...row, lat: live.lat, lon: live.lon, located_at: live.at });
      notes.push(repo.placeDriver(store.db, { id, lat: live.lat, lon: live.lon, located_at: live.at }));
    }
    return notes;
  }

  /** The last positions are noted before the server ends. */
  async stop(): Promise<void> {
    for (const live of this.#live.values()) live.notedAt = 0;
    await this.flush();
    const writes = this.#notes();
    for (let i = 0; i < writes.length; i += writesPerCommit)
      await this.#deps.store.commit({ writes: writes.slice(i, i + writesPerCommit) });
  }

  async forget(): Promise<void> {
    const { store, clock, options } = this.#deps;
    await store.commit({ writes: [repo.deleteTrackBefore(store.db, clock.now() - options.trackMaxAge)] });
  }
}

const timeOf = ({ at }: Position, now: number): number =>
  at === undefined ? now : typeof at === "number" ? at : Date.parse(at);

const toPoint = (
  driver_id: number,
  { at, lat, lon, accuracy, speed, heading }: Position & { at: number },
): repo.TrackRow => ({
  driver_id,
  at: Math.round(at),
  lat,
  lon,
  accuracy: accuracy ?? null,
  speed: speed ?? null,
  heading: heading ?? null,
});

const valuesOf = ({ driver_id, at, lat, lon, accuracy, speed, heading }: repo.TrackRow) => [
  driver_id,
  at,
  lat,
  lon,
  accuracy,
  speed,
  heading,
];

const insertSql = (rows: number): string => {
  const row = `(${Array.from({ length: columns }, () => "?").join(", ")})`;
  const values = Array.from({ length: rows }, () => row).join(", ");
  return `insert into driver_track (driver_id, at, lat, lon, accuracy, speed, heading) values ${values} on conflict do nothing`;
};
const fullInsert = insertSql(rowsPerWrite);

/** A hundred points in one statement: Kysely would build it anew each time. */
function inserts(points: readonly repo.TrackRow[]): Compilable[] {
  const writes: Compilable[] = [];
  for (let i = 0; i < points.length; i += rowsPerWrite) {
    const some = points.slice(i, i + rowsPerWrite);
    const text = some.length === rowsPerWrite ? fullInsert : insertSql(some.length);
    const query = CompiledQuery.raw(text, some.flatMap(valuesOf));
    writes.push({ compile: () => query });
  }
  return writes;
}
