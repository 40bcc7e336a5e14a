import { prepared } from "../../../core/prepared.ts";
import type { OrderState } from "../states.ts";
import type { Db, DispatchTables, OrderRow } from "./tables.ts";

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
