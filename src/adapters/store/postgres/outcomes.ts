import type pg from "pg";
import { GuardFailed, type PlainWrite, type Unit, type UnitDone } from "../unit.ts";

export type Result = pg.QueryResult<Record<string, unknown>>;

/** Hands the results of all writes to the units that they belong to. Throws where a guard does not hold. */
export function toOutcomes(units: readonly Unit[], results: readonly Result[], before: number): UnitDone[] {
  let [at, seq] = [0, before + 1];
  return units.map(({ writes, events }) => {
    const done = { results: writes.map((write) => toResult(write, results[at++]!)), firstSeq: seq };
    seq += events.length;
    return done;
  });
}

function toResult({ rows: expected }: PlainWrite, { rows, rowCount }: Result): UnitDone["results"][number] {
  const changed = rowCount ?? 0;
  if (expected !== undefined && changed !== expected)
    throw new GuardFailed(`${changed} rows changed where ${expected} should have`);
  return { rows, changed };
}
