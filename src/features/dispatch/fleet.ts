import type { EventDraft } from "../../core/store.ts";
import { asFault, Fault } from "../../protocol/faults.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { mapTopic } from "./messages.ts";
import type { Orders } from "./orders.ts";
import type { NewDriver, People } from "./people.ts";
import * as repo from "./repo.ts";
import { driverState } from "./states.ts";

/** What staff may change of a driver. */
export type DriverChange = Partial<Omit<NewDriver, "user_id">>;

/** Drivers join, change, come and go, and leave; each is on disk and told to the maps together. */
export class Fleet {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #orders: Orders;

  constructor(deps: DispatchDependencies, people: People, orders: Orders) {
    this.#deps = deps;
    this.#people = people;
    this.#orders = orders;
  }

  /** Rejects with `conflict` where the account is a driver already, `bad_request` for a region that is not there. */
  async add(driver: NewDriver): Promise<repo.DriverRow> {
    this.#requireRegion(driver.region_id);
    const row = await this.#people.addDriver(driver).catch((error) => {
      if (asFault(error).fault !== "conflict") throw error;
      throw new Fault("conflict", `the account ${driver.user_id} is a driver already; see GET /api/drivers`);
    });
    await this.#deps.journal.commit({ events: [this.#toldOf(row)] });
    return row;
  }

  async edit(id: number, change: DriverChange): Promise<repo.DriverRow> {
    const row = this.#people.requireDriver(id);
    if (change.region_id !== undefined) this.#requireRegion(change.region_id);
    await this.#keep(id, change, [this.#toldOf({ ...row, ...change })]);
    // In place: he may have moved meanwhile.
    return Object.assign(row, change);
  }

  #requireRegion(id: string | null): void {
    if (id !== null && this.#people.region(id) === undefined)
      throw new Fault("bad_request", `region_id: there is no region ${id}; see GET /api/regions`);
  }

  /** A driver came or went. */
  async online(id: number, isOnline: boolean): Promise<repo.DriverRow> {
    const row = this.#people.requireDriver(id);
    const [before, is_online] = [row.is_online, isOnline ? 1 : 0];
    // At once: who comes and goes in one moment is told of twice, in that order.
    row.is_online = is_online;
    try {
      await this.#keep(id, { is_online }, before === is_online ? [] : [this.#toldOf(row)]);
    } catch (error) {
      row.is_online = before;
      throw error;
    }
    return row;
  }

  /** Throws `conflict` while he has an order. */
  requireDone({ id, name }: repo.DriverRow): void {
    const [order] = this.#orders.heldBy(id);
    if (order === undefined && !this.#orders.isTaken(id)) return;
    const which = order === undefined ? "is being given an order" : `has order ${order.id}`;
    throw new Fault("conflict", `${name} ${which}: give it to another driver first`);
  }

  /** He drives here no more; his orders and tracks stay. */
  async remove(id: number): Promise<void> {
    const row = this.#people.requireDriver(id);
    this.requireDone(row);
    const { clock, toMap } = this.#deps;
    const change = { removed_at: clock.now(), user_id: null, is_online: 0 };
    const data = { driver_id: String(id) };
    // At once: from here on nobody gives him an order.
    row.removed_at = change.removed_at;
    try {
      await this.#keep(id, change, [toMap.draft(mapTopic, "driver_removed", { data })]);
    } catch (error) {
      row.removed_at = null;
      throw error;
    }
    this.#people.forget(id, change);
  }

  async #keep(id: number, change: Parameters<typeof repo.updateDriver>[2], events: EventDraft[]) {
    const { store, journal } = this.#deps;
    const writes = Object.keys(change).length === 0 ? [] : [repo.updateDriver(store.db, id, change)];
    await journal.commit({ writes, events });
  }

  #toldOf({ id, is_online, name, car_model }: repo.DriverRow): EventDraft {
    const status = driverState(is_online === 1, this.#orders.of(id)?.status);
    const data = { driver_id: String(id), is_online: is_online === 1, name, car_model, status };
    return this.#deps.toMap.draft(mapTopic, "driver_status_update", { data });
  }
}
