import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import {
  GuardFailed,
  type PlainWrite,
  type Unit,
  type UnitDone,
  type UnitFailed,
  type UnitOutcome,
} from "../unit.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { WriterOptions } from "./messages.ts";
import { setPragmas } from "./pragmas.ts";

/** One unit of a batch failed, and nothing of the batch was written. */
class UnitError extends Error {}

type WriteUnit = (unit: Unit, firstSeq: number, now: number) => UnitOutcome;

/** Writes many changes with one fsync; each is all or nothing on its own, the commit is shared. */
export class BatchWriter {
  readonly checkpoints: Checkpoints;
  readonly #db: Database;
  readonly #slowCommit: number;
  readonly #statements = new Map<string, Statement>();
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  readonly #readHead: Statement<{ head: number }, []>;
  readonly #writeHead: Statement;
  readonly #insertEvent: Statement;

  /** @param checkpointer address of the thread that copies the log. */
  constructor({ file, slowCommit = 0, maxPages }: WriterOptions, checkpointer: string) {
    this.#db = new Database(file, { create: false, readwrite: true });
    this.#slowCommit = slowCommit;
    setPragmas(this.#db);
    if (maxPages !== undefined) this.#db.run(`PRAGMA max_page_count = ${maxPages}`);
    this.checkpoints = new Checkpoints(this.#db, file, checkpointer);
    this.#begin = this.#db.prepare("begin immediate");
    this.#commit = this.#db.prepare("commit");
    this.#savepoint = this.#db.prepare("savepoint unit");
    this.#release = this.#db.prepare("release unit");
    this.#readHead = this.#db.prepare("select head from journal_state");
    this.#writeHead = this.#db.prepare("update journal_state set head = ?");
    this.#insertEvent = this.#db.prepare(
      "insert into journal (seq, topic, type, frame, at) values (?, ?, ?, ?, ?)",
    );
  }

  /**
   * Outcomes in the order of the units. None of it is told to anybody before the commit is on disk. All units go
   * together at first, and each behind a savepoint of its own only where one of them failed: that is rare, and
   * savepoints cost as much as the writes themselves, since SQLite keeps a copy of every page for each (bench I5).
   */
  write(units: readonly Unit[]): UnitOutcome[] {
    try {
      return this.#tryTogether(units) ?? this.#transaction(units, this.#writeApart);
    } catch (error) {
      const failed = failure(error);
      return units.map(() => failed);
    }
  }

  /** `undefined`: a unit failed, and nothing was written. */
  #tryTogether(units: readonly Unit[]): UnitOutcome[] | undefined {
    try {
      return this.#transaction(units, this.#writeTogether);
    } catch (error) {
      if (error instanceof UnitError) return undefined;
      throw error;
    }
  }

  #transaction(units: readonly Unit[], write: WriteUnit): UnitOutcome[] {
    try {
      this.#begin.run();
      const outcomes = this.#writeAll(units, write);
      if (this.#slowCommit > 0) Bun.sleepSync(this.#slowCommit);
      this.#commit.run();
      return outcomes;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.run("rollback");
      throw error;
    }
  }

  #writeAll(units: readonly Unit[], write: WriteUnit): UnitOutcome[] {
    const before = this.#readHead.get()!.head;
    const now = Date.now();
    let head = before;
    const outcomes = units.map((unit) => {
      const outcome = write(unit, head + 1, now);
      if (!("failed" in outcome)) head += unit.events.length;
      return outcome;
    });
    if (head > before) this.#writeHead.run(head);
    return outcomes;
  }

  /** What fails takes the whole batch with it. */
  readonly #writeTogether: WriteUnit = (unit, firstSeq, now) => {
    try {
      return this.#writeParts(unit, firstSeq, now);
    } catch (cause) {
      throw new UnitError("a unit failed", { cause });
    }
  };

  readonly #writeApart: WriteUnit = (unit, firstSeq, now) => {
    this.#savepoint.run();
    try {
      const done = this.#writeParts(unit, firstSeq, now);
      this.#release.run();
      return done;
    } catch (error) {
      // A full disk ends the whole transaction; then there is no savepoint to go back to.
      if (!this.#db.inTransaction) throw error;
      this.#db.run("rollback to unit");
      this.#release.run();
      return failure(error);
    }
  };

  #writeParts({ writes, events }: Unit, firstSeq: number, now: number): UnitDone {
    const results = writes.map((write) => this.#run(write));
    let seq = firstSeq;
    for (const { topic, type, frame } of events) this.#insertEvent.run(seq++, topic, type, frame, now);
    return { results, firstSeq };
  }

  #run({ sql, parameters, rows: expected }: PlainWrite) {
    const statement = this.#statement(sql);
    const bindings = parameters as SQLQueryBindings[];
    const rows =
      statement.columnNames.length > 0 ? (statement.all(...bindings) as Record<string, unknown>[]) : [];
    const changed = statement.columnNames.length > 0 ? rows.length : statement.run(...bindings).changes;
    if (expected !== undefined && changed !== expected)
      throw new GuardFailed(`${changed} rows changed where ${expected} should have`);
    return { rows, changed };
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= 500) this.#forgetOldest();
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #forgetOldest(): void {
    const [sql, statement] = this.#statements.entries().next().value!;
    statement.finalize();
    this.#statements.delete(sql);
  }

  close(): void {
    this.checkpoints.close();
    this.#db.close();
  }
}

function failure(error: unknown): UnitFailed {
  const detail = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: string }).code ?? "";
  if (error instanceof GuardFailed || /^SQLITE_CONSTRAINT/.test(code)) return { failed: "conflict", detail };
  if (/^SQLITE_(FULL|IOERR|BUSY|READONLY|CANTOPEN|CORRUPT|NOMEM)/.test(code))
    return { failed: "unavailable", detail };
  return { failed: "internal", detail };
}
