import type { Connection } from "../../core/channel.ts";
import { encode } from "../../protocol/codec.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { iso, type Order } from "./messages.ts";
import type { People } from "./people.ts";
import * as repo from "./repo.ts";
import { busyStates, overStates } from "./states.ts";
import { toOrder, withoutContacts } from "./view.ts";

type Reader = Pick<Connection, "cursor" | "sendText">;

/**
 * What is open, for a client whose cursor does not reach back: the events that it would have got, as they would be now.
 * Read from the snapshot that the cursor is of.
 */
export class OpenState {
  readonly #deps: DispatchDependencies;
  readonly #people: People;

  constructor(deps: DispatchDependencies, people: People) {
    this.#deps = deps;
    this.#people = people;
  }

  async ofOrder(to: Reader, db: repo.Db, id: string): Promise<void> {
    const row = await repo.orderById(db, id);
    if (row !== undefined) await this.#tell(to, db, [row]);
  }

  async ofPassenger(to: Reader, db: repo.Db, id: number): Promise<void> {
    await this.#tell(to, db, await repo.openOrdersOf(db, id, overStates));
  }

  /** With the offer that he has not answered yet. */
  async ofDriver(to: Reader, db: repo.Db, id: number): Promise<void> {
    const offer = await repo.pendingOfferTo(db, id);
    await this.#tell(to, db, await repo.heldOrdersOf(db, id, busyStates));
    if (offer === undefined || offer.expires_at <= this.#deps.clock.now()) return;
    const row = (await repo.orderById(db, offer.order_id))!;
    const order = withoutContacts(await this.#view(db, row));
    const data = { order_id: offer.order_id, expires_at: iso(offer.expires_at), order };
    to.sendText(encode("order_offer", { data, cursor: to.cursor }));
  }

  async #tell(to: Reader, db: repo.Db, rows: readonly repo.OrderRow[]): Promise<void> {
    for (const row of rows)
      to.sendText(encode("order_update", { data: await this.#view(db, row), cursor: to.cursor }));
  }

  async #view(db: repo.Db, row: repo.OrderRow): Promise<Order> {
    const passenger = (await repo.passengerById(db, row.passenger_id))!;
    return toOrder(this.#people, row, passenger, this.#deps.clock.now());
  }
}
