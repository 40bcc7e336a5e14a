import { randomId } from "../../core/id.ts";
import type { Compilable, EventDraft, Guarded } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { distance } from "./geo.ts";
import { driverTopic, mapTopic, orderTopic, passengerTopic } from "./messages.ts";
import type { People } from "./people.ts";
import * as repo from "./repo.ts";
import {
  assignable,
  busyStates,
  finalMapStates,
  mapStates,
  type OrderState,
  stateLabels,
  transitions,
} from "./states.ts";
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
}

/** A price before there is a tariff: what it starts with, and each kilometre. */
const startPrice = 500;
const pricePerKm = 120;

interface Change {
  readonly to: OrderState;
  readonly driver?: number | null;
  readonly reason?: string | undefined;
  readonly by: string;
  readonly writes?: readonly (Compilable | Guarded)[];
  readonly events?: (order: repo.OrderRow, passenger: repo.PassengerRow) => readonly EventDraft[];
}

/** Orders and their states. A step, its history and everything that is told of it are one change. */
export class Orders {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  /** Orders that a driver is under way for, by driver: every position asks. */
  readonly #busy = new Map<number, repo.OrderRow>();
  /** Called after each step, once it is told. */
  onStep: (order: repo.OrderRow, before: repo.OrderRow) => void = () => {};

  constructor(deps: DispatchDependencies, people: People) {
    this.#deps = deps;
    this.#people = people;
  }

  async start(): Promise<void> {
    for (const row of await repo.busyOrders(this.#deps.store.db, busyStates))
      this.#busy.set(row.driver_id!, row);
  }

  /** What a driver drives just now. */
  of(driver: number): repo.OrderRow | undefined {
    return this.#busy.get(driver);
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

  async create(order: NewOrder, passenger: repo.PassengerRow, by: string): Promise<repo.OrderRow> {
    const { store, journal, toMap, toPassenger, clock } = this.#deps;
    const now = clock.now();
    const metres = distance(
      { lat: order.pickup_lat, lon: order.pickup_lon },
      { lat: order.dropoff_lat, lon: order.dropoff_lon },
    );
    const row: repo.OrderRow = {
      ...order,
      id: `order_${now}${randomId(4)}`,
      passenger_id: passenger.id,
      driver_id: null,
      status: "submitted",
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
    if (!transitions[row.status].includes(to)) throw impossible(row.status, to);
    return this.change(row, { to, by, reason, ...(releases(row.status, to) ? { driver: null } : {}) });
  }

  /** Gives an order without a driver to one. */
  async assign(
    row: repo.OrderRow,
    driver: repo.DriverRow,
    by: string,
    reason: string,
  ): Promise<repo.OrderRow> {
    const mayChange = assignable.includes(row.status) || row.status === "assigned";
    if (!mayChange) throw impossible(row.status, "assigned");
    if (row.driver_id === driver.id) throw new Fault("conflict", `${driver.name} has this order already`);
    return this.change(row, { to: "assigned", driver: driver.id, by, reason });
  }

  async change(row: repo.OrderRow, change: Change): Promise<repo.OrderRow> {
    const { store, journal, clock } = this.#deps;
    const now = clock.now();
    const next = stepped(row, change, now);
    const passenger = await this.passenger(row);
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
        { query: repo.stepQuery(store.db, { ...next, from: row.status }), rows: 1 },
        repo.insertHistory(store.db, history),
        ...(change.writes ?? []),
      ],
      events: [...this.#told(row, next, passenger, now), ...(change.events?.(next, passenger) ?? [])],
    });
    this.#noteBusy(row, next);
    this.onStep(next, row);
    return next;
  }

  #noteBusy(before: repo.OrderRow, after: repo.OrderRow): void {
    if (before.driver_id !== null && this.#busy.get(before.driver_id)?.id === before.id)
      this.#busy.delete(before.driver_id);
    if (after.driver_id !== null && busyStates.includes(after.status)) this.#busy.set(after.driver_id, after);
  }

  /** Each event once, in the order of seed 004's original: order, driver, passenger, what changed, map. */
  #told(before: repo.OrderRow, row: repo.OrderRow, passenger: repo.PassengerRow, now: number): EventDraft[] {
    const { toOrder: orders, toDriver: drivers, toPassenger: passengers, toMap } = this.#deps;
    const data = toOrder(this.#people, row, passenger, now);
    const topic = orderTopic(row.id);
    const { status } = row;
    const events = [orders.draft(topic, "order_update", { data })];
    for (const driver of new Set([before.driver_id, row.driver_id]))
      if (driver !== null) events.push(drivers.draft(driverTopic(driver), "order_update", { data }));
    events.push(
      passengers.draft(passengerTopic(row.passenger_id), "order_update", { data }),
      orders.draft(topic, "order_status_changed", {
        data: { order_id: row.id, status, status_display: stateLabels[status] },
      }),
    );
    if (row.driver_id !== null && row.driver_id !== before.driver_id)
      events.push(...this.#assigned(row, data));
    if (status === "arrived_waiting" && row.driver_id !== null)
      events.push(
        passengers.draft(passengerTopic(row.passenger_id), "driver_arrived", {
          data: { order_id: row.id, driver_id: String(row.driver_id) },
        }),
      );
    if (mapStates.includes(status) || finalMapStates.includes(status) || mapStates.includes(before.status))
      events.push(toMap.draft(mapTopic, "order_update", { data }));
    return events;
  }

  #assigned(row: repo.OrderRow, data: ReturnType<typeof toOrder>): EventDraft[] {
    const { toOrder: orders, toDriver: drivers } = this.#deps;
    const { id, name, car_model, plate_number } = this.#people.requireDriver(row.driver_id!);
    const driver = { id: String(id), name, car_model, plate_number };
    return [
      orders.draft(orderTopic(row.id), "driver_assigned", { data: { order_id: row.id, driver } }),
      drivers.draft(driverTopic(id), "new_order", { data }),
    ];
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

export const impossible = (from: OrderState, to: OrderState): Fault =>
  new Fault("bad_step", `an order that is ${from} cannot become ${to}`, {
    fields: { current_status: from, requested_status: to, valid_transitions: [...transitions[from]] },
  });
