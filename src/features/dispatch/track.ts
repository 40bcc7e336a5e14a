import { CompiledQuery } from "kysely";
import type { Compilable } from "../../core/store.ts";
import type { Fix } from "./fix.ts";
import type { TrackRow } from "./repo.ts";

/** Rows of one statement: one call for a hundred points. */
const rowsPerWrite = 100;
const columns = 7;

export const toPoint = (driver_id: number, { at, lat, lon, accuracy, speed, heading }: Fix): TrackRow => ({
  driver_id,
  at,
  lat,
  lon,
  accuracy,
  speed,
  heading,
});

function insertSql(rows: number): string {
  const row = `(${Array.from({ length: columns }, () => "?").join(", ")})`;
  const values = Array.from({ length: rows }, () => row).join(", ");
  return `insert into driver_track (driver_id, at, lat, lon, accuracy, speed, heading) values ${values} on conflict do nothing`;
}
const fullInsert = insertSql(rowsPerWrite);

/** A hundred points in one statement: Kysely would build it anew each time. */
export function trackInserts(points: readonly TrackRow[]): Compilable[] {
  const writes: Compilable[] = [];
  for (let i = 0; i < points.length; i += rowsPerWrite) {
    const some = points.slice(i, i + rowsPerWrite);
    const text = some.length === rowsPerWrite ? fullInsert : insertSql(some.length);
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
