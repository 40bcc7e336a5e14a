import type { Db, DeviceTables, PhotoRow } from "./tables.ts";

export const insertPhoto = (db: Db, row: DeviceTables["device_photos"]) =>
  db.insertInto("device_photos").values(row);

export const photoById = (db: Db, device: string, id: string): Promise<PhotoRow | undefined> =>
  db
    .selectFrom("device_photos")
    .selectAll()
    .where("device_id", "=", device)
    .where("id", "=", id)
    .executeTakeFirst();

/** Newest first. */
export const photosOf = (db: Db, device: string, limit: number, offset: number): Promise<PhotoRow[]> =>
  db
    .selectFrom("device_photos")
    .selectAll()
    .where("device_id", "=", device)
    .orderBy("at", "desc")
    .orderBy("id")
    .limit(limit)
    .offset(offset)
    .execute();

export async function countPhotos(db: Db, device: string): Promise<number> {
  const { n } = await db
    .selectFrom("device_photos")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("device_id", "=", device)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Of one device, from this time on. */
export async function countPhotosSince(db: Db, device: string, time: number): Promise<number> {
  const { n } = await db
    .selectFrom("device_photos")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("device_id", "=", device)
    .where("at", ">=", time)
    .executeTakeFirstOrThrow();
  return Number(n);
}

export async function photoBytes(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom("device_photos")
    .select((eb) => eb.fn.sum<number>("bytes").as("n"))
    .executeTakeFirstOrThrow();
  return Number(n ?? 0);
}

export const oldestPhotos = (db: Db, limit: number): Promise<PhotoRow[]> =>
  db.selectFrom("device_photos").selectAll().orderBy("at").orderBy("id").limit(limit).execute();

export const deletePhoto = (db: Db, id: string) => db.deleteFrom("device_photos").where("id", "=", id);

export const photoFiles = async (db: Db): Promise<string[]> =>
  (await db.selectFrom("device_photos").select("file").execute()).map(({ file }) => file);
