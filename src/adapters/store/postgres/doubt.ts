import type pg from "pg";
import { Fault } from "../../../protocol/faults.ts";
import { type Pending, settle } from "../unit.ts";
import type { LostCommit } from "./batch.ts";

/** Milliseconds that callers wait for the database to come back and tell what became of their changes. */
const patience = 10_000;

/**
 * Changes whose `commit` was sent and never answered. They are not written again: they may be there. Each batch left a
 * mark, so the database is asked for it; who must not wait so long is told that nobody knows. The number of the
 * transaction would not do: after a crash PostgreSQL gives it to another one.
 */
export class Doubt {
  readonly #batch: readonly Pending[];
  readonly #lost: LostCommit;
  readonly #timer: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor(batch: readonly Pending[], lost: LostCommit) {
    this.#batch = batch;
    this.#lost = lost;
    this.#timer = setTimeout(() => this.giveUp(), patience);
  }

  /** Over a new connection. Rejects where that is lost, too; then it can be asked again. */
  async ask(client: pg.Client): Promise<void> {
    if (this.#isOver) return;
    if (await this.#isStored(client)) this.#tell();
    else this.#reject("the connection broke before the change was stored");
  }

  /** Behind the lock, which the old connection's transaction holds to its end. */
  async #isStored(client: pg.Client): Promise<boolean> {
    const { writer, batch } = this.#lost.mark;
    await client.query("begin");
    await client.query("select head from journal_state for update");
    const { rows } = await client.query("select 1 from store_writers where id = $1 and batch = $2", [
      writer,
      batch,
    ]);
    await client.query("rollback");
    return rows.length > 0;
  }

  giveUp(): void {
    this.#reject(
      "the connection broke while the change was being stored, and it may be stored: look before it is sent again",
    );
  }

  #tell(): void {
    this.#end();
    for (const [i, each] of this.#batch.entries()) settle(each, this.#lost.outcomes[i]!);
  }

  #reject(detail: string): void {
    this.#end();
    for (const { reject } of this.#batch)
      reject(new Fault("unavailable", undefined, { cause: new Error(detail) }));
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
