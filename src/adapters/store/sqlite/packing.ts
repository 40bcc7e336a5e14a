import type { EventDraft } from "../../../core/store.ts";
import type { PlainWrite, Unit, UnitOutcome } from "../unit.ts";

/**
 * What crosses between the threads: one text where it can be, which a mailbox takes almost for nothing, else the
 * values themselves, which it copies one by one.
 */
export type PackedUnits = string | readonly Unit[];
export type PackedOutcomes = string | readonly UnitOutcome[];

/**
 * Numbers are written with six bits to a character, smallest first; a seventh says that more follow. All are ASCII, so
 * a text of Latin letters stays at one byte each.
 */
const bits = 6;
const more = 1 << bits;
const rest = more - 1;
/** A value in the head: nothing, or twice the length of its text, and one more where the text is a number's. */
const nothing = 0;

/** Where heads are written; it grows with the biggest. */
let head = Buffer.alloc(1 << 16);

/**
 * A head of small numbers, and behind it all texts in a row, each as long as the head says: texts that are mostly JSON
 * themselves need no escaping so. A statement stands there once, whoever uses it.
 */
class Packer {
  #length = 0;
  #texts = "";

  count(n: number): void {
    if (this.#length + 10 > head.length) head = Buffer.concat([head], head.length * 2);
    let left = n;
    while (left > rest) {
      head[this.#length++] = (left % more) | more;
      left = Math.floor(left / more);
    }
    head[this.#length++] = left;
  }

  text(text: string): void {
    this.count(text.length);
    this.#texts += text;
  }

  /** `false`: a value that cannot stand in a text. */
  value(value: unknown): boolean {
    if (value === null) this.count(nothing);
    else if (typeof value === "string") this.#marked(value, 1);
    else if (Number.isFinite(value)) this.#marked(String(value), 2);
    else return false;
    return true;
  }

  #marked(text: string, mark: 1 | 2): void {
    this.count(text.length * 2 + mark);
    this.#texts += text;
  }

  seal(): string {
    return `${this.#length};${head.toString("latin1", 0, this.#length)}${this.#texts}`;
  }
}

class Unpacker {
  readonly #packed: string;
  #at: number;
  #textAt: number;

  constructor(packed: string) {
    this.#packed = packed;
    this.#at = packed.indexOf(";") + 1;
    this.#textAt = this.#at + Number(packed.slice(0, this.#at - 1));
  }

  count(): number {
    let n = 0;
    for (let unit = 1; ; unit *= more) {
      const part = this.#packed.charCodeAt(this.#at++);
      n += (part & rest) * unit;
      if (part < more) return n;
    }
  }

  text(): string {
    return this.#slice(this.count());
  }

  value(): string | number | null {
    const marked = this.count();
    if (marked === nothing) return null;
    const text = this.#slice((marked - 1) >> 1);
    return marked % 2 === 1 ? text : Number(text);
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
    packer.count(rows === undefined ? 0 : rows + 1);
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
  const value = () => unpacker.value();
  const write = (): PlainWrite => {
    const sql = statements[unpacker.count()]!;
    const rows = unpacker.count();
    const parameters = unpacker.list(value);
    return rows === 0 ? { sql, parameters } : { sql, parameters, rows: rows - 1 };
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
