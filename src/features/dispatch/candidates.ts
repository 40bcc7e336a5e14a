import { distance } from "./geo.ts";
import type { People } from "./people.ts";
import type { Positions } from "./positions.ts";
import type { DriverRow, OrderRow } from "./repo.ts";

export interface Candidate {
  readonly driver: DriverRow;
  readonly metres: number;
}

/** Drivers who are there, have the seats, and whose place is known. Asks last who is free: few are near enough to matter. */
export function* reachable(
  people: People,
  positions: Positions,
  order: OrderRow,
): Generator<Candidate, void, undefined> {
  const pickup = { lat: order.pickup_lat, lon: order.pickup_lon };
  const seats = order.has_companion === 1 ? 2 : 1;
  for (const driver of people.drivers()) {
    if (driver.is_online === 0 || driver.capacity < seats) continue;
    const live = positions.live(driver.id);
    if (live === undefined || live.signal === "lost") continue;
    yield { driver, metres: distance(live, pickup) };
  }
}

/** The nearest that fits, without putting ten thousand in order for one. */
export function nearest(
  candidates: Iterable<Candidate>,
  fits: (driver: number) => boolean,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const each of candidates)
    if ((best === undefined || each.metres < best.metres) && fits(each.driver.id)) best = each;
  return best;
}
