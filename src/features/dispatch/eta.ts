import { z } from "zod";
import type { DispatchDependencies } from "./dependencies.ts";
import { distance, type Point } from "./geo.ts";
import { type Eta, iso, mapTopic, orderTopic } from "./messages.ts";
import type { Orders } from "./orders.ts";
import type { Positions } from "./positions.ts";
import type { OrderRow } from "./repo.ts";

/** Milliseconds between two estimates for one order. */
const period = 10_000;
/** Milliseconds that a route may take; a straight line answers then. */
const patience = 3_000;
/** Streets are longer than the line between their ends, and cities slow: 1.3 times as long, at 8.3 m/s (30 km/h). */
const detour = 1.3;
const citySpeed = 8.33;

export interface Way {
  readonly metres: number;
  readonly seconds: number;
  /** [lat, lon] along the way. */
  readonly route: number[][];
  readonly source: "straight_line" | "osrm";
}

const Osrm = z.object({
  code: z.literal("Ok"),
  routes: z
    .array(
      z.object({
        distance: z.number(),
        duration: z.number(),
        geometry: z.object({ coordinates: z.array(z.array(z.number())) }).optional(),
      }),
    )
    .min(1),
});

export const straightLine = (from: Point, to: Point): Way => {
  const metres = distance(from, to) * detour;
  return {
    metres,
    seconds: metres / citySpeed,
    route: [
      [from.lat, from.lon],
      [to.lat, to.lon],
    ],
    source: "straight_line",
  };
};

/** When a driver will be there. Says which estimate it is: a line on the map is not a route. */
export class Etas {
  readonly #deps: DispatchDependencies;
  readonly #orders: Orders;
  readonly #positions: Positions;
  readonly #last = new Map<number, number>();
  #isRoutingDown = false;

  constructor(deps: DispatchDependencies, orders: Orders, positions: Positions) {
    this.#deps = deps;
    this.#orders = orders;
    this.#positions = positions;
  }

  /** A driver moved: whoever waits for him is told, now and then. */
  moved(driver: number): void {
    const order = this.#orders.of(driver);
    const now = this.#deps.clock.now();
    if (order === undefined || now - (this.#last.get(driver) ?? 0) < period) return;
    this.#last.set(driver, now);
    this.tell(order).catch((error) =>
      this.#deps.events.emit("failure", { where: "dispatch.eta", incident: order.id, error }),
    );
  }

  async tell(order: OrderRow): Promise<void> {
    const data = await this.of(order);
    if (data === undefined) return;
    this.#deps.toMap.publish(mapTopic, "driver_eta_update", { data });
    this.#deps.toOrder.publish(orderTopic(order.id), "driver_eta_update", { data });
  }

  /** `undefined`: nobody drives it, or nobody knows where he is. */
  async of(order: OrderRow): Promise<Eta | undefined> {
    const live = order.driver_id === null ? undefined : this.#positions.live(order.driver_id);
    if (live === undefined || order.driver_id === null) return undefined;
    const target = order.status === "ride_ongoing" ? "dropoff" : "pickup";
    const to =
      target === "dropoff"
        ? { lat: order.dropoff_lat, lon: order.dropoff_lon }
        : { lat: order.pickup_lat, lon: order.pickup_lon };
    const { metres, seconds, source } = await this.way(live, to);
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
  async way(from: Point, to: Point): Promise<Way> {
    const { osrmUrl } = this.#deps.options;
    if (osrmUrl === undefined) return straightLine(from, to);
    try {
      const way = await onStreets(osrmUrl, from, to);
      this.#isRoutingDown = false;
      return way;
    } catch (error) {
      // Told once, not with every position.
      if (!this.#isRoutingDown)
        this.#deps.events.emit("failure", { where: "dispatch.osrm", incident: osrmUrl, error });
      this.#isRoutingDown = true;
      return straightLine(from, to);
    }
  }
}

/** OSRM's route service: longitude first. */
async function onStreets(url: string, from: Point, to: Point): Promise<Way> {
  const path = `/route/v1/driving/${from.lon},${from.lat};${to.lon},${to.lat}?overview=simplified&geometries=geojson`;
  const answer = await fetch(url + path, { signal: AbortSignal.timeout(patience), redirect: "error" });
  const { routes } = Osrm.parse(await answer.json());
  const [{ distance: metres, duration: seconds, geometry }] = routes as [(typeof routes)[number]];
  const route = (geometry?.coordinates ?? []).map(([lon, lat]) => [lat!, lon!]);
  return { metres, seconds, route, source: "osrm" };
}
