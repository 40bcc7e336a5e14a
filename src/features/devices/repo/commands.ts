import { prepared } from "../../../core/prepared.ts";
import type { CommandRow, Db, DeviceTables } from "./tables.ts";

export const insertCommand = (db: Db, row: Omit<DeviceTables["device_commands"], "seq">) =>
  db.insertInto("device_commands").values(row);

export const commandById = (db: Db, device: string, id: string): Promise<CommandRow | undefined> =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("device_id", "=", device)
    .where((eb) => eb.or([eb("id", "=", id), eb("command_id", "=", id)]))
    .executeTakeFirst();

export const commandByCaller = (db: Db, device: string, commandId: string): Promise<CommandRow | undefined> =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("device_id", "=", device)
    .where("command_id", "=", commandId)
    .executeTakeFirst();

export const commandsOf = (
  db: Db,
  device: string,
  filter: { state?: CommandRow["state"] | undefined; limit: number },
): Promise<CommandRow[]> =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("device_id", "=", device)
    .$if(filter.state !== undefined, (all) => all.where("state", "=", filter.state!))
    .orderBy("seq", "desc")
    .limit(filter.limit)
    .execute();

const queued = prepared((db: Db, { device, now }: { device: string; now: number }) =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("device_id", "=", device)
    .where("state", "=", "queued")
    .where("expires_at", ">", now)
    .orderBy("seq")
    .limit(1),
);

/** The next command to send. */
export const nextQueued = async (db: Db, device: string, now: number): Promise<CommandRow | undefined> =>
  (await db.executeQuery<CommandRow>(queued(db, { device, now }))).rows[0];

export async function countQueued(db: Db, device: string): Promise<number> {
  const { n } = await db
    .selectFrom("device_commands")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("device_id", "=", device)
    .where("state", "=", "queued")
    .executeTakeFirstOrThrow();
  return Number(n);
}

const sent = prepared((db: Db, { device, limit }: { device: string; limit: number }) =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("device_id", "=", device)
    .where("state", "=", "sent")
    .orderBy("seq")
    .limit(limit),
);

/** What a device was sent and has not answered, oldest first. */
export const outstanding = async (db: Db, device: string, limit: number): Promise<readonly CommandRow[]> =>
  (await db.executeQuery<CommandRow>(sent(db, { device, limit }))).rows;

const expired = prepared((db: Db, { now, limit }: { now: number; limit: number }) =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("state", "=", "queued")
    .where("expires_at", "<=", now)
    .limit(limit),
);

const unanswered = prepared((db: Db, { before, limit }: { before: number; limit: number }) =>
  db
    .selectFrom("device_commands")
    .selectAll()
    .where("state", "=", "sent")
    .where("sent_at", "<=", before)
    .limit(limit),
);

export const expiredCommands = async (db: Db, now: number, limit: number): Promise<readonly CommandRow[]> =>
  (await db.executeQuery<CommandRow>(expired(db, { now, limit }))).rows;

export const unansweredCommands = async (db: Db, before: number, limit: number) =>
  (await db.executeQuery<CommandRow>(unanswered(db, { before, limit }))).rows;

export interface Step {
  readonly id: string;
  readonly from: CommandRow["state"];
  readonly state: CommandRow["state"];
  readonly detail: string | null;
  readonly sent_at: number | null;
  readonly ended_at: number | null;
}

/** Guarded by the state that it comes from: of two who change it at once, one wins. */
export const stepQuery = prepared((db: Db, step: Step) =>
  db
    .updateTable("device_commands")
    .set({ state: step.state, detail: step.detail, sent_at: step.sent_at, ended_at: step.ended_at })
    .where("id", "=", step.id)
    .where("state", "=", step.from),
);

/** Commands that ended long ago tell nobody anything. */
export const deleteEndedBefore = (db: Db, time: number) =>
  db.deleteFrom("device_commands").where("ended_at", "<", time);
