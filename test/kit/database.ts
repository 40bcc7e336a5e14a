/**
 * Which database the servers of a test run use. SQLite as a rule; where TEST_POSTGRES names a server, each data folder
 * has a database of its own there, so that whole files of tests run on both (test/e2e/postgres.test.ts).
 */
import pg from "pg";

/** A database whose tables are made already: the others begin as copies of it. */
export const templateName = "peyk_template";

const server = process.env.TEST_POSTGRES;
const made = new Map<string, Promise<string>>();

/** The setting DATABASE_URL for this folder; `undefined`: what is there by default. */
export async function databaseUrl(dataDir: string): Promise<string | undefined> {
  if (server === undefined) return undefined;
  const url = made.get(dataDir) ?? make(server, `t_${Bun.hash(dataDir).toString(36)}`);
  made.set(dataDir, url);
  return url;
}

/** A test is over whose folder was its own: many copies would fill a small disk. */
export async function dropDatabase(dataDir: string): Promise<void> {
  const url = await made.get(dataDir);
  made.delete(dataDir);
  if (url !== undefined) await run(server!, `drop database "${new URL(url).pathname.slice(1)}" with (force)`);
}

async function run(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function make(server: string, name: string): Promise<string> {
  await run(server, `create database "${name}" template "${templateName}"`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
