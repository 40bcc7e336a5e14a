import type { Db, DispatchTables, OfferRow } from "./tables.ts";

export const insertOffer = (db: Db, row: Omit<DispatchTables["order_offers"], "id">) =>
  db.insertInto("order_offers").values(row);
export const pendingOffer = (db: Db, id: string): Promise<OfferRow | undefined> =>
  db
    .selectFrom("order_offers")
    .selectAll()
    .where("order_id", "=", id)
    .where("status", "=", "pending")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
export const pendingOfferTo = (db: Db, driver: number): Promise<OfferRow | undefined> =>
  db
    .selectFrom("order_offers")
    .selectAll()
    .where("driver_id", "=", driver)
    .where("status", "=", "pending")
    .executeTakeFirst();
export const offersOf = (db: Db, id: string): Promise<OfferRow[]> =>
  db.selectFrom("order_offers").selectAll().where("order_id", "=", id).orderBy("id").execute();
export const dueOffers = (db: Db, now: number): Promise<OfferRow[]> =>
  db
    .selectFrom("order_offers")
    .selectAll()
    .where("status", "=", "pending")
    .where("expires_at", "<=", now)
    .limit(100)
    .execute();
export const pendingOffers = (db: Db): Promise<OfferRow[]> =>
  db.selectFrom("order_offers").selectAll().where("status", "=", "pending").execute();
/** Orders that were offered, not taken, and not offered to the next one. */
export const interruptedSearches = (db: Db) =>
  db
    .selectFrom("orders")
    .select("id")
    .where("status", "=", "matching")
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("order_offers")
          .select("order_offers.id")
          .whereRef("order_offers.order_id", "=", "orders.id")
          .where("order_offers.status", "!=", "pending"),
      ),
    )
    .execute();
export const withdrawOffers = (db: Db, order: string) =>
  db
    .updateTable("order_offers")
    .set({ status: "withdrawn" })
    .where("order_id", "=", order)
    .where("status", "=", "pending");
/** Guarded: an offer is answered once. */
export const endOffer = (db: Db, id: number, status: OfferRow["status"]) =>
  db.updateTable("order_offers").set({ status }).where("id", "=", id).where("status", "=", "pending");
