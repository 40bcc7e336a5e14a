import { type Kind, type Pair, withPair } from "../kit/pair.ts";
import { besideSqlite } from "../kit/postgres.ts";
import { both, type Figure, ms, type Row } from "./row.ts";

const plan = { huge: 100_000, small: 500, long: 100_000 };
const runs = 9;

/** What agents ask for, who asks, and the milliseconds that it may take. */
const questions = [
  { what: "first list", of: "huge", path: "", limit: 50 },
  { what: "page 1,900", of: "huge", path: "?page=1900", limit: 50 },
  { what: "search, a word that is everywhere", of: "huge", path: "?search=order", limit: 200 },
  { what: "search in a small inbox beside it", of: "small", path: "?search=order", limit: 200 },
  { what: "the end of a long conversation", of: "small", path: "/LONG/messages", limit: 50 },
] as const;

const measure = (kind: Kind, env?: Record<string, string>): Promise<Figure> =>
  withPair(kind, (pair) => measureWith(pair), env);

async function measureWith({ server, port }: Pair): Promise<Figure> {
  const made = await server.call("inboxes", plan);
  const notes: string[] = [];
  let worst = 0;
  for (const { what, of, path, limit } of questions) {
    const url = `http://127.0.0.1:${port}/api/conversations${path.replace("LONG", made.long)}`;
    const time = await median(() => ask(url, made[of]));
    notes.push(`${what} ${ms(time)}`);
    worst = Math.max(worst, time / limit);
  }
  return { value: worst * 100, notes: notes.join(", ") };
}

async function ask(url: string, token: string): Promise<number> {
  const began = performance.now();
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  await answer.text();
  return performance.now() - began;
}

async function median(once: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await once());
  return times.toSorted((a, b) => a - b)[runs >> 1]!;
}

export const i6: Row = {
  name: "I6",
  workload:
    "lists, searches and messages over HTTP: 100,000 conversations in one inbox, 500 in another, 100,000 messages in one",
  unit: "% of limit",
  goal: "<= 100 %: lists 50 ms, searches 200 ms",
  met: (peyk) => peyk <= 100,
  measure: () => both(measure),
};

export const i6Postgres: Row = {
  ...i6,
  name: "I6P",
  workload: `${i6.workload}; on PostgreSQL, beside SQLite`,
  measure: () => besideSqlite((env) => measure("peyk", env)),
};
