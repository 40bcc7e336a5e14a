import { CompiledQuery } from "kysely";
import { type Dialect, dialectOf } from "../../core/dialect.ts";
import type { Events } from "../../core/events.ts";
import type { Compilable } from "../../core/store.ts";
import type { Fix } from "./fix.ts";
import type { Db, TrackRow } from "./repo.ts";

/** Rows of one statement: one call for a hundred points. */
const rowsPerWrite = 100;

export const toPoint = (driver_id: number, { at, lat, lon, accuracy, speed, heading }: Fix): TrackRow => ({
  driver_id,
  at,
  lat,
  lon,
  accuracy,
  speed,
  heading,
});

const anyRow: TrackRow = { driver_id: 0, at: 0, lat: 0, lon: 0, accuracy: 0, speed: 0, heading: 0 };
const insertSql = (db: Db, rows: number): string =>
  db
    .insertInto("driver_track")
    .values(Array.from({ length: rows }, () => anyRow))
    .onConflict((conflict) => conflict.doNothing())
    .compile().sql;
const fullInserts: { [D in Dialect]?: string } = {};

/** A hundred points in one statement: Kysely would build it anew each time. */
export function trackInserts(db: Db, points: readonly TrackRow[]): Compilable[] {
  const writes: Compilable[] = [];
  const dialect = dialectOf(db);
  for (let i = 0; i < points.length; i += rowsPerWrite) {
    const some = points.slice(i, i + rowsPerWrite);
    fullInserts[dialect] ??= insertSql(db, rowsPerWrite);
    const text = some.length === rowsPerWrite ? fullInserts[dialect] : insertSql(db, some.length);
    const query = CompiledQuery.raw(text, some.flatMap(valuesOf));
    writes.push({ compile: () => query });
  }
  return writes;
}

const valuesOf = ({ driver_id, at, lat, lon, accuracy, speed, heading }: TrackRow) => [
  driver_id,
  at,
  lat,
  lon,
  accuracy,
  speed,
  heading,
];

/** Points that wait for a store that does not answer: a quarter of an hour of a thousand drivers. */
const maxPoints = 1_000_000;

/** Points on their way to the disk. What cannot be written waits; past the limit the oldest are lost, and that is said. */
export class TrackBuffer {
  readonly #events: Events;
  readonly #max: number;
  #points: TrackRow[] = [];

  constructor(events: Events, max = maxPoints) {
    this.#events = events;
    this.#max = max;
  }

  add(point: TrackRow): void {
    this.#points.push(point);
  }

  drain(): TrackRow[] {
    const points = this.#points;
    this.#points = [];
    return points;
  }

  putBack(points: readonly TrackRow[]): void {
    const all = [...points, ...this.#points];
    const lost = Math.max(0, all.length - this.#max);
    this.#points = lost === 0 ? all : all.slice(lost);
    if (lost === 0) return;
    const error = new Error(`${lost} positions are in no track: the store takes none; is the disk full?`);
    this.#events.emit("failure", { where: "dispatch.track", incident: "-", error });
  }
}
