import { prepared } from "../../../core/prepared.ts";
import type { Db, LogRow } from "./tables.ts";

export const insertLog = prepared((db: Db, row: LogRow) =>
  db.insertInto("device_logs").values({
    id: row.id,
    device_id: row.device_id,
    level: row.level,
    message: row.message,
    source: row.source,
    device_time: row.device_time,
    at: row.at,
  }),
);

export async function newestLog(db: Db): Promise<number> {
  const row = await db
    .selectFrom("device_logs")
    .select("id")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? 0;
}

export interface LogFilter {
  readonly device: string;
  readonly levels?: readonly string[] | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only lines with a smaller id: the next page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export const logsOf = (
  db: Db,
  { device, levels, since, until, before, limit }: LogFilter,
): Promise<LogRow[]> =>
  db
    .selectFrom("device_logs")
    .selectAll()
    .where("device_id", "=", device)
    .$if(levels !== undefined, (all) => all.where("level", "in", levels!))
    .$if(since !== undefined, (all) => all.where("at", ">=", since!))
    .$if(until !== undefined, (all) => all.where("at", "<", until!))
    .$if(before !== undefined, (all) => all.where("id", "<", before!))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();

/** The oldest lines, a step at a time: other writes get their turn between. */
export const deleteOldestLogs = (db: Db, upToId: number, step: number) =>
  db
    .deleteFrom("device_logs")
    .where("id", "in", (eb) =>
      eb.selectFrom("device_logs").select("id").where("id", "<=", upToId).orderBy("id").limit(step),
    );

/** Lines of one device, a step at a time. */
export const deleteLogsOf = (db: Db, device: string, step: number) =>
  db
    .deleteFrom("device_logs")
    .where("id", "in", (eb) =>
      eb.selectFrom("device_logs").select("id").where("device_id", "=", device).limit(step),
    );

export async function countLogs(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom("device_logs")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}
