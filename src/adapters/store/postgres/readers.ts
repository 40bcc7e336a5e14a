import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import pg from "pg";
import { within } from "../../../core/health.ts";
import { isLost, toFault } from "./complaint.ts";
import { connectionConfig, cut, placeOf, readerOptions } from "./connection.ts";
import { storableValues } from "./storable.ts";

/** Milliseconds that the end of all connections may take. */
const farewell = 2_000;

const ignore = () => {};

/** Connections that only read, for Kysely. Where the database does not answer, who asks gets the Fault `unavailable`. */
export class Readers implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #place: string;
  readonly #open = new Set<pg.PoolClient>();

  constructor(url: string, max: number) {
    this.#place = placeOf(url);
    this.#pool = new pg.Pool({ ...connectionConfig(url, readerOptions), max });
    // A connection that breaks while nobody uses it is replaced by the pool.
    this.#pool.on("error", ignore);
    this.#pool.on("connect", (client) => this.#opened(client));
  }

  #opened(client: pg.PoolClient): void {
    this.#open.add(client);
    client.once("end", () => this.#open.delete(client));
  }

  async connect(): Promise<PostgresPoolClient> {
    try {
      return new LentClient(await this.#pool.connect(), this.#place);
    } catch (error) {
      throw toFault(error, this.#place);
    }
  }

  /** Where nobody answers any more, nobody says goodbye either; what is left open would keep the process from its end. */
  async end(): Promise<void> {
    const gone = [...this.#open].map((client) => new Promise((resolve) => client.once("end", resolve)));
    await within(farewell, Promise.all([this.#pool.end(), ...gone])).catch(ignore);
    for (const client of this.#open) cut(client);
  }
}

/** One connection, as long as a query or a snapshot takes. */
class LentClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #place: string;
  /** The connection is of no more use: its next query would get the answer to another, or none. */
  #isLost = false;

  constructor(client: pg.PoolClient, place: string) {
    this.#client = client;
    this.#place = place;
    // The query that is under way is told; without a listener the loss would end the process.
    client.on("error", ignore);
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  /** Without a cursor in its options Kysely never passes one. */
  // biome-ignore lint/suspicious/noExplicitAny: Kysely knows the rows.
  query(sql: unknown, parameters: readonly unknown[] = []): any {
    return this.#query(String(sql), parameters);
  }

  async #query(text: string, parameters: readonly unknown[]) {
    try {
      return await this.#client.query(text, storableValues(parameters));
    } catch (error) {
      this.#isLost ||= isLost(error);
      throw toFault(error, this.#place);
    }
  }

  release(): void {
    this.#client.off("error", ignore);
    this.#client.release(this.#isLost);
  }
}
