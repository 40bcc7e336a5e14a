import type pg from "pg";
import { Fault } from "../../../protocol/faults.ts";
import { type Pending, settle } from "../unit.ts";
import type { LostCommit } from "./batch.ts";

/** Milliseconds that callers wait for the database to come back and tell what became of their changes. */
const patience = 10_000;
/** Milliseconds between questions, while the old connection's transaction is not at its end yet. */
const pause = 50;

/**
 * Changes whose `commit` was sent and never answered. They are not written again: they may be there. PostgreSQL
 * remembers what became of a transaction, so it is asked; who must not wait so long is told that nobody knows.
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
    for (; !this.#isOver; await Bun.sleep(pause)) {
      const status = await this.#status(client);
      if (status === "committed") return this.#tell();
      if (status === "aborted") return this.#reject("the connection broke before the change was stored");
      if (status !== "in progress") return this.giveUp();
    }
  }

  async #status(client: pg.Client): Promise<string> {
    const { rows } = await client.query<{ status: string | null }>(
      "select pg_xact_status($1::xid8) as status",
      [this.#lost.transaction],
    );
    return rows[0]?.status ?? "forgotten";
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
