import type { EventDraft } from "../../../core/store.ts";
import type { PlainWrite, Unit, UnitOutcome } from "./messages.ts";

/** A flat list as JSON text where it can be (a mailbox takes text almost for nothing), else the list itself. */
export type Packed = string | readonly unknown[];

const seal = (flat: readonly unknown[], plain: boolean): Packed => (plain ? JSON.stringify(flat) : flat);
const unseal = (packed: Packed): readonly unknown[] =>
  typeof packed === "string" ? JSON.parse(packed) : packed;

const isPlain = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number" || value === null;

/**
 * Units as one flat list: a thread's mailbox copies a list of strings and numbers at half the price of the same
 * values in nested objects, and each message of a busy chat pays that price.
 */
export function packUnits(units: readonly Unit[]): Packed {
  let plain = true;
  const flat: unknown[] = [units.length];
  for (const { writes, events } of units) {
    flat.push(writes.length, events.length);
    for (const { sql, parameters, rows } of writes) {
      flat.push(sql, rows ?? -1, parameters.length);
      for (const each of parameters) {
        plain &&= isPlain(each);
        flat.push(each);
      }
    }
    for (const { topic, type, frame } of events) flat.push(topic, type, frame);
  }
  return seal(flat, plain);
}

export function unpackUnits(packed: Packed): Unit[] {
  const flat = unseal(packed);
  let at = 0;
  const next = <T>() => flat[at++] as T;
  return Array.from({ length: next<number>() }, () => {
    const writes = new Array<PlainWrite>(next<number>());
    const events = new Array<EventDraft>(next<number>());
    for (let i = 0; i < writes.length; i++) {
      const sql = next<string>();
      const rows = next<number>();
      const count = next<number>();
      const parameters = flat.slice(at, at + count);
      at += count;
      writes[i] = rows < 0 ? { sql, parameters } : { sql, parameters, rows };
    }
    for (let i = 0; i < events.length; i++) events[i] = { topic: next(), type: next(), frame: next() };
    return { writes, events };
  });
}

export function packOutcomes(outcomes: readonly UnitOutcome[]): Packed {
  let plain = true;
  const flat: unknown[] = [outcomes.length];
  for (const outcome of outcomes) {
    if ("failed" in outcome) flat.push(-1, outcome.failed, outcome.detail);
    else {
      flat.push(outcome.firstSeq, outcome.results.length);
      for (const { rows, changed } of outcome.results) {
        plain &&= rows.length === 0;
        flat.push(changed, rows.length > 0 ? rows : null);
      }
    }
  }
  return seal(flat, plain);
}

export function unpackOutcomes(packed: Packed): UnitOutcome[] {
  const flat = unseal(packed);
  let at = 0;
  const next = <T>() => flat[at++] as T;
  return Array.from({ length: next<number>() }, (): UnitOutcome => {
    const firstSeq = next<number>();
    if (firstSeq < 0) return { failed: next(), detail: next() };
    const results = new Array<{ rows: Record<string, unknown>[]; changed: number }>(next<number>());
    for (let i = 0; i < results.length; i++) {
      const changed = next<number>();
      results[i] = { changed, rows: next<Record<string, unknown>[] | null>() ?? [] };
    }
    return { firstSeq, results };
  });
}
