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

async function make(server: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(`create database "${name}" template "${templateName}"`);
  } finally {
    await client.end();
  }
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
