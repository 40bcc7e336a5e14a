import type pg from "pg";
import { randomId } from "../../../core/id.ts";
import type { Unit, UnitDone, UnitOutcome } from "../unit.ts";
import { isLost, toFailure } from "./complaint.ts";
import { type Result, toOutcomes } from "./outcomes.ts";
import { advance, begin, eventValues, insertEvents, leaveMark, lock } from "./statements.ts";
import { storableValues } from "./storable.ts";

/** A batch as the table `store_writers` knows it: the last of a connection that was committed. */
export interface Mark {
  readonly writer: string;
  readonly batch: number;
}

/** The answer to a `commit` was lost: it may have happened, or not. */
export class LostCommit extends Error {
  readonly mark: Mark;
  /** What became of the units if it was committed. */
  readonly outcomes: readonly UnitOutcome[];

  constructor(mark: Mark, outcomes: readonly UnitOutcome[], cause: unknown) {
    super("the answer to a commit was lost", { cause });
    this.mark = mark;
    this.outcomes = outcomes;
  }
}

/** Statements that PostgreSQL keeps prepared for this connection; rarer ones are parsed each time. */
const maxPrepared = 400;

/** Writes many changes in one transaction over one connection; each is all or nothing on its own. */
export class BatchWriter {
  readonly #client: pg.Client;
  readonly #place: string;
  readonly #slowCommit: number;
  readonly #names = new Map<string, string>();
  /** Of this connection alone. */
  readonly #writer = randomId(16);
  #batch = 0;

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

  async #transaction(write: () => Promise<readonly UnitOutcome[]>): Promise<readonly UnitOutcome[]> {
    const mark = { writer: this.#writer, batch: ++this.#batch };
    const begun = this.#run(begin);
    const writing = write();
    const marking = this.#run(leaveMark, [mark.writer, mark.batch, Date.now()]);
    await this.#orRollback([begun, writing, marking]);
    if (this.#slowCommit > 0) await Bun.sleep(this.#slowCommit);
    const outcomes = await writing;
    try {
      const { command } = await this.#run("commit");
      if (command !== "COMMIT") throw new Error(`PostgreSQL answered ${command} to a commit`);
      return outcomes;
    } catch (error) {
      throw isLost(error) ? new LostCommit(mark, outcomes, error) : error;
    }
  }

  async #orRollback(steps: readonly Promise<unknown>[]): Promise<void> {
    try {
      await inOrder(steps);
    } catch (error) {
      if (!isLost(error)) await this.#run("rollback");
      throw error;
    }
  }

  /** Every statement is on its way before the first answer comes. What fails takes all of it with it. */
  async #together(units: readonly Unit[]): Promise<UnitDone[]> {
    const events = units.flatMap((each) => each.events);
    const first = events.length === 0 ? this.#run(lock) : this.#run(advance, [events.length]);
    const writes = units.flatMap((unit) => unit.writes);
    const [head, ...results] = await inOrder([
      first,
      ...writes.map(({ sql, parameters }) => this.#run(sql, storableValues(parameters))),
      ...(events.length === 0 ? [] : [this.#run(insertEvents, eventValues(events))]),
    ]);
    return toOutcomes(units, results, Number(head!.rows[0]!.head) - events.length);
  }

  /** A lock that is taken behind a savepoint would go with it: it is taken before all of them. */
  async #apart(units: readonly Unit[]): Promise<UnitOutcome[]> {
    await this.#run(lock);
    const outcomes: UnitOutcome[] = [];
    for (const unit of units) outcomes.push(await this.#behindSavepoint(unit));
    return outcomes;
  }

  async #behindSavepoint(unit: Unit): Promise<UnitOutcome> {
    try {
      const writing = [this.#run("savepoint unit"), this.#together([unit])] as const;
      await inOrder<unknown>(writing);
      await this.#run("release unit");
      return (await writing[1])[0]!;
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
