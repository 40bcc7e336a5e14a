import type { Connection } from "../../core/channel.ts";
import { Fault } from "../../protocol/faults.ts";

/** Drivers who look at an order: with the order, they lose its socket. */
export class Watchers {
  readonly #byOrder = new Map<string, Map<Connection, number>>();

  add(order: string, connection: Connection, driver: number): void {
    const mine = this.#byOrder.get(order) ?? new Map();
    this.#byOrder.set(order, mine.set(connection, driver));
  }

  remove(order: string, connection: Connection): void {
    const mine = this.#byOrder.get(order);
    if (mine?.delete(connection) && mine.size === 0) this.#byOrder.delete(order);
  }

  lostDriver(order: string, driver: number): void {
    for (const [connection, of] of this.#byOrder.get(order) ?? [])
      if (of === driver) connection.close(new Fault("forbidden", "this order is no longer yours"));
  }
}
