import { prepared } from "../../../core/prepared.ts";
import { Fault } from "../../../protocol/faults.ts";
import type { Kind } from "../kinds.ts";
import type { Db, DeviceRow, DeviceTables } from "./tables.ts";

const byId = prepared((db: Db, { id }: { id: string }) =>
  db.selectFrom("devices").selectAll().where("id", "=", id),
);

export const deviceById = async (db: Db, id: string): Promise<DeviceRow | undefined> =>
  (await db.executeQuery<DeviceRow>(byId(db, { id }))).rows[0];

/** Rejects with `not_found`. */
export async function requireDevice(db: Db, id: string): Promise<DeviceRow> {
  const row = await deviceById(db, id);
  if (row === undefined) throw new Fault("not_found", `there is no device ${id}`);
  return row;
}

export interface DeviceFilter {
  readonly kind?: Kind | undefined;
  /** As it is on record: who is connected and silent counts as online here. */
  readonly state?: DeviceRow["state"] | undefined;
  readonly limit: number;
  readonly offset: number;
}

export const devices = (db: Db, { kind, state, limit, offset }: DeviceFilter): Promise<DeviceRow[]> =>
  db
    .selectFrom("devices")
    .selectAll()
    .$if(kind !== undefined, (all) => all.where("kind", "=", kind!))
    .$if(state !== undefined, (all) => all.where("state", "=", state!))
    .orderBy("id")
    .limit(limit)
    .offset(offset)
    .execute();

export async function countDevices(db: Db, { kind, state }: Partial<DeviceFilter> = {}): Promise<number> {
  const { n } = await db
    .selectFrom("devices")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .$if(kind !== undefined, (all) => all.where("kind", "=", kind!))
    .$if(state !== undefined, (all) => all.where("state", "=", state!))
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** How many of these are known. */
export async function countOf(db: Db, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { n } = await db
    .selectFrom("devices")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("id", "in", ids)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Those that a restart found online, or on their way to offline. */
export const unsettledDevices = (db: Db): Promise<DeviceRow[]> =>
  db.selectFrom("devices").selectAll().where("state", "!=", "offline").execute();

export const insertDevice = (db: Db, row: DeviceTables["devices"]) => db.insertInto("devices").values(row);

/** A board as it connects. */
export type Arrival = Pick<DeviceRow, "id" | "kind" | "name" | "own_token" | "address" | "firmware" | "info">;

/** A board connected: it is online, and known from now on. */
export const arriveQuery = prepared((db: Db, arrival: Arrival & { now: number }) =>
  db
    .insertInto("devices")
    .values({
      id: arrival.id,
      kind: arrival.kind,
      name: arrival.name,
      own_token: arrival.own_token,
      address: arrival.address,
      state: "online",
      reason: null,
      firmware: arrival.firmware,
      info: arrival.info,
      connected_at: arrival.now,
      last_seen: arrival.now,
      created_at: arrival.now,
      revoked_at: null,
      common_until: null,
    })
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet({
        state: "online",
        reason: null,
        address: arrival.address,
        firmware: arrival.firmware,
        info: arrival.info,
        connected_at: arrival.now,
        last_seen: arrival.now,
      }),
    ),
);

export const describeDevice = (db: Db, id: string, firmware: string | null, info: string) =>
  db.updateTable("devices").set({ firmware, info }).where("id", "=", id);

export const staleQuery = prepared((db: Db, row: { id: string; reason: string; last_seen: number }) =>
  db
    .updateTable("devices")
    .set({ state: "stale", reason: row.reason, last_seen: row.last_seen })
    .where("id", "=", row.id)
    .where("state", "=", "online"),
);

/** With a guard of one row this happens once. */
export const offlineQuery = prepared((db: Db, row: { id: string; reason: string }) =>
  db
    .updateTable("devices")
    .set({ state: "offline", reason: row.reason })
    .where("id", "=", row.id)
    .where("state", "!=", "offline"),
);

export const seenQuery = prepared((db: Db, row: { id: string; last_seen: number }) =>
  db.updateTable("devices").set({ last_seen: row.last_seen }).where("id", "=", row.id),
);

export const renameDevice = (db: Db, id: string, name: string) =>
  db.updateTable("devices").set({ name }).where("id", "=", id);

export const setRevoked = (db: Db, id: string, revoked_at: number | null) =>
  db.updateTable("devices").set({ revoked_at }).where("id", "=", id);

/** From now on it has a token of its own; the common one still speaks for it until `common_until`. */
export const setOwnToken = (db: Db, id: string, common_until: number | null) =>
  db.updateTable("devices").set({ own_token: 1, revoked_at: null, common_until }).where("id", "=", id);

/** The one that was away the longest, of those that would simply come back as they came the first time. */
export const longestOffline = (db: Db): Promise<DeviceRow | undefined> =>
  db
    .selectFrom("devices")
    .selectAll()
    .where("state", "=", "offline")
    .where("own_token", "=", 0)
    .where("revoked_at", "is", null)
    .orderBy("last_seen", (never) => never.asc().nullsFirst())
    .limit(1)
    .executeTakeFirst();

/** All that hangs on a device but its logs and photos, which are removed before. */
export const deleteBelongings = (db: Db, id: string) => [
  db.deleteFrom("device_commands").where("device_id", "=", id),
  db.deleteFrom("device_tokens").where("device_id", "=", id),
];

export const deleteDevice = (db: Db, id: string) => db.deleteFrom("devices").where("id", "=", id);

export const deleteOfflineDevice = (db: Db, id: string) =>
  deleteDevice(db, id).where("state", "=", "offline");
