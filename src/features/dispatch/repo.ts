import { sql } from "kysely";
import { prepared } from "../../core/prepared.ts";
import type { Db, DispatchTables, DriverRow, OfferRow, OrderRow, TrackRow } from "./repo/tables.ts";
import type { OrderState } from "./states.ts";

export * from "./repo/tables.ts";

// --- people ---

const driver = prepared((db: Db, { id }: { id: number }) =>
  db.selectFrom("drivers").selectAll().where("id", "=", id),
);
export const driverById = async (db: Db, id: number): Promise<DriverRow | undefined> =>
  (await db.executeQuery<DriverRow>(driver(db, { id }))).rows[0];

/** Those who are here still. */
export const drivers = (db: Db): Promise<DriverRow[]> =>
  db.selectFrom("drivers").selectAll().where("removed_at", "is", null).orderBy("id").execute();
/** Also those who left. */
export const allDrivers = (db: Db): Promise<DriverRow[]> =>
  db.selectFrom("drivers").selectAll().orderBy("id").execute();

const driverOf = prepared((db: Db, { user }: { user: string }) =>
  db.selectFrom("drivers").selectAll().where("user_id", "=", user),
);
export const driverByUser = async (db: Db, user: string): Promise<DriverRow | undefined> =>
  (await db.executeQuery<DriverRow>(driverOf(db, { user }))).rows[0];

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
export const regionById = (db: Db, id: string) =>
  db.selectFrom("regions").selectAll().where("id", "=", id).executeTakeFirst();
export const insertRegion = (db: Db, row: DispatchTables["regions"]) => db.insertInto("regions").values(row);

// --- orders ---

const order = prepared((db: Db, { id }: { id: string }) =>
  db.selectFrom("orders").selectAll().where("id", "=", id),
);
export const orderById = async (db: Db, id: string): Promise<OrderRow | undefined> =>
  (await db.executeQuery<OrderRow>(order(db, { id }))).rows[0];

export const orderByClientId = (db: Db, passenger: number, id: string): Promise<OrderRow | undefined> =>
  db
    .selectFrom("orders")
    .selectAll()
    .where("passenger_id", "=", passenger)
    .where("client_order_id", "=", id)
    .executeTakeFirst();

export const insertOrder = (db: Db, row: DispatchTables["orders"]) => db.insertInto("orders").values(row);

export interface OrderFilter {
  readonly status?: readonly OrderState[] | undefined;
  readonly driver?: number | undefined;
  readonly passenger?: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

const fitting = (db: Db, { status, driver: of, passenger }: OrderFilter) =>
  db
    .selectFrom("orders")
    .$if(status !== undefined, (all) => all.where("status", "in", status!))
    .$if(of !== undefined, (all) => all.where("driver_id", "=", of!))
    .$if(passenger !== undefined, (all) => all.where("passenger_id", "=", passenger!));

/** Newest first. */
export const orders = (db: Db, filter: OrderFilter): Promise<OrderRow[]> =>
  fitting(db, filter)
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(filter.limit)
    .offset(filter.offset)
    .execute();

export async function countOrders(db: Db, filter: OrderFilter): Promise<number> {
  const { n } = await fitting(db, filter)
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}

export async function countOpenOrders(
  db: Db,
  passenger: number,
  over: readonly OrderState[],
): Promise<number> {
  const { n } = await db
    .selectFrom("orders")
    .where("passenger_id", "=", passenger)
    .where("status", "not in", over)
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}

export type Step = Pick<
  OrderRow,
  | "id"
  | "status"
  | "driver_id"
  | "assignment_reason"
  | "rejection_reason"
  | "updated_at"
  | "assigned_at"
  | "arrived_at"
  | "completed_at"
  | "final_price"
> & { readonly from: OrderState; readonly from_driver: number | null };

/** Guarded by the state and the driver that it comes from: of two who take a step at once, one takes it. */
export const stepQuery = prepared((db: Db, step: Step) =>
  db
    .updateTable("orders")
    .set({
      status: step.status,
      driver_id: step.driver_id,
      assignment_reason: step.assignment_reason,
      rejection_reason: step.rejection_reason,
      updated_at: step.updated_at,
      assigned_at: step.assigned_at,
      arrived_at: step.arrived_at,
      completed_at: step.completed_at,
      final_price: step.final_price,
    })
    .where("id", "=", step.id)
    .where("status", "=", step.from)
    .where("driver_id", `is not distinct from`, step.from_driver),
);

export const insertHistory = prepared((db: Db, row: Omit<DispatchTables["order_history"], "id">) =>
  db.insertInto("order_history").values({
    order_id: row.order_id,
    status_from: row.status_from,
    status_to: row.status_to,
    description: row.description,
    by: row.by,
    at: row.at,
  }),
);
export const historyOf = (db: Db, id: string) =>
  db.selectFrom("order_history").selectAll().where("order_id", "=", id).orderBy("id").execute();
export const lastStep = (db: Db, id: string) =>
  db
    .selectFrom("order_history")
    .selectAll()
    .where("order_id", "=", id)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();

/** Orders to be fetched in a span of time that wait for a driver; who must be fetched first comes first. */
export const waitingOrders = (
  db: Db,
  states: readonly OrderState[],
  { from, to }: { from: number; to: number },
) =>
  db
    .selectFrom("orders")
    .selectAll()
    .where("status", "in", states)
    .where("desired_pickup_time", ">=", from)
    .where("desired_pickup_time", "<=", to)
    .orderBy("desired_pickup_time")
    .orderBy("created_at")
    .limit(500)
    .execute();

/** Orders that have a driver under way, by driver. */
export const busyOrders = (db: Db, states: readonly OrderState[]) =>
  db
    .selectFrom("orders")
    .selectAll()
    .where("driver_id", "is not", null)
    .where("status", "in", states)
    .execute();

const ordersOf = (db: Db, column: "driver_id" | "passenger_id", id: number) =>
  db.selectFrom("orders").selectAll().where(column, "=", id).orderBy("desired_pickup_time");
export const heldOrdersOf = (db: Db, driver: number, states: readonly OrderState[]): Promise<OrderRow[]> =>
  ordersOf(db, "driver_id", driver).where("status", "in", states).execute();
export const openOrdersOf = (db: Db, passenger: number, over: readonly OrderState[]): Promise<OrderRow[]> =>
  ordersOf(db, "passenger_id", passenger).where("status", "not in", over).limit(500).execute();

// --- offers ---

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

// --- track ---

export const trackOf = (db: Db, id: number, from: number, to: number, limit: number): Promise<TrackRow[]> =>
  db
    .selectFrom("driver_track")
    .selectAll()
    .where("driver_id", "=", id)
    .where("at", ">=", from)
    .where("at", "<=", to)
    .orderBy("at")
    .limit(limit)
    .execute();
/** The newest point of each driver since `time`: where he was when the server went away without a word. */
export const newestPoints = (
  db: Db,
  time: number,
): Promise<Pick<TrackRow, "driver_id" | "at" | "lat" | "lon">[]> =>
  db
    .selectFrom("driver_track as point")
    .innerJoin(
      (eb) =>
        eb
          .selectFrom("driver_track")
          .select(["driver_id", (one) => one.fn.max("at").as("at")])
          .where("at", ">", time)
          .groupBy("driver_id")
          .as("newest"),
      (join) => join.onRef("newest.driver_id", "=", "point.driver_id").onRef("newest.at", "=", "point.at"),
    )
    .select(["point.driver_id", "point.at", "point.lat", "point.lon"])
    .execute();
export const deleteTrackBefore = (db: Db, time: number, limit: number) =>
  db
    .deleteFrom("driver_track")
    .where(
      ({ refTuple, selectFrom }) =>
        sql<boolean>`${refTuple("driver_id", "at")} in ${selectFrom("driver_track as old")
          .select(["old.driver_id", "old.at"])
          .where("old.at", "<", time)
          .limit(limit)}`,
    );
