import pg from "pg";
import { Fault } from "../../../protocol/faults.ts";
import { GuardFailed, type UnitFailed } from "../unit.ts";

/** Names of what PostgreSQL answers (its manual, appendix A), and what an operator should do. */
const remedies: readonly [RegExp, string][] = [
  [/^(28)/, "Look at user and password in DATABASE_URL, and at pg_hba.conf of the server."],
  [/^3D000$/, "Create it: createdb --encoding=UTF8 --template=template0 --owner=USER NAME"],
  [/^53100$/, "Make room on the disk of the database."],
  [/^53300$/, "Raise max_connections of the server, or end what holds connections open."],
  [/^(25006)$/, "DATABASE_URL must name the primary, not a standby that takes no changes."],
  [/^42501$/, "Make the user of DATABASE_URL the owner of the database."],
  [/^(55P03|57014|40P01|40001)$/, "Find who holds a lock: select * from pg_stat_activity."],
  [/^(57P|08|25P03)/, "Wait until the server is up again; Peyk connects by itself."],
];

/** It is down, or its network is, or it cannot take anything now: another time it may well. */
const passing = /^(08|25P03|28|3D|40001|40P01|53|55P03|57|58|25006|42501)/;

/** PostgreSQL's own five characters, or the system's name for what is wrong with the network. */
const codeOf = (error: unknown): string => (error as { code?: string } | undefined)?.code ?? "";

/** An answer of PostgreSQL's, as opposed to none. */
const isAnswer = (error: unknown): boolean => error instanceof pg.DatabaseError;

/** What the system and the driver say of a connection that is gone, or never came. */
const noAnswer = (error: unknown): boolean =>
  /^E[A-Z_]+$/.test(codeOf(error)) ||
  /terminated|not queryable|timeout|Failed to connect|socket/i.test(messageOf(error));

/** The connection is gone, or was never there. */
export const isLost = (error: unknown): boolean =>
  isAnswer(error) ? /^(08|57P|25P03)/.test(codeOf(error)) : noAnswer(error);

/** Nothing is wrong with the query itself. */
const isPassing = (error: unknown): boolean =>
  isAnswer(error) ? passing.test(codeOf(error)) : noAnswer(error);

/** What is wrong, and what to do about it. `place`: where the database is; never its URL, which holds a password. */
export function complaint(error: unknown, place: string): string {
  const detail = messageOf(error);
  if (!isAnswer(error))
    return `PostgreSQL at ${place} does not answer (${detail}). Start it, or look at DATABASE_URL.`;
  const [, remedy] = remedies.find(([code]) => code.test(codeOf(error))) ?? [];
  return `PostgreSQL at ${place}: ${detail}. ${remedy ?? "See its log."}`;
}

/** Several addresses of one host fail together, and only the parts have words. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}

/** What a reader is told where the database is at fault, and not his query. */
export const toFault = (error: unknown, place: string): unknown =>
  isPassing(error)
    ? new Fault("unavailable", undefined, { cause: new Error(complaint(error, place), { cause: error }) })
    : error;

/** What became of a change that could not be written. */
export function toFailure(error: unknown, place: string): UnitFailed {
  if (isPassing(error)) return { failed: "unavailable", detail: complaint(error, place) };
  const isConflict = error instanceof GuardFailed || (isAnswer(error) && codeOf(error).startsWith("23"));
  return { failed: isConflict ? "conflict" : "internal", detail: messageOf(error) };
}
