import type { DispatchDependencies } from "./dependencies.ts";
import type { Point } from "./geo.ts";
import { type Eta, iso, mapTopic, orderTopic } from "./messages.ts";
import type { Orders } from "./orders.ts";
import type { Positions } from "./positions.ts";
import type { OrderRow } from "./repo.ts";
import { onStreets, straightLine, type Way, withoutSecrets } from "./routing.ts";
import { busyStates, isCurrent } from "./states.ts";

/** Milliseconds between two estimates for one order. */
const period = 10_000;
/** Questions to the routing server at once; past it a straight line answers. */
const maxAsking = 32;
/** Milliseconds that a routing server which did not answer is left alone. */
const rest = 10_000;

/** When a driver will be there. Says which estimate it is: a line on the map is not a route. */
export class Etas {
  readonly #deps: DispatchDependencies;
  readonly #orders: Orders;
  readonly #positions: Positions;
  /** When a driver's order was last told of, on the clock that nobody sets; as below. */
  readonly #last = new Map<number, number>();
  #asking = 0;
  #downUntil = Number.NEGATIVE_INFINITY;

  constructor(deps: DispatchDependencies, orders: Orders, positions: Positions) {
    this.#deps = deps;
    this.#orders = orders;
    this.#positions = positions;
  }

  /** A driver moved: whoever waits for him is told, now and then. */
  moved(driver: number): void {
    const order = this.#orders.of(driver);
    const now = this.#deps.clock.monotonic();
    if (order === undefined || now - (this.#last.get(driver) ?? Number.NEGATIVE_INFINITY) < period) return;
    this.#last.set(driver, now);
    this.#watch(this.#tell(order), order);
  }

  /** An order took a step: where it has a new driver or a new target, all ways are told anew. */
  stepped(order: OrderRow, before: OrderRow): void {
    if (order.driver_id === null) return;
    if (!busyStates.includes(order.status)) return void this.#last.delete(order.driver_id);
    const isNew = order.driver_id !== before.driver_id;
    if (isNew) this.#watch(this.#tellRide(order), order);
    if (!isNew && order.status !== "ride_ongoing") return;
    this.#last.set(order.driver_id, this.#deps.clock.monotonic());
    this.#watch(this.#tell(order), order);
  }

  #watch(done: Promise<void>, { id }: OrderRow): void {
    done.catch((error) => this.#deps.events.emit("failure", { where: "dispatch.eta", incident: id, error }));
  }

  /** The driver's way to where he goes now, and when he will be there. */
  async #tell(order: OrderRow): Promise<void> {
    const leg = await this.#leg(order);
    if (leg === undefined || !this.#isStill(order)) return;
    const { toMap, toOrder } = this.#deps;
    const eta = this.#toEta(order, leg);
    const route = toRoute(order, leg.way);
    toMap.publish(mapTopic, "driver_eta_update", { data: eta });
    toOrder.publish(orderTopic(order.id), "driver_eta_update", { data: eta });
    toMap.publish(mapTopic, "driver_route_update", { data: route });
    toOrder.publish(orderTopic(order.id), "driver_route_update", { data: route });
  }

  /** A slow answer may come when the order is somebody else's, or over, or leads elsewhere. */
  #isStill({ id, driver_id, status }: OrderRow): boolean {
    const present = this.#orders.of(driver_id!);
    return present?.id === id && present.status === status;
  }

  /** The passenger's way, from pickup to drop-off. */
  async #tellRide(order: OrderRow): Promise<void> {
    const way = await this.ride(order);
    if (!this.#orders.heldBy(order.driver_id!).some(({ id }) => id === order.id)) return;
    const data = toRoute(order, way);
    this.#deps.toMap.publish(mapTopic, "order_route_update", { data });
    this.#deps.toOrder.publish(orderTopic(order.id), "order_route_update", { data });
  }

  ride(order: OrderRow): Promise<Way> {
    return this.#way(pickupOf(order), dropoffOf(order));
  }

  /** `undefined`: nobody drives it, or nobody knows where he is. */
  async of(order: OrderRow): Promise<Eta | undefined> {
    const leg = await this.#leg(order);
    return leg && this.#toEta(order, leg);
  }

  async #leg(order: OrderRow): Promise<Leg | undefined> {
    if (order.driver_id === null || !leads(order, this.#deps.clock.now())) return undefined;
    const live = this.#positions.live(order.driver_id);
    if (live === undefined) return undefined;
    const target = order.status === "ride_ongoing" ? "dropoff" : "pickup";
    const way = await this.#way(live, target === "dropoff" ? dropoffOf(order) : pickupOf(order));
    return { target, way };
  }

  #toEta(order: OrderRow, { target, way: { metres, seconds, source } }: Leg): Eta {
    const now = this.#deps.clock.now();
    return {
      driver_id: String(order.driver_id),
      order_id: order.id,
      eta: iso(now + seconds * 1000),
      eta_timestamp: iso(now),
      distance_m: Math.round(metres),
      distance_km: Math.round(metres / 10) / 100,
      duration_minutes: Math.round(seconds / 6) / 10,
      duration_seconds: Math.round(seconds),
      target,
      source,
    };
  }

  /** On streets where an OSRM server says so, else in a straight line. */
  async #way(from: Point, to: Point): Promise<Way> {
    const { options, clock } = this.#deps;
    if (options.osrmUrl === undefined || this.#asking >= maxAsking || clock.monotonic() < this.#downUntil)
      return straightLine(from, to);
    this.#asking++;
    try {
      return (await onStreets(options.osrmUrl, from, to)) ?? straightLine(from, to);
    } catch (thrown) {
      this.#downUntil = clock.monotonic() + rest;
      const [incident, error] = [new URL(options.osrmUrl).host, withoutSecrets(thrown)];
      this.#deps.events.emit("failure", { where: "dispatch.osrm", incident, error });
      return straightLine(from, to);
    } finally {
      this.#asking--;
    }
  }
}

/** Its driver has somewhere to go. */
const leads = (order: OrderRow, now: number): boolean => isCurrent(order, now) && order.status !== "incident";

/** Where a driver goes now, and how. */
interface Leg {
  readonly target: Eta["target"];
  readonly way: Way;
}

const pickupOf = ({ pickup_lat: lat, pickup_lon: lon }: OrderRow): Point => ({ lat, lon });
const dropoffOf = ({ dropoff_lat: lat, dropoff_lon: lon }: OrderRow): Point => ({ lat, lon });

export const toRoute = ({ id, driver_id }: OrderRow, { metres, seconds, route, source }: Way) => ({
  order_id: id,
  driver_id: driver_id === null ? null : String(driver_id),
  route,
  distance_m: Math.round(metres),
  duration_seconds: Math.round(seconds),
  source,
});
