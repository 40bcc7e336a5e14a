import type { Connection } from "../../core/channel.ts";
import { encode } from "../../protocol/codec.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { type DriverLocation, iso, mapTopic, orderTopic } from "./messages.ts";
import type { Orders } from "./orders.ts";
import type { People } from "./people.ts";
import type { Positions } from "./positions.ts";
import * as repo from "./repo.ts";
import { driverState, mapStates } from "./states.ts";

/** Milliseconds between two messages to one map: ten a second at most. */
export const tick = 100;
/** Milliseconds between two events of one driver for clients that know no batches (the original's rate). */
const perDriver = 500;
/** Topic of positions one by one, for clients that know no batches. */
export const positionsTopic = `${mapTopic}:positions`;
/** Orders that a snapshot shows at most. */
const snapshotOrders = 5_000;

export interface Viewport {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

interface View {
  readonly connection: Connection;
  viewport: Viewport | undefined;
  /** Drivers that changed since this map was told last; a slow map gathers, and is told the newest. */
  readonly pending: Set<number>;
}

/** The map of all drivers. Changes are gathered for each driver and told at a set rate; a slow map costs one set. */
export class LiveMap {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #positions: Positions;
  readonly #orders: Orders;
  readonly #views = new Map<Connection, View>();
  #dirty = new Set<number>();
  /** Drivers whose next event of their own is due later. */
  readonly #waiting = new Set<number>();
  readonly #told = new Map<number, number>();

  constructor(deps: DispatchDependencies, people: People, positions: Positions, orders: Orders) {
    this.#deps = deps;
    this.#people = people;
    this.#positions = positions;
    this.#orders = orders;
  }

  moved(driver: number): void {
    this.#dirty.add(driver);
  }

  /** This map wants batches, of a part of the world or of all of it. */
  batch(connection: Connection, viewport: Viewport | undefined): void {
    const view = this.#views.get(connection) ?? { connection, viewport, pending: new Set<number>() };
    view.viewport = viewport;
    this.#views.set(connection, view);
    // What is in sight now is told anew, wherever it was before.
    for (const [driver] of this.#positions.all()) view.pending.add(driver);
  }

  leave(connection: Connection): void {
    this.#views.delete(connection);
  }

  /** Tells what changed since the last turn. */
  turn(): void {
    const now = this.#deps.clock.now();
    const dirty = this.#dirty;
    this.#dirty = new Set();
    this.#tellOneByOne(dirty, now);
    if (this.#views.size === 0) return;
    const shared = new Shared(dirty, (drivers) => this.#frame(drivers, undefined, now));
    for (const view of this.#views.values()) this.#tellBatch(view, dirty, shared, now);
  }

  #tellBatch(view: View, dirty: ReadonlySet<number>, shared: Shared, now: number): void {
    const isFresh = view.pending.size === 0;
    if (isFresh && dirty.size === 0) return;
    if (isFresh && view.viewport === undefined && view.connection.idle)
      return view.connection.sendText(shared.frame());
    for (const driver of dirty) view.pending.add(driver);
    if (!view.connection.idle) return;
    const frame = this.#frame(view.pending, view.viewport, now);
    view.pending.clear();
    if (frame !== "") view.connection.sendText(frame);
  }

  #frame(drivers: Iterable<number>, viewport: Viewport | undefined, now: number): string {
    const list = [];
    for (const driver of drivers) {
      const location = this.location(driver, now);
      if (location !== undefined && (viewport === undefined || contains(viewport, location)))
        list.push(location);
    }
    return list.length === 0 ? "" : encode("driver_locations", { data: { drivers: list } });
  }

  /** At most one event for each driver and period; who is too early comes with a later turn. */
  #tellOneByOne(dirty: ReadonlySet<number>, now: number): void {
    const isWatched = this.#deps.hub.hasFollowers(positionsTopic);
    for (const driver of dirty)
      if (isWatched || this.#orders.of(driver) !== undefined) this.#waiting.add(driver);
    for (const driver of this.#waiting) {
      if (now - (this.#told.get(driver) ?? 0) < perDriver) continue;
      this.#waiting.delete(driver);
      this.#told.set(driver, now);
      this.#tellOne(driver, now);
    }
  }

  #tellOne(driver: number, now: number): void {
    const data = this.location(driver, now);
    if (data === undefined) return;
    const order = this.#orders.of(driver);
    this.#deps.toMap.publish(positionsTopic, "driver_location_update", { data });
    if (order !== undefined)
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
    const drivers = this.#people.drivers().map((row) => this.#mapDriver(row, now));
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

  /** A driver came or went. */
  async online(id: number, isOnline: boolean): Promise<repo.DriverRow> {
    const { store, journal, toMap } = this.#deps;
    const row = this.#people.requireDriver(id);
    const changed = { ...row, is_online: isOnline ? 1 : 0 };
    const data = {
      driver_id: String(id),
      is_online: isOnline,
      name: row.name,
      car_model: row.car_model,
      status: driverState(isOnline, this.#orders.of(id)?.status),
    };
    await journal.commit({
      writes: [repo.updateDriver(store.db, id, { is_online: changed.is_online })],
      events:
        row.is_online === changed.is_online ? [] : [toMap.draft(mapTopic, "driver_status_update", { data })],
    });
    this.#people.remember(changed);
    this.moved(id);
    return changed;
  }
}

/** One frame for all maps that see everything and are up to date; made when the first of them needs it. */
class Shared {
  readonly #drivers: ReadonlySet<number>;
  readonly #make: (drivers: ReadonlySet<number>) => string;
  #frame: string | undefined;

  constructor(drivers: ReadonlySet<number>, make: (drivers: ReadonlySet<number>) => string) {
    this.#drivers = drivers;
    this.#make = make;
  }

  frame(): string {
    this.#frame ??= this.#make(this.#drivers);
    return this.#frame;
  }
}

/** Across the 180th meridian too: there, `west` is greater than `east`. */
function contains(
  { south, north, west, east }: Viewport,
  { lat, lon }: { lat: number; lon: number },
): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
}

const toMapOrder = (row: repo.OrderRow, full_name: string) => ({
  id: row.id,
  pickup_title: row.pickup_title,
  pickup_lat: row.pickup_lat,
  pickup_lon: row.pickup_lon,
  dropoff_title: row.dropoff_title,
  dropoff_lat: row.dropoff_lat,
  dropoff_lon: row.dropoff_lon,
  status: row.status,
  driver_id: row.driver_id === null ? null : String(row.driver_id),
  passenger: { id: String(row.passenger_id), full_name },
  created_at: iso(row.created_at),
});
