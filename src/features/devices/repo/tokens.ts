import { prepared } from "../../../core/prepared.ts";
import type { Db, DeviceRow, DeviceTables } from "./tables.ts";

export type TokenOwner = DeviceRow & { readonly token_name: string; readonly ends_at: number | null };

const owner = prepared((db: Db, { hash, now }: { hash: string; now: number }) =>
  db
    .selectFrom("device_tokens")
    .innerJoin("devices", "devices.id", "device_tokens.device_id")
    .selectAll("devices")
    .select(["device_tokens.name as token_name", "device_tokens.ends_at"])
    .where("device_tokens.hash", "=", hash)
    .where((eb) => eb.or([eb("device_tokens.ends_at", "is", null), eb("device_tokens.ends_at", ">", now)])),
);

/** The device that a token opens for; `undefined` once it has ended. */
export const ownerOf = async (db: Db, hash: string, now: number): Promise<TokenOwner | undefined> =>
  (await db.executeQuery<TokenOwner>(owner(db, { hash, now }))).rows[0];

export const insertToken = (db: Db, row: DeviceTables["device_tokens"]) =>
  db.insertInto("device_tokens").values(row);

/** Tokens of a device that count after `time`. */
export const tokensOf = (db: Db, device: string, time: number) =>
  db
    .selectFrom("device_tokens")
    .select(["name", "ends_at"])
    .where("device_id", "=", device)
    .where((eb) => eb.or([eb("ends_at", "is", null), eb("ends_at", ">", time)]))
    .execute();

/** None of them counts after `ends_at`; what ends earlier, ends earlier. */
export const endTokens = (db: Db, device: string, ends_at: number) =>
  db
    .updateTable("device_tokens")
    .set({ ends_at })
    .where("device_id", "=", device)
    .where((eb) => eb.or([eb("ends_at", "is", null), eb("ends_at", ">", ends_at)]));

export const pairingOpenUntil = async (db: Db): Promise<number> =>
  (await db.selectFrom("device_pairing").select("open_until").executeTakeFirst())?.open_until ?? 0;

export const setPairing = (db: Db, open_until: number) =>
  db
    .insertInto("device_pairing")
    .values({ id: 1, open_until })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ open_until }));
