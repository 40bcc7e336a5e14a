import type { OrderRow } from "./repo.ts";
import { busyStates, isCurrent, spacing, underWayStates } from "./states.ts";

/** The orders of each driver that are not over: one that he drives, others for later. Every position asks for them. */
export class Held {
  readonly #byDriver = new Map<number, Map<string, OrderRow>>();

  /** An order changed, or is there. */
  note(after: OrderRow, before?: OrderRow): void {
    if (before !== undefined && before.driver_id !== null) this.#drop(before.driver_id, before.id);
    if (after.driver_id === null || !busyStates.includes(after.status)) return;
    const mine = this.#byDriver.get(after.driver_id) ?? new Map();
    this.#byDriver.set(after.driver_id, mine.set(after.id, after));
  }

  #drop(driver: number, order: string): void {
    const mine = this.#byDriver.get(driver);
    if (mine?.delete(order) && mine.size === 0) this.#byDriver.delete(driver);
  }

  all(driver: number): readonly OrderRow[] {
    return [...(this.#byDriver.get(driver)?.values() ?? [])];
  }

  underWay(driver: number): OrderRow | undefined {
    return this.all(driver).find(({ status }) => underWayStates.includes(status));
  }

  /** What he drives, or else drives next, once that is near. */
  of(driver: number, now: number): OrderRow | undefined {
    if (!this.#byDriver.has(driver)) return undefined;
    const next = this.all(driver).filter((order) => isCurrent(order, now));
    return this.underWay(driver) ?? next.sort((a, b) => a.desired_pickup_time - b.desired_pickup_time)[0];
  }

  /** An order of his that leaves him no time to fetch somebody at `pickup`. */
  collision(driver: number, pickup: number, now: number): OrderRow | undefined {
    if (!this.#byDriver.has(driver)) return undefined;
    const wanted = Math.max(pickup, now);
    return this.all(driver).find((order) => Math.abs(wanted - timeOf(order, now)) <= spacing);
  }
}

/** Who is under way is busy now, whatever the order said. */
const timeOf = ({ status, desired_pickup_time }: OrderRow, now: number): number =>
  underWayStates.includes(status) ? now : Math.max(desired_pickup_time, now);
