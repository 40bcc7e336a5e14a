import { found, type Outcome } from "../catalogue.ts";
import type { DatabaseServer, Situation } from "../situation.ts";
import { messageOf, sizeOf } from "./disk.ts";

/** Whether the server of the database answers, and whether the database belongs to this program. */
export async function judgeServer(server: DatabaseServer, situation: Situation): Promise<Outcome[]> {
  const { place: file } = server;
  try {
    const { version, bytes, ran } = await server.look();
    const foreign = ran.filter((name) => !situation.migrations.includes(name));
    if (foreign.length > 0) return [found("database_newer", { file, names: foreign.join(", ") })];
    const pending = situation.migrations.filter((name) => !ran.includes(name));
    if (pending.length > 0) return [await older(file, pending, situation)];
    const facts = { file, version, size: sizeOf(bytes), migrations: ran.length };
    return [found("database_server_good", facts)];
  } catch (error) {
    return [found("database_down", { file, detail: causeOf(error) })];
  }
}

async function older(file: string, pending: readonly string[], situation: Situation): Promise<Outcome> {
  const runs = (await situation.server()) !== undefined;
  return found(runs ? "database_older" : "database_to_update", { file, names: pending.join(", ") });
}

/** In the system's own words: the sentence around them is ours, and in one language. */
const causeOf = (error: unknown): string =>
  messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
