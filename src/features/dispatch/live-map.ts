import type { DispatchDependencies } from "./dependencies.ts";
import { type DriverLocation, iso, orderTopic } from "./messages.ts";
import type { Orders } from "./orders.ts";
import type { People } from "./people.ts";
import type { Positions } from "./positions.ts";
import * as repo from "./repo.ts";
import { mapStates } from "./states.ts";
import { Views } from "./views.ts";

/** Milliseconds between two messages to one map: ten a second at most. */
export const tick = 100;
/** Milliseconds between two events of one driver where they are told one by one (the original's rate). */
const perDriver = 500;
/** Orders that a snapshot shows at most. */
const snapshotOrders = 5_000;

/** The map of all drivers. Changes are gathered for each driver and told at a set rate. */
export class LiveMap {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #positions: Positions;
  readonly #orders: Orders;
  readonly views: Views;
  /** Drivers that changed since the last turn. */
  #moved = new Set<number>();
  /** Drivers whose next event of their own is due later. */
  readonly #waiting = new Set<number>();
  readonly #told = new Map<number, number>();

  constructor(deps: DispatchDependencies, people: People, positions: Positions, orders: Orders) {
    this.#deps = deps;
    this.#people = people;
    this.#positions = positions;
    this.#orders = orders;
    this.views = new Views(deps.hub, () => positions.drivers());
  }

  moved(driver: number): void {
    this.#moved.add(driver);
  }

  /** Tells what changed since the last turn. */
  turn(): void {
    const moved = this.#moved;
    this.#moved = new Set();
    const due = this.#due(moved);
    for (const driver of due) this.#tellOrder(driver);
    if (this.views.size === 0) return;
    const now = this.#deps.clock.now();
    this.views.tell(moved, due, (driver) => this.location(driver, now));
  }

  /** Who may be told of by himself: one event for each driver and period; who is too early comes with a later turn. */
  #due(moved: ReadonlySet<number>): Set<number> {
    const now = this.#deps.clock.monotonic();
    const isWatched = this.views.hasSingle;
    for (const driver of moved)
      if (isWatched || this.#orders.of(driver) !== undefined) this.#waiting.add(driver);
    const due = new Set<number>();
    for (const driver of this.#waiting) {
      if (now - (this.#told.get(driver) ?? Number.NEGATIVE_INFINITY) < perDriver) continue;
      this.#waiting.delete(driver);
      this.#told.set(driver, now);
      due.add(driver);
    }
    return due;
  }

  /** Whoever waits for this driver sees him come. */
  #tellOrder(driver: number): void {
    const order = this.#orders.of(driver);
    if (order === undefined || !this.#deps.hub.hasFollowers(orderTopic(order.id))) return;
    const data = this.location(driver, this.#deps.clock.now());
    if (data === undefined) return;
    this.#deps.toOrder.publish(orderTopic(order.id), "driver_location_update", { data });
  }

  location(driver: number, now: number): DriverLocation | undefined {
    const live = this.#positions.live(driver);
    const row = this.#people.driver(driver);
    if (live === undefined || row === undefined) return undefined;
    return {
      driver_id: String(driver),
      lat: live.lat,
      lon: live.lon,
      timestamp: iso(live.at),
      name: row.name,
      car_model: row.car_model,
      is_online: row.is_online === 1,
      signal: live.signal,
      age_ms: Math.max(0, Math.round(now - live.at)),
      speed: live.speed,
      heading: live.heading,
    };
  }

  /** What `GET /api/dispatch/map-data/` answers, and the socket's snapshot. */
  async data(db: repo.Db = this.#deps.store.db) {
    const now = this.#deps.clock.now();
    const rows = await repo.orders(db, { status: mapStates, limit: snapshotOrders, offset: 0 });
    const names = new Map(
      await repo.passengerNames(db, [...new Set(rows.map(({ passenger_id }) => passenger_id))]),
    );
    // Of the same moment as the orders: who came or went after it is in an event that is still to come.
    const drivers = (await repo.drivers(db)).map((row) => this.#mapDriver(row, now));
    const orders = rows.map((row) => toMapOrder(row, names.get(row.passenger_id) ?? ""));
    return { drivers, orders, drivers_count: drivers.length, orders_count: orders.length };
  }

  #mapDriver(row: repo.DriverRow, now: number) {
    const live = this.#positions.live(row.id);
    return {
      id: String(row.id),
      name: row.name,
      lat: live?.lat ?? null,
      lon: live?.lon ?? null,
      is_online: row.is_online === 1,
      car_model: row.car_model,
      plate_number: row.plate_number,
      region: row.region_id,
      last_location_update: live === undefined ? null : iso(live.at),
      signal: live?.signal ?? ("lost" as const),
      age_ms: live === undefined ? null : Math.max(0, Math.round(now - live.at)),
    };
  }
}

const toMapOrder = (row: repo.OrderRow, full_name: string) => ({
  id: row.id,
  pickup_title: row.pickup_title,
  pickup_object_name: row.pickup_object_name,
  pickup_lat: row.pickup_lat,
  pickup_lon: row.pickup_lon,
  dropoff_title: row.dropoff_title,
  dropoff_object_name: row.dropoff_object_name,
  dropoff_lat: row.dropoff_lat,
  dropoff_lon: row.dropoff_lon,
  status: row.status,
  driver_id: row.driver_id === null ? null : String(row.driver_id),
  passenger: { id: String(row.passenger_id), full_name },
  created_at: iso(row.created_at),
});
