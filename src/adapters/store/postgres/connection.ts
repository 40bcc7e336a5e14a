import pg from "pg";
import { complaint } from "./complaint.ts";

/** Milliseconds that a connection may take. */
const patience = 5_000;

/** What every connection of a server shares; the rest are options as `postgres -c` takes them. */
export function connectionConfig(url: string, options: Readonly<Record<string, string>>): pg.ClientConfig {
  return {
    connectionString: withOptions(url, options),
    // The URL may name it otherwise, and wins.
    application_name: options === writerOptions ? writerName : "peyk",
    types: { getTypeParser },
    keepAlive: true,
    connectionTimeoutMillis: patience,
    // The driver throws a connection away whose answer did not come: another query would get it later.
    ...(options === readerOptions ? { query_timeout: longest.answer } : {}),
    // Queries go out one after another without a wait for each answer.
    pipeline: true,
  } as pg.ClientConfig;
}

/** Those that the operator has in the URL stay. */
function withOptions(url: string, options: Readonly<Record<string, string>>): string {
  const parsed = new URL(url);
  const ours = Object.entries(options).map(([name, value]) => `-c ${name}=${value}`);
  const all = [parsed.searchParams.get("options"), ...ours].filter((each) => each !== null);
  if (all.length > 0) parsed.searchParams.set("options", all.join(" "));
  return parsed.href;
}

const { builtins } = pg.types;

/** Times and counts are numbers here: all of ours are far below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: unknown) =>
  oid === builtins.INT8 || oid === builtins.NUMERIC ? Number : pg.types.getTypeParser(oid, format as "text");

/** As it may be shown: where the database is, and nothing of who opens it. */
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? (decodeURIComponent(hostname) || "localhost");
  return `${host}:${searchParams.get("port") ?? (port || "5432")}${decodeURIComponent(pathname)}`;
}

/** How a writer is known among the connections of a database: `peyk doctor --local` counts them. */
export const writerName = "peyk writer";

/**
 * PostgreSQL will end what takes longer than this, in milliseconds; and `answer`: who reads waits no longer, if not even
 * that is heard. An HTTP request is cut after ten seconds (transport/bun.ts), and is to be answered before.
 */
const longest = { read: 7_000, answer: 8_000, write: 30_000, idle: 10_000 };

/** Reads: whatever would write is refused. Compiling a plan takes longer than our queries do. */
export const readerOptions = {
  default_transaction_read_only: "on",
  statement_timeout: String(longest.read),
  jit: "off",
};

/** A network that breaks within a change must not leave the lock on the journal behind. */
export const writerOptions = {
  statement_timeout: String(longest.write),
  idle_in_transaction_session_timeout: String(longest.idle),
  jit: "off",
};

/** At once: a connection that does not answer would not say goodbye either. */
export const cut = (client: pg.ClientBase): void =>
  // The driver's types leave its socket out.
  void (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();

/** Opens a connection. Rejects with a sentence that ends with what to do. */
export async function connect(url: string, options: Readonly<Record<string, string>>): Promise<pg.Client> {
  try {
    const client = new pg.Client(connectionConfig(url, options));
    // Whoever waits for an answer is told; without a listener a loss between two queries would end the process.
    client.on("error", () => {});
    await client.connect();
    return client;
  } catch (error) {
    throw new Error(complaint(error, placeOf(url)), { cause: error });
  }
}
