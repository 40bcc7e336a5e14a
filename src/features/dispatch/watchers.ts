import type { Connection } from "../../core/channel.ts";
import { Fault } from "../../protocol/faults.ts";

/** Drivers who look at a topic, such as an order's: who loses the one loses his sockets there. */
export class Watchers {
  readonly #byTopic = new Map<string, Map<Connection, number>>();

  add(topic: string, connection: Connection, driver: number): void {
    const mine = this.#byTopic.get(topic) ?? new Map();
    this.#byTopic.set(topic, mine.set(connection, driver));
  }

  remove(topic: string, connection: Connection): void {
    const mine = this.#byTopic.get(topic);
    if (mine?.delete(connection) && mine.size === 0) this.#byTopic.delete(topic);
  }

  lostDriver(topic: string, driver: number): void {
    for (const [connection, of] of this.#byTopic.get(topic) ?? [])
      if (of === driver) connection.close(new Fault("forbidden", "this is no longer yours"));
  }
}
