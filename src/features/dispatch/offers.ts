import { Fault } from "../../protocol/faults.ts";
import { type Candidate, nearest, reachable } from "./candidates.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { driverTopic, iso } from "./messages.ts";
import { impossible, type Orders, type Withdrawal } from "./orders.ts";
import type { People } from "./people.ts";
import type { Positions } from "./positions.ts";
import * as repo from "./repo.ts";
import { assignable, busyStates } from "./states.ts";
import { toOrder, withoutContacts } from "./view.ts";

/** Milliseconds after its last offer at which a search is over: whoever did not want the order then may want it now. */
const roundEnds = 60_000;

interface Ending {
  readonly status: "declined" | "timeout" | "withdrawn";
  readonly reason: string;
  readonly by: string;
}

/** Offers with a time limit, and who is near enough to get one. */
export class Offers {
  readonly #deps: DispatchDependencies;
  readonly #people: People;
  readonly #orders: Orders;
  readonly #positions: Positions;
  /** Drivers who think about an offer. */
  readonly #asked = new Map<number, string>();
  /** Orders whose offer ended and whose next driver is not asked yet: `sweep` asks where that could not be done. */
  readonly #searching = new Set<string>();

  constructor(deps: DispatchDependencies, people: People, orders: Orders, positions: Positions) {
    this.#deps = deps;
    this.#people = people;
    this.#orders = orders;
    this.#positions = positions;
  }

  /** Who was asked before a restart is still asked, and a search that it interrupted goes on. */
  async start(): Promise<void> {
    const { db } = this.#deps.store;
    for (const { driver_id, order_id } of await repo.pendingOffers(db)) this.#asked.set(driver_id, order_id);
    for (const { id } of await repo.interruptedSearches(db)) this.#searching.add(id);
  }

  /** Free drivers whose place is known, the nearest first. */
  candidates(order: repo.OrderRow): Candidate[] {
    return [...reachable(this.#people, this.#positions, order)]
      .filter(({ driver }) => this.#isFree(driver.id, order))
      .sort((a, b) => a.metres - b.metres);
  }

  #nearest(order: repo.OrderRow, without: ReadonlySet<number> = new Set()): Candidate | undefined {
    const fits = (driver: number) => !without.has(driver) && this.#isFree(driver, order);
    return nearest(reachable(this.#people, this.#positions, order), fits);
  }

  #isFree(driver: number, order: repo.OrderRow): boolean {
    return this.#orders.isFree(driver, order) && !this.#asked.has(driver);
  }

  /** Gives an order to the nearest free driver. Rejects with `conflict` where there is none. */
  async assignNearest(order: repo.OrderRow, by: string): Promise<repo.OrderRow> {
    const chosen = this.#nearest(order);
    if (chosen === undefined) throw new Fault("conflict", "no free driver is online with a known position");
    const reason = `nearest free driver, ${Math.round(chosen.metres)} m away`;
    return this.#orders.assign(order, chosen.driver, { by, reason });
  }

  /** Asks a driver, or the nearest whom this search did not ask yet. */
  async offer(order: repo.OrderRow, driver: repo.DriverRow | undefined, by: string): Promise<repo.OrderRow> {
    if (!assignable.includes(order.status) || order.status === "offered")
      throw impossible(order.status, "offered");
    const offers = await repo.offersOf(this.#deps.store.db, order.id);
    // From here to the note that he is asked, nothing may wait: two dispatchers would ask him at once.
    const chosen = driver ?? this.#nearest(order, askedNow(offers, this.#deps.clock.now()))?.driver;
    if (chosen === undefined) throw new Fault("conflict", "no free driver is left to ask");
    this.#requireAskable(chosen, order);
    return this.#ask(order, chosen, by);
  }

  #requireAskable({ id, name, is_online }: repo.DriverRow, order: repo.OrderRow): void {
    if (is_online === 0) throw new Fault("conflict", `${name} is not online`);
    if (!this.#isFree(id, order))
      throw new Fault("conflict", `${name} has another order, or is asked about one`);
  }

  async #ask(order: repo.OrderRow, driver: repo.DriverRow, by: string): Promise<repo.OrderRow> {
    const { store, toDriver, clock, options } = this.#deps;
    const [order_id, driver_id, now] = [order.id, driver.id, clock.now()];
    const expires_at = now + options.offerTime;
    const offer = { order_id, driver_id, status: "pending" as const, created_at: now, expires_at };
    this.#asked.set(driver_id, order_id);
    try {
      return await this.#orders.change(order, {
        to: "offered",
        by,
        reason: `offered to ${driver.name}`,
        writes: [repo.insertOffer(store.db, offer)],
        events: (row, passenger) => {
          const shown = withoutContacts(toOrder(this.#people, row, passenger, now));
          const data = { order_id, expires_at: iso(expires_at), order: shown };
          return [toDriver.draft(driverTopic(driver_id), "order_offer", { data })];
        },
      });
    } catch (error) {
      this.#forget(driver_id, order_id);
      throw error;
    }
  }

  #forget(driver: number, order: string): void {
    if (this.#asked.get(driver) === order) this.#asked.delete(driver);
  }

  /**
   * Who has it already, since his answer got lost, has it. Rejects with `conflict` where the offer is over, was
   * somebody else's, or never was: the three look the same.
   */
  async accept(driver: repo.DriverRow, orderId: string, by: string): Promise<repo.OrderRow> {
    const known = await repo.orderById(this.#deps.store.db, orderId);
    if (known?.driver_id === driver.id && busyStates.includes(known.status)) return known;
    const { order, offer } = await this.#pending(driver, known);
    return this.#orders.assign(order, driver, {
      by,
      reason: "accepted by the driver",
      writes: [{ query: repo.endOffer(this.#deps.store.db, offer.id, "accepted"), rows: 1 }],
      endsOffer: true,
    });
  }

  /** As `accept`: a second no is the first one. */
  async decline(driver: repo.DriverRow, orderId: string, by: string): Promise<void> {
    const { db } = this.#deps.store;
    const newest = (await repo.offersOf(db, orderId)).findLast(({ driver_id }) => driver_id === driver.id);
    if (newest?.status === "declined") return;
    const { order, offer } = await this.#pending(driver, await repo.orderById(db, orderId));
    await this.#end(order, offer, { status: "declined", reason: "declined by the driver", by });
  }

  async #pending(driver: repo.DriverRow, order: repo.OrderRow | undefined) {
    const offer = order && (await repo.pendingOffer(this.#deps.store.db, order.id));
    if (
      offer?.driver_id !== driver.id ||
      order?.status !== "offered" ||
      offer.expires_at <= this.#deps.clock.now()
    )
      throw new Fault("conflict", "this offer is over");
    return { order, offer };
  }

  /** He went offline, or has got another order for that time: his offer is somebody else's. */
  async leave(driver: number, reason: string): Promise<void> {
    const id = this.#asked.get(driver);
    if (id === undefined) return;
    const order = await this.#orders.require(id);
    const offer = await repo.pendingOffer(this.#deps.store.db, id);
    if (offer?.driver_id !== driver || order.status !== "offered") return;
    await unlessConflict(this.#end(order, offer, { status: "withdrawn", reason, by: "system" }));
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

  /** He thinks about an offer. */
  isAsked(driver: number): boolean {
    return this.#asked.has(driver);
  }

  /** An order took a step: if it was offered, nobody thinks about it any more. */
  stepped({ id, status, driver_id }: repo.OrderRow, before: repo.OrderRow): void {
    if (before.status === "offered") for (const driver of this.#asked.keys()) this.#forget(driver, id);
    if (driver_id !== null && status === "assigned") void this.#given(driver_id);
  }

  /** A dispatcher gave him something else while he thought. */
  async #given(driver: number): Promise<void> {
    const id = this.#asked.get(driver);
    if (id === undefined) return;
    try {
      const order = await this.#orders.require(id);
      if (!this.#orders.isFree(driver, order)) await this.leave(driver, "the driver got another order");
    } catch (error) {
      this.#failed(error, id);
    }
  }

  #failed(error: unknown, incident: string): void {
    this.#deps.events.emit("failure", { where: "dispatch.offers", incident, error });
  }

  /** The order goes back to the search, and the next one is asked. */
  async #end(order: repo.OrderRow, offer: repo.OfferRow, { status, reason, by }: Ending): Promise<void> {
    const { store, toDriver } = this.#deps;
    const data = { order_id: order.id, status };
    await this.#orders.change(order, {
      to: "matching",
      by,
      reason,
      endsOffer: true,
      writes: [{ query: repo.endOffer(store.db, offer.id, status), rows: 1 }],
      events: () => [toDriver.draft(driverTopic(offer.driver_id), "order_offer_ended", { data })],
    });
    this.#searching.add(order.id);
    // He has answered: whether the next one can be asked just now is not his concern.
    await this.#search(order.id, by).catch((error) => this.#failed(error, order.id));
  }

  async #search(id: string, by: string): Promise<void> {
    const order = await this.#orders.require(id);
    if (order.status === "matching") await this.#next(order, by);
    this.#searching.delete(id);
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
    for (const id of [...this.#searching]) await this.#search(id, "system");
    const due = await repo.dueOffers(this.#deps.store.db, this.#deps.clock.now());
    // Together: on a slow disk, one after the other would keep a hundred passengers waiting.
    await Promise.all(due.map((offer) => this.#expire(offer)));
  }

  async #expire(offer: repo.OfferRow): Promise<void> {
    const order = await this.#orders.require(offer.order_id);
    const ending = { status: "timeout" as const, reason: "the driver did not answer", by: "system" };
    // A conflict: he answered in the same moment.
    await unlessConflict(this.#end(order, offer, ending));
  }
}

/** Who was asked in the search that goes on, or has just ended. */
function askedNow(offers: readonly repo.OfferRow[], now: number): Set<number> {
  const asked = new Set<number>();
  let next = now;
  for (const { driver_id, created_at, expires_at } of offers.toReversed()) {
    if (next - expires_at > roundEnds) break;
    asked.add(driver_id);
    next = created_at;
  }
  return asked;
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
