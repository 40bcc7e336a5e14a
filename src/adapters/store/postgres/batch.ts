import type pg from "pg";
import type { EventDraft } from "../../../core/store.ts";
import { GuardFailed, type PlainWrite, type Unit, type UnitDone, type UnitOutcome } from "../unit.ts";
import { isLost, toFailure } from "./complaint.ts";
import { storable, storableValues } from "./storable.ts";

/** The answer to a `commit` was lost: it may have happened, or not. */
export class LostCommit extends Error {
  /** The transaction's number, by which PostgreSQL can be asked later. */
  readonly transaction: string;
  /** What became of the units if it was committed. */
  readonly outcomes: readonly UnitOutcome[];

  constructor({ transaction, outcomes }: Written, cause: unknown) {
    super("the answer to a commit was lost", { cause });
    this.transaction = transaction;
    this.outcomes = outcomes;
  }
}

/** Statements that PostgreSQL keeps prepared for this connection; rarer ones are parsed each time. */
const maxPrepared = 400;

const begin = "begin isolation level read committed read write";
const advance = `update journal_state set head = head + $1::bigint
  returning head, pg_current_xact_id()::text as transaction`;
const lock = "select head, pg_current_xact_id()::text as transaction from journal_state for update";
const insertEvents = `insert into journal (seq, topic, type, frame, at)
  select (select head from journal_state) - $1::bigint + e.n, e.topic, e.type, e.frame, $2::bigint
  from unnest($3::text[], $4::text[], $5::text[]) with ordinality as e (topic, type, frame, n)`;

type Result = pg.QueryResult<Record<string, unknown>>;

interface Written {
  readonly transaction: string;
  readonly outcomes: readonly UnitOutcome[];
}

/** Writes many changes in one transaction over one connection; each is all or nothing on its own. */
export class BatchWriter {
  readonly #client: pg.Client;
  readonly #place: string;
  readonly #slowCommit: number;
  readonly #names = new Map<string, string>();

  constructor(client: pg.Client, place: string, slowCommit = 0) {
    this.#client = client;
    this.#place = place;
    this.#slowCommit = slowCommit;
  }

  /**
   * Outcomes in the order of the units. All units go together at first, and each behind a savepoint only where one of
   * them failed: that is rare. Rejects where the connection is lost, with `LostCommit` if that was in the wrong moment.
   */
  async write(units: readonly Unit[]): Promise<readonly UnitOutcome[]> {
    try {
      return await this.#transaction(() => this.#together(units));
    } catch (error) {
      if (isEnd(error)) throw error;
      if (units.length === 1) return [toFailure(error, this.#place)];
    }
    try {
      return await this.#transaction(() => this.#apart(units));
    } catch (error) {
      if (isEnd(error)) throw error;
      const failed = toFailure(error, this.#place);
      return units.map(() => failed);
    }
  }

  async #transaction(write: () => Promise<Written>): Promise<readonly UnitOutcome[]> {
    const written = await this.#orRollback(this.#run(begin), write());
    if (this.#slowCommit > 0) await Bun.sleep(this.#slowCommit);
    try {
      const { command } = await this.#run("commit");
      if (command !== "COMMIT") throw new Error(`PostgreSQL answered ${command} to a commit`);
      return written.outcomes;
    } catch (error) {
      throw isLost(error) ? new LostCommit(written, error) : error;
    }
  }

  async #orRollback(begun: Promise<Result>, writing: Promise<Written>): Promise<Written> {
    try {
      await inOrder<unknown>([begun, writing]);
      return await writing;
    } catch (error) {
      if (!isLost(error)) await this.#run("rollback");
      throw error;
    }
  }

  /** Every statement is on its way before the first answer comes. What fails takes all of it with it. */
  async #together(units: readonly Unit[]): Promise<Written> {
    const events = units.flatMap((each) => each.events);
    const first = events.length === 0 ? this.#run(lock) : this.#run(advance, [events.length]);
    const writes = units.flatMap((unit) => unit.writes);
    const [head, ...results] = await inOrder([
      first,
      ...writes.map(({ sql, parameters }) => this.#run(sql, storableValues(parameters))),
      ...(events.length === 0 ? [] : [this.#run(insertEvents, eventValues(events))]),
    ]);
    const { head: last, transaction } = head!.rows[0] as { head: number; transaction: string };
    return { transaction, outcomes: toOutcomes(units, results, last - events.length) };
  }

  /** A lock that is taken behind a savepoint would go with it: it is taken before all of them. */
  async #apart(units: readonly Unit[]): Promise<Written> {
    const { rows } = await this.#run(lock);
    const outcomes: UnitOutcome[] = [];
    for (const unit of units) outcomes.push(await this.#behindSavepoint(unit));
    return { transaction: String(rows[0]!.transaction), outcomes };
  }

  async #behindSavepoint(unit: Unit): Promise<UnitOutcome> {
    try {
      const writing = [this.#run("savepoint unit"), this.#together([unit])] as const;
      await inOrder<unknown>(writing);
      await this.#run("release unit");
      return (await writing[1]).outcomes[0]!;
    } catch (error) {
      if (isLost(error)) throw error;
      await this.#run("rollback to unit");
      await this.#run("release unit");
      return toFailure(error, this.#place);
    }
  }

  #run(text: string, values: unknown[] = []): Promise<Result> {
    const name = this.#nameOf(text);
    return this.#client.query<Record<string, unknown>>(
      name === undefined ? { text, values } : { name, text, values },
    );
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= maxPrepared) return known;
    const name = `w${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}

/** Waits for all. Rejects as the first of them in the list: what follows it fails only because of it. */
async function inOrder<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  const done: T[] = [];
  for (const each of promises) done.push(await each);
  return done;
}

const isEnd = (error: unknown): boolean => error instanceof LostCommit || isLost(error);

const eventValues = (events: readonly EventDraft[]): unknown[] => [
  events.length,
  Date.now(),
  events.map(({ topic }) => storable(topic)),
  events.map(({ type }) => storable(type)),
  events.map(({ frame }) => storable(frame)),
];

/** Hands the results of all writes to the units that they belong to. Throws where a guard does not hold. */
function toOutcomes(units: readonly Unit[], results: readonly Result[], before: number): UnitDone[] {
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
