import type { EventDraft } from "../../../core/store.ts";
import type { PlainWrite, Unit, UnitOutcome } from "./messages.ts";

/**
 * What crosses between the threads: one text where it can be, which a mailbox takes almost for nothing, else the
 * values themselves, which it copies one by one.
 */
export type PackedUnits = string | readonly Unit[];
export type PackedOutcomes = string | readonly UnitOutcome[];

/** Stands before a number in the head, and for a null; a text is its length. */
const aNumber = -1;
const aNull = -2;

/**
 * A head, which is a JSON list of numbers, and behind it all texts in a row, each as long as its number in the head
 * says: texts that are mostly JSON themselves need no escaping so. A statement stands there once, whoever uses it.
 */
class Packer {
  readonly #head: number[] = [];
  readonly #texts: string[] = [];

  count(n: number): void {
    this.#head.push(n);
  }

  text(text: string): void {
    this.#head.push(text.length);
    this.#texts.push(text);
  }

  /** `false`: a value that cannot stand in a text. */
  value(value: unknown): boolean {
    if (typeof value === "string") this.text(value);
    else if (value === null) this.#head.push(aNull);
    else if (Number.isFinite(value)) this.#head.push(aNumber, value as number);
    else return false;
    return true;
  }

  seal(): string {
    return `${JSON.stringify(this.#head)}${this.#texts.join("")}`;
  }
}

class Unpacker {
  readonly #packed: string;
  readonly #head: readonly number[];
  #at = 0;
  #textAt: number;

  constructor(packed: string) {
    this.#packed = packed;
    this.#textAt = packed.indexOf("]") + 1;
    this.#head = JSON.parse(packed.slice(0, this.#textAt));
  }

  count(): number {
    return this.#head[this.#at++]!;
  }

  text(): string {
    return this.#slice(this.count());
  }

  value(): unknown {
    const mark = this.count();
    if (mark >= 0) return this.#slice(mark);
    return mark === aNumber ? this.count() : null;
  }

  #slice(length: number): string {
    const from = this.#textAt;
    this.#textAt += length;
    return this.#packed.slice(from, this.#textAt);
  }

  /** As many as the head says here. */
  list<T>(read: () => T): T[] {
    const list = new Array<T>(this.count());
    for (let i = 0; i < list.length; i++) list[i] = read();
    return list;
  }
}

export function packUnits(units: readonly Unit[]): PackedUnits {
  const packer = new Packer();
  const statements = new Map<string, number>();
  for (const { writes } of units)
    for (const { sql } of writes) if (!statements.has(sql)) statements.set(sql, statements.size);
  packer.count(statements.size);
  for (const sql of statements.keys()) packer.text(sql);
  packer.count(units.length);
  for (const unit of units) if (!packUnit(packer, unit, statements)) return units;
  return packer.seal();
}

/** `false`: a parameter that cannot stand in a text. */
function packUnit(packer: Packer, { writes, events }: Unit, statements: Map<string, number>): boolean {
  packer.count(writes.length);
  for (const { sql, parameters, rows } of writes) {
    packer.count(statements.get(sql)!);
    packer.count(rows ?? -1);
    packer.count(parameters.length);
    for (const each of parameters) if (!packer.value(each)) return false;
  }
  packer.count(events.length);
  for (const { topic, type, frame } of events) {
    packer.text(topic);
    packer.text(type);
    packer.text(frame);
  }
  return true;
}

export function unpackUnits(packed: PackedUnits): readonly Unit[] {
  if (typeof packed !== "string") return packed;
  const unpacker = new Unpacker(packed);
  const statements = unpacker.list(() => unpacker.text());
  const write = (): PlainWrite => {
    const sql = statements[unpacker.count()]!;
    const rows = unpacker.count();
    const parameters = unpacker.list(() => unpacker.value());
    return rows < 0 ? { sql, parameters } : { sql, parameters, rows };
  };
  const event = (): EventDraft => ({
    topic: unpacker.text(),
    type: unpacker.text(),
    frame: unpacker.text(),
  });
  return unpacker.list(() => ({ writes: unpacker.list(write), events: unpacker.list(event) }));
}

/** Outcomes without rows and failures, which is nearly all, as a flat list of numbers. */
export function packOutcomes(outcomes: readonly UnitOutcome[]): PackedOutcomes {
  const packer = new Packer();
  packer.count(outcomes.length);
  for (const outcome of outcomes) {
    if ("failed" in outcome) return outcomes;
    packer.count(outcome.firstSeq);
    packer.count(outcome.results.length);
    for (const { rows, changed } of outcome.results) {
      if (rows.length > 0) return outcomes;
      packer.count(changed);
    }
  }
  return packer.seal();
}

export function unpackOutcomes(packed: PackedOutcomes): readonly UnitOutcome[] {
  if (typeof packed !== "string") return packed;
  const unpacker = new Unpacker(packed);
  const result = () => ({ changed: unpacker.count(), rows: [] });
  return unpacker.list(() => ({ firstSeq: unpacker.count(), results: unpacker.list(result) }));
}
