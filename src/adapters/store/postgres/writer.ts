import type pg from "pg";
import { within } from "../../../core/health.ts";
import type { Change, Committed } from "../../../core/store.ts";
import { Fault } from "../../../protocol/faults.ts";
import { type Pending, settle, toUnit } from "../unit.ts";
import { BatchWriter, LostCommit } from "./batch.ts";
import { complaint } from "./complaint.ts";
import { connect, cut, placeOf, writerOptions } from "./connection.ts";
import { Doubt } from "./doubt.ts";

export interface WriterOptions {
  readonly url: string;
  /** For tests: milliseconds that every commit takes longer, as on a slow disk. */
  readonly slowCommit?: number;
}

/** Changes that share a transaction at most. */
const maxBatch = 500;
/** Milliseconds after which a connection is lost that does not answer to a batch, or to what is said first. */
const patience = 45_000;
/** Milliseconds that an end waits for the answer to what was handed in. */
const lastPatience = 5_000;
/** Milliseconds that the last batch of a connection is remembered. */
const markAge = 86_400_000;
/** Milliseconds that the end of a connection may take. */
const farewell = 2_000;
/** Milliseconds between attempts to connect: the first pause, and the longest. */
const pauses = { first: 100, longest: 5_000 };

/**
 * The one connection that writes. What waits goes into one transaction, and the next gathers meanwhile. It begins with
 * the lock on the journal's state, so the servers on one database write one after another; then numbers become visible in
 * their order, which the journal's index and the inbox rely on.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #place: string;
  #client: pg.Client | undefined;
  #batches: BatchWriter | undefined;
  /** A connection that is not ready to write yet. */
  #opening: pg.Client | undefined;
  #waiting: Pending[] = [];
  readonly #doubts: Doubt[] = [];
  #isBusy = false;
  #isClosed = false;
  /** Why there is no connection, once an attempt has failed. */
  #down: string | undefined;
  #onIdle = () => {};
  #wakeUp = () => {};

  private constructor(options: WriterOptions) {
    this.#options = options;
    this.#place = placeOf(options.url);
  }

  /** Rejects with a sentence where the database does not answer. */
  static async start(options: WriterOptions): Promise<Writer> {
    const writer = new Writer(options);
    await writer.#connect();
    return writer;
  }

  commit(change: Change): Promise<Committed> {
    const why = this.#isClosed ? "the store is closed" : this.#down;
    if (why !== undefined) return Promise.reject(unavailable(why));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit: toUnit(change), resolve, reject });
      // At the end of the turn, so that the changes of one moment go together.
      if (this.#waiting.length === 1) setImmediate(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#waiting.length > 0 && this.#batches !== undefined)
      await this.#write(this.#waiting.splice(0, maxBatch), this.#batches);
    this.#isBusy = false;
    if (this.#waiting.length === 0) this.#onIdle();
  }

  async #write(batch: readonly Pending[], batches: BatchWriter): Promise<void> {
    const client = this.#client!;
    try {
      const outcomes = await orCut(client, () => batches.write(batch.map(({ unit }) => unit)));
      for (const [i, each] of batch.entries()) settle(each, outcomes[i]!);
    } catch (error) {
      if (error instanceof LostCommit) this.#doubts.push(new Doubt(batch, error));
      else rejectAll(batch, complaint(error, this.#place));
      this.#lose(client);
    }
  }

  async #connect(): Promise<void> {
    const client = await connect(this.#options.url, writerOptions);
    this.#opening = client;
    try {
      await orCut(client, () => this.#greet(client));
    } catch (error) {
      cut(client);
      throw new Error(complaint(error, this.#place), { cause: error });
    } finally {
      this.#opening = undefined;
    }
    // Nobody would end it any more.
    if (this.#isClosed && this.#waiting.length === 0) return cut(client);
    client.on("end", () => this.#lose(client));
    this.#client = client;
    this.#batches = new BatchWriter(client, this.#place, this.#options.slowCommit);
    this.#down = undefined;
  }

  /** What is said on a new connection before anything is written. */
  async #greet(client: pg.Client): Promise<void> {
    await prepare(client);
    for (let doubt = this.#doubts[0]; doubt !== undefined; doubt = this.#doubts[0]) {
      await doubt.ask(client);
      this.#doubts.shift();
    }
  }

  /** Told of it more than once, it begins to connect once. */
  #lose(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#batches = undefined;
    cut(client);
    // Nobody connects any more, so nobody would ever answer those that wait.
    if (this.#isClosed) rejectAll(this.#waiting.splice(0), "the store is closed");
    else void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let pause = pauses.first; !this.#isClosed; pause = Math.min(2 * pause, pauses.longest)) {
      try {
        await this.#connect();
        return void this.#work();
      } catch (error) {
        this.#down = (error as Error).message;
        rejectAll(this.#waiting.splice(0), this.#down);
        this.#onIdle();
      }
      await this.#rest(pause);
    }
  }

  /** The end has waited long enough. A batch that is under way is told so by its connection. */
  #abandon(): void {
    if (this.#client !== undefined) return this.#lose(this.#client);
    rejectAll(this.#waiting.splice(0), "the store is closed");
    this.#onIdle();
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Lets what was handed in finish, as long as the database answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wakeUp();
    const timer = setTimeout(() => this.#abandon(), lastPatience);
    if (this.#isBusy || this.#waiting.length > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    clearTimeout(timer);
    for (const doubt of this.#doubts) doubt.giveUp();
    if (this.#opening !== undefined) cut(this.#opening);
    const client = this.#client;
    // Where nobody answers any more, nobody says goodbye either.
    if (client !== undefined) await within(farewell, client.end()).catch(() => cut(client));
  }
}

/** Cuts a connection that takes too long to answer; then whoever waits for it is told. */
async function orCut<T>(client: pg.Client, ask: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => cut(client), patience);
  try {
    return await ask();
  } finally {
    clearTimeout(timer);
  }
}

const unavailable = (detail: string): Fault =>
  new Fault("unavailable", undefined, { cause: new Error(detail) });

function rejectAll(batch: readonly Pending[], detail: string): void {
  for (const { reject } of batch) reject(unavailable(detail));
}

/** What was answered must survive a power cut, whatever the database does by default. */
async function prepare(client: pg.Client): Promise<void> {
  await client.query(
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
  );
  await client.query("delete from store_writers where at < $1", [Date.now() - markAge]);
}
