import { prepared } from "../../../core/prepared.ts";
import type { Db, DispatchTables, DriverRow } from "./tables.ts";

/** Those who are here still. */
export const drivers = (db: Db): Promise<DriverRow[]> =>
  db.selectFrom("drivers").selectAll().where("removed_at", "is", null).orderBy("id").execute();
/** Also those who left. */
export const allDrivers = (db: Db): Promise<DriverRow[]> =>
  db.selectFrom("drivers").selectAll().orderBy("id").execute();

export const insertDriver = (db: Db, row: Omit<DispatchTables["drivers"], "id">) =>
  db.insertInto("drivers").values(row).returning("id");
export const updateDriver = (db: Db, id: number, change: Partial<Omit<DriverRow, "id" | "created_at">>) =>
  db.updateTable("drivers").set(change).where("id", "=", id);

const place = prepared((db: Db, at: { id: number; lat: number; lon: number; located_at: number }) =>
  db
    .updateTable("drivers")
    .set({ lat: at.lat, lon: at.lon, located_at: at.located_at })
    .where("id", "=", at.id),
);
export const placeDriver = place;

export const passengerById = (db: Db, id: number) =>
  db.selectFrom("passengers").selectAll().where("id", "=", id).executeTakeFirst();
export const passengerByUser = (db: Db, user: string) =>
  db.selectFrom("passengers").selectAll().where("user_id", "=", user).executeTakeFirst();
/** Names by id. */
export const passengerNames = async (db: Db, ids: readonly number[]): Promise<[number, string][]> =>
  ids.length === 0
    ? []
    : (await db.selectFrom("passengers").select(["id", "full_name"]).where("id", "in", ids).execute()).map(
        ({ id, full_name }) => [id, full_name],
      );
export const passengers = (db: Db, limit: number, offset: number) =>
  db.selectFrom("passengers").selectAll().orderBy("id").limit(limit).offset(offset).execute();
export async function countPassengers(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom("passengers")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}
export const insertPassenger = (db: Db, row: Omit<DispatchTables["passengers"], "id">) =>
  db.insertInto("passengers").values(row).returning("id");

export const regions = (db: Db) => db.selectFrom("regions").selectAll().orderBy("title").execute();
export const insertRegion = (db: Db, row: DispatchTables["regions"]) => db.insertInto("regions").values(row);
