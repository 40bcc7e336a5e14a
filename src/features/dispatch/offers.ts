import { Fault } from "../../protocol/faults.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { distance } from "./geo.ts";
import { driverTopic, iso } from "./messages.ts";
import { impossible, type Orders, type Withdrawal } from "./orders.ts";
import type { People } from "./people.ts";
import type { Positions } from "./positions.ts";
import * as repo from "./repo.ts";
import { assignable } from "./states.ts";
import { toOrder } from "./view.ts";

export interface Candidate {
  readonly driver: repo.DriverRow;
  readonly metres: number;
}

/** Offers with a time limit, and who is near enough to get one. */
export class Offers {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #orders: Orders;
  readonly #positions: Positions;
  /** Drivers who think about an offer. */
  readonly #asked = new Map<number, string>();

  constructor(deps: DispatchDependencies, people: People, orders: Orders, positions: Positions) {
    this.#deps = deps;
    this.#people = people;
    this.#orders = orders;
    this.#positions = positions;
  }

  /** Who was asked before a restart is still asked. */
  async start(): Promise<void> {
    for (const { driver_id, order_id } of await repo.pendingOffers(this.#deps.store.db))
      this.#asked.set(driver_id, order_id);
  }

  /** Free drivers whose place is known, the nearest first. */
  candidates(order: repo.OrderRow, without: ReadonlySet<number> = new Set()): Candidate[] {
    const pickup = { lat: order.pickup_lat, lon: order.pickup_lon };
    const seats = order.has_companion === 1 ? 2 : 1;
    const free = this.#people
      .drivers()
      .filter((row) => row.is_online === 1 && row.capacity >= seats && !without.has(row.id))
      .filter(({ id }) => this.#isFree(id, order));
    return free
      .flatMap((driver) => {
        const live = this.#positions.live(driver.id);
        return live === undefined || live.signal === "lost"
          ? []
          : [{ driver, metres: distance(live, pickup) }];
      })
      .sort((a, b) => a.metres - b.metres);
  }

  #isFree(driver: number, order: repo.OrderRow): boolean {
    return this.#orders.isFree(driver, order) && !this.#asked.has(driver);
  }

  /** Gives an order to the nearest free driver. Rejects with `conflict` where there is none. */
  async assignNearest(order: repo.OrderRow, by: string): Promise<repo.OrderRow> {
    const [nearest] = this.candidates(order);
    if (nearest === undefined) throw new Fault("conflict", "no free driver is online with a known position");
    const reason = `nearest free driver, ${Math.round(nearest.metres)} m away`;
    return this.#orders.assign(order, nearest.driver, { by, reason });
  }

  /** Asks a driver, or the nearest who was not asked yet. */
  async offer(order: repo.OrderRow, driver: repo.DriverRow | undefined, by: string): Promise<repo.OrderRow> {
    if (!assignable.includes(order.status) || order.status === "offered")
      throw impossible(order.status, "offered");
    if (driver !== undefined) this.#requireAskable(driver, order);
    const asked = new Set(
      (await repo.offersOf(this.#deps.store.db, order.id)).map(({ driver_id }) => driver_id),
    );
    const chosen = driver ?? this.candidates(order, asked)[0]?.driver;
    if (chosen === undefined) throw new Fault("conflict", "no free driver is left to ask");
    return this.#ask(order, chosen, by);
  }

  #requireAskable({ id, name, is_online }: repo.DriverRow, order: repo.OrderRow): void {
    if (is_online === 0) throw new Fault("conflict", `${name} is not online`);
    if (!this.#isFree(id, order))
      throw new Fault("conflict", `${name} has another order, or is asked about one`);
  }

  async #ask(order: repo.OrderRow, driver: repo.DriverRow, by: string): Promise<repo.OrderRow> {
    const { store, toDriver, clock, options } = this.#deps;
    const now = clock.now();
    const expires_at = now + options.offerTime;
    const offer = {
      order_id: order.id,
      driver_id: driver.id,
      status: "pending" as const,
      created_at: now,
      expires_at,
    };
    this.#asked.set(driver.id, order.id);
    try {
      return await this.#orders.change(order, {
        to: "offered",
        by,
        reason: `offered to ${driver.name}`,
        writes: [repo.insertOffer(store.db, offer)],
        events: (row, passenger) => {
          const data = {
            order_id: order.id,
            expires_at: iso(expires_at),
            order: toOrder(this.#people, row, passenger, now),
          };
          return [toDriver.draft(driverTopic(driver.id), "order_offer", { data })];
        },
      });
    } catch (error) {
      this.#asked.delete(driver.id);
      throw error;
    }
  }

  /** Rejects with `conflict` where the offer is over, or was somebody else's. */
  async accept(driver: repo.DriverRow, orderId: string, by: string): Promise<repo.OrderRow> {
    const { order, offer } = await this.#pending(driver, orderId);
    const accepted = await this.#orders.assign(order, driver, {
      by,
      reason: "accepted by the driver",
      writes: [{ query: repo.endOffer(this.#deps.store.db, offer.id, "accepted"), rows: 1 }],
      endsOffer: true,
    });
    this.#asked.delete(driver.id);
    return accepted;
  }

  /** The order goes another way while a driver thinks about it: he is told. */
  withdrawal({ id }: repo.OrderRow): Withdrawal {
    const { store, toDriver } = this.#deps;
    const driver = [...this.#asked].find(([, order]) => order === id)?.[0];
    const data = { order_id: id, status: "withdrawn" };
    return {
      writes: [repo.withdrawOffers(store.db, id)],
      events: () =>
        driver === undefined ? [] : [toDriver.draft(driverTopic(driver), "order_offer_ended", { data })],
    };
  }

  /** An order took a step: nobody thinks about it any more, unless it was offered. */
  stepped({ id, status }: repo.OrderRow): void {
    if (status === "offered") return;
    for (const [driver, order] of this.#asked) if (order === id) this.#asked.delete(driver);
  }

  async decline(driver: repo.DriverRow, orderId: string, by: string): Promise<void> {
    const { order, offer } = await this.#pending(driver, orderId);
    await this.#end(order, offer, "declined", by);
  }

  async #pending(driver: repo.DriverRow, orderId: string) {
    const order = await this.#orders.require(orderId);
    const offer = await repo.pendingOffer(this.#deps.store.db, orderId);
    if (
      offer?.driver_id !== driver.id ||
      order.status !== "offered" ||
      offer.expires_at <= this.#deps.clock.now()
    )
      throw new Fault("conflict", "this offer is over");
    return { order, offer };
  }

  /** The order goes back to the search, and the next one is asked. */
  async #end(
    order: repo.OrderRow,
    offer: repo.OfferRow,
    status: "declined" | "timeout",
    by: string,
  ): Promise<void> {
    const { store, toDriver } = this.#deps;
    const searching = await this.#orders.change(order, {
      to: "matching",
      by,
      reason: status === "declined" ? "declined by the driver" : "the driver did not answer",
      endsOffer: true,
      writes: [{ query: repo.endOffer(store.db, offer.id, status), rows: 1 }],
      events: () => [
        toDriver.draft(driverTopic(offer.driver_id), "order_offer_ended", {
          data: { order_id: order.id, status },
        }),
      ],
    });
    this.#asked.delete(offer.driver_id);
    await this.#next(searching, by);
  }

  /** Nobody left to ask: a dispatcher decides. If one has decided meanwhile, it is his. */
  async #next(order: repo.OrderRow, by: string): Promise<void> {
    const isSettled = await unlessConflict(this.offer(order, undefined, by));
    if (!isSettled)
      await unlessConflict(
        this.#orders.change(order, { to: "active_queue", by, reason: "no driver took it" }),
      );
  }

  async sweep(): Promise<void> {
    for (const offer of await repo.dueOffers(this.#deps.store.db, this.#deps.clock.now())) {
      const order = await this.#orders.require(offer.order_id);
      // A conflict: he answered in the same moment.
      await unlessConflict(this.#end(order, offer, "timeout", "system"));
    }
  }
}

/** Whether it was done; `false` where somebody else was faster. */
async function unlessConflict(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (error instanceof Fault && error.fault === "conflict") return false;
    throw error;
  }
}
