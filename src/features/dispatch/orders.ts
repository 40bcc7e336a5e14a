import { randomId } from "../../core/id.ts";
import type { Compilable, EventDraft, Guarded } from "../../core/store.ts";
import { asFault, Fault } from "../../protocol/faults.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { distance } from "./geo.ts";
import { Held } from "./held.ts";
import { mapTopic, passengerTopic } from "./messages.ts";
import { toldOfStep } from "./order-events.ts";
import type { People } from "./people.ts";
import * as repo from "./repo.ts";
import { assignable, busyStates, type OrderState, transitions } from "./states.ts";
import { toOrder } from "./view.ts";

export interface NewOrder {
  readonly pickup_title: string;
  readonly pickup_object_name: string;
  readonly dropoff_title: string;
  readonly dropoff_object_name: string;
  readonly pickup_lat: number;
  readonly pickup_lon: number;
  readonly dropoff_lat: number;
  readonly dropoff_lon: number;
  readonly desired_pickup_time: number;
  readonly has_companion: boolean;
  readonly note: string;
  readonly client_order_id?: string | null;
}

/** What else belongs to a step that takes back an offer. */
export type Withdrawal = Pick<Change, "writes" | "events">;

/** A price before there is a tariff: what it starts with, and each kilometre. */
const startPrice = 500;
const pricePerKm = 120;

export interface Change {
  readonly to: OrderState;
  readonly driver?: number | null;
  readonly reason?: string | undefined;
  readonly by: string;
  readonly writes?: readonly (Compilable | Guarded)[];
  readonly events?: (order: repo.OrderRow, passenger: repo.PassengerRow) => readonly EventDraft[];
  /** It answers the order's offer itself. */
  readonly endsOffer?: true;
}

/** Orders and their states. A step, its history and everything that is told of it are one change. */
export class Orders {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #held = new Held();
  /** Drivers who are being given an order at this moment. */
  readonly #taken = new Set<number>();
  /** What else a step takes that leaves an offer unanswered. */
  withdrawal: (order: repo.OrderRow) => Withdrawal = () => ({});
  /** Called after each step, once it is told. */
  onStep: (order: repo.OrderRow, before: repo.OrderRow) => void = () => {};

  constructor(deps: DispatchDependencies, people: People) {
    this.#deps = deps;
    this.#people = people;
  }

  async start(): Promise<void> {
    for (const row of await repo.busyOrders(this.#deps.store.db, busyStates)) this.#held.note(row);
  }

  /** What a driver drives just now, or next. */
  of(driver: number): repo.OrderRow | undefined {
    return this.#held.of(driver, this.#deps.clock.now());
  }

  /** He is being given an order at this moment. */
  isTaken(driver: number): boolean {
    return this.#taken.has(driver);
  }

  /** All that he has to drive, now and on other days. */
  heldBy(driver: number): readonly repo.OrderRow[] {
    return this.#held.all(driver);
  }

  async require(id: string): Promise<repo.OrderRow> {
    const row = await repo.orderById(this.#deps.store.db, id);
    if (row === undefined) throw new Fault("not_found", `there is no order ${id}`);
    return row;
  }

  async passenger({ passenger_id }: repo.OrderRow): Promise<repo.PassengerRow> {
    return (await repo.passengerById(this.#deps.store.db, passenger_id))!;
  }

  async view(row: repo.OrderRow) {
    return toOrder(this.#people, row, await this.passenger(row), this.#deps.clock.now());
  }

  /** An order with a `client_order_id` that its passenger has used before is that order. */
  async create(order: NewOrder, passenger: repo.PassengerRow, by: string): Promise<repo.OrderRow> {
    const own = order.client_order_id ?? null;
    const known = () =>
      own === null ? undefined : repo.orderByClientId(this.#deps.store.db, passenger.id, own);
    try {
      return (await known()) ?? (await this.#create(order, passenger, by));
    } catch (error) {
      // Both came at once.
      const first = asFault(error).fault === "conflict" ? await known() : undefined;
      if (first === undefined) throw error;
      return first;
    }
  }

  async #create(order: NewOrder, passenger: repo.PassengerRow, by: string): Promise<repo.OrderRow> {
    const { store, journal, toMap, toPassenger, clock } = this.#deps;
    const now = clock.now();
    const metres = distance(
      { lat: order.pickup_lat, lon: order.pickup_lon },
      { lat: order.dropoff_lat, lon: order.dropoff_lon },
    );
    const row: repo.OrderRow = {
      ...order,
      id: `order_${now}${randomId(10)}`,
      passenger_id: passenger.id,
      driver_id: null,
      status: "submitted",
      client_order_id: order.client_order_id ?? null,
      has_companion: order.has_companion ? 1 : 0,
      distance_km: Math.round(metres / 10) / 100,
      estimated_price: (startPrice + (pricePerKm * metres) / 1000).toFixed(2),
      final_price: null,
      assignment_reason: "",
      rejection_reason: "",
      created_at: now,
      updated_at: now,
      assigned_at: null,
      arrived_at: null,
      completed_at: null,
    };
    const data = toOrder(this.#people, row, passenger, now);
    const history = {
      order_id: row.id,
      status_from: null,
      status_to: row.status,
      description: "",
      by,
      at: now,
    };
    await journal.commit({
      writes: [repo.insertOrder(store.db, row), repo.insertHistory(store.db, history)],
      events: [
        toMap.draft(mapTopic, "order_created", { data }),
        toPassenger.draft(passengerTopic(passenger.id), "order_update", { data }),
      ],
    });
    return row;
  }

  /** Rejects with `bad_step` and the steps that are possible, or `conflict` where somebody else was faster. */
  async step(id: string, to: OrderState, by: string, reason?: string): Promise<repo.OrderRow> {
    const row = await this.require(id);
    if (await this.#isRepeated(row, to, by)) return row;
    if (!transitions[row.status].includes(to)) throw impossible(row.status, to);
    if (to === "offered") throw impossible(row.status, to, "POST /api/dispatch/offer/{id} offers it");
    if (to === "assigned" && row.driver_id === null)
      throw impossible(row.status, to, "POST /api/dispatch/assign/{id} says to whom");
    if (to === "driver_en_route") this.#requireNoneUnderWay(row);
    return this.change(row, { to, by, reason, ...(releases(row.status, to) ? { driver: null } : {}) });
  }

  /** Whoever took this step last takes it again, since the answer got lost. */
  async #isRepeated({ id, status }: repo.OrderRow, to: OrderState, by: string): Promise<boolean> {
    return status === to && (await repo.lastStep(this.#deps.store.db, id))?.by === by;
  }

  /**
   * Gives an order to a driver. One that has a driver already is only given to another by who names the present one
   * (`insteadOf`): of two dispatchers at once, the second is told.
   */
  async assign(
    row: repo.OrderRow,
    driver: repo.DriverRow,
    how: Pick<Change, "by" | "reason" | "writes" | "endsOffer">,
    insteadOf?: number,
  ): Promise<repo.OrderRow> {
    this.#requireAssignable(row, insteadOf);
    if (row.status === "assigned" && row.driver_id === driver.id)
      throw new Fault("conflict", `${driver.name} has this order already`);
    this.requireFree(driver, row);
    this.#taken.add(driver.id);
    try {
      return await this.change(row, { ...how, to: "assigned", driver: driver.id });
    } finally {
      this.#taken.delete(driver.id);
    }
  }

  #requireAssignable(row: repo.OrderRow, insteadOf: number | undefined): void {
    if (assignable.includes(row.status)) return;
    if (row.status !== "assigned") throw impossible(row.status, "assigned");
    if (row.driver_id === insteadOf) return;
    const name = this.#people.driver(row.driver_id ?? -1)?.name ?? "somebody";
    throw new Fault("conflict", `this order is ${name}'s already; to take it from him, say instead_of`, {
      fields: { current_status: row.status, driver_id: String(row.driver_id) },
    });
  }

  /** Has no order at that time, and is being given none. */
  isFree(driver: number, { desired_pickup_time }: repo.OrderRow): boolean {
    const { clock } = this.#deps;
    return (
      !this.#taken.has(driver) && this.#held.collision(driver, desired_pickup_time, clock.now()) === undefined
    );
  }

  requireFree({ id, name }: repo.DriverRow, order: repo.OrderRow): void {
    // He left while somebody chose him.
    if (this.#people.driver(id)?.removed_at !== null)
      throw new Fault("conflict", `${name} drives here no more`);
    if (this.isFree(id, order)) return;
    throw new Fault("conflict", `${name} has another order to drive at that time; choose another driver`);
  }

  /** One ride at a time. */
  #requireNoneUnderWay({ id, driver_id }: repo.OrderRow): void {
    const other = driver_id === null ? undefined : this.#held.underWay(driver_id);
    if (other === undefined || other.id === id) return;
    throw new Fault("conflict", `order ${other.id} is under way: bring it to its end first`);
  }

  async change(row: repo.OrderRow, change: Change): Promise<repo.OrderRow> {
    const { store, journal, clock } = this.#deps;
    const now = clock.now();
    const next = stepped(row, change, now);
    const passenger = await this.passenger(row);
    const withdrawn = row.status === "offered" && change.endsOffer !== true ? this.withdrawal(row) : {};
    const history = {
      order_id: row.id,
      status_from: row.status,
      status_to: change.to,
      description: change.reason ?? "",
      by: change.by,
      at: now,
    };
    await journal.commit({
      writes: [
        {
          query: repo.stepQuery(store.db, { ...next, from: row.status, from_driver: row.driver_id }),
          rows: 1,
        },
        repo.insertHistory(store.db, history),
        ...(withdrawn.writes ?? []),
        ...(change.writes ?? []),
      ],
      events: [
        ...toldOfStep(this.#deps, this.#people, { before: row, row: next, passenger, now }),
        ...(withdrawn.events?.(next, passenger) ?? []),
        ...(change.events?.(next, passenger) ?? []),
      ],
    });
    this.#held.note(next, row);
    this.onStep(next, row);
    return next;
  }
}

/** Back to the search: it is nobody's order any more. */
const releases = (from: OrderState, to: OrderState): boolean =>
  (from === "assigned" || from === "offered" || from === "cancelled") &&
  ["matching", "active_queue", "submitted"].includes(to);

function stepped(row: repo.OrderRow, { to, driver, reason = "" }: Change, now: number): repo.OrderRow {
  const driver_id = driver === undefined ? row.driver_id : driver;
  return {
    ...row,
    status: to,
    driver_id,
    updated_at: now,
    assigned_at: driver_id === row.driver_id ? row.assigned_at : driver_id === null ? null : now,
    arrived_at: to === "arrived_waiting" ? now : row.arrived_at,
    completed_at: to === "completed" ? now : row.completed_at,
    final_price: to === "completed" ? row.estimated_price : row.final_price,
    assignment_reason: to === "assigned" ? reason : row.assignment_reason,
    rejection_reason: to === "rejected" || to === "cancelled" ? reason : row.rejection_reason,
  };
}

export const impossible = (from: OrderState, to: OrderState, instead?: string): Fault =>
  new Fault("bad_step", instead ?? `an order that is ${from} cannot become ${to}`, {
    fields: { current_status: from, requested_status: to, valid_transitions: [...transitions[from]] },
  });
