import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { Situation } from "../situation.ts";
import { judgeServer } from "./database-server.ts";
import { isHidden, messageOf, sizeOf } from "./disk.ts";

/** Bytes that SQLite looks through within half a second; a bigger file is left to the operator. */
const quick = 64 * 1024 * 1024;
/** How often, and how many milliseconds apart, the right to write is asked for: a busy server gives it back at once. */
const [tries, pause] = [10, 50];

/** Whether the database opens, belongs to this program, is whole, and lets us write. */
export const databaseCheck = (situation: Situation): LocalCheck => ({
  group: "database",
  async run() {
    const { databaseFile: file, databaseServer: server } = situation;
    if (server !== undefined) return judgeServer(server, situation);
    return file === undefined ? [] : judgeFile(file, situation);
  },
});

async function judgeFile(file: string, situation: Situation): Promise<Outcome[]> {
  const runs = (await situation.server()) !== undefined;
  if (runs && isHidden(dirname(resolve(file)))) return [found("database_unseen", { file })];
  if (!existsSync(file)) return [found("database_to_come", { file })];
  try {
    using look = situation.databases.lookAt(file);
    const size = statSync(file).size;
    const ran = look.rows("select name from kysely_migration").map(({ name }) => String(name));
    return [
      version(file, situation, ran, runs),
      ...whole(look, file, size),
      ...(await locked(file, situation)),
    ];
  } catch (error) {
    return [judgeError(file, messageOf(error))];
  }
}

function version(file: string, { migrations }: Situation, ran: readonly string[], runs: boolean): Outcome {
  const size = sizeOf(statSync(file).size);
  const foreign = ran.filter((name) => !migrations.includes(name));
  const pending = migrations.filter((name) => !ran.includes(name));
  if (foreign.length > 0) return found("database_newer", { file, names: foreign.join(", ") });
  if (pending.length === 0) return found("database_good", { file, size, migrations: ran.length });
  return found(runs ? "database_older" : "database_to_update", { file, names: pending.join(", ") });
}

function whole(
  look: { rows(sql: string): Record<string, unknown>[] },
  file: string,
  size: number,
): Outcome[] {
  if (size > quick) return [found("database_unchecked", { file, size: sizeOf(size) })];
  const problems = look.rows("PRAGMA quick_check(3)").map((row) => String(Object.values(row)[0]));
  return problems[0] === "ok" ? [] : [found("database_broken", { file, detail: problems.join("; ") })];
}

/** Only where somebody has it open: a look must not be the first to write. */
async function locked(file: string, { databases, clock }: Situation): Promise<Outcome[]> {
  if (!existsSync(`${file}-wal`) || !existsSync(`${file}-shm`)) return [];
  for (let i = 0; i < tries; i++) {
    if (!databases.isLocked(file)) return [];
    await new Promise<void>((resolve) => clock.after(pause, resolve));
  }
  return [found("database_locked", { file })];
}

function judgeError(file: string, detail: string): Outcome {
  if (/no such table/.test(detail)) return found("database_to_update", { file, names: "*" });
  const isBroken = /not a database|malformed/.test(detail);
  return found(isBroken ? "database_broken" : "database_unreadable", { file, detail });
}
