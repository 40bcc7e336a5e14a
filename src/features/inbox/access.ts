import { Fault } from "../../protocol/faults.ts";
import type { InboxDependencies } from "./dependencies.ts";
import * as repo from "./repo.ts";

/** One conversation with what every message of it needs. */
export interface Room {
  readonly conversation: repo.ConversationRow;
  readonly customer: repo.CustomerRow;
}

/** Several at once, by their conversations; what is no longer there is left out. For the server's own parts. */
export async function roomsOf(db: repo.Db, conversations: readonly string[]): Promise<Map<string, Room>> {
  const rows = await repo.conversationsByIds(db, conversations);
  const customers = await repo.customersByIds(
    db,
    rows.map(({ customer_id }) => customer_id),
  );
  const byId = new Map(customers.map((customer) => [customer.id, customer]));
  return new Map(
    rows.flatMap((conversation) => {
      const customer = byId.get(conversation.customer_id);
      return customer === undefined ? [] : [[conversation.id, { conversation, customer }]];
    }),
  );
}

/** Members of an inbox see its conversations; to all others they do not exist. */
export class Access {
  readonly #deps: InboxDependencies;

  constructor(deps: InboxDependencies) {
    this.#deps = deps;
  }

  inboxes(user: string, db: repo.Db = this.#deps.store.db): Promise<string[]> {
    return repo.inboxIdsOf(db, user);
  }

  /** Rejects with `not_found`, the same for what is not there and for what is somebody else's. */
  async inbox(user: string, id: string): Promise<repo.InboxRow> {
    const row = await repo.inboxById(this.#deps.store.db, id);
    if (row === undefined || !(await this.inboxes(user)).includes(id))
      throw new Fault("not_found", "there is no such inbox, or you are no member of it");
    return row;
  }

  /** Rejects with `not_found`, likewise. */
  async room(user: string, conversation: string): Promise<Room> {
    const room = await this.#find(conversation);
    if (room === undefined || !(await this.inboxes(user)).includes(room.conversation.inbox_id))
      throw new Fault("not_found", "there is no such conversation, or it is none of yours");
    return room;
  }

  async #find(conversation: string): Promise<Room | undefined> {
    const { db } = this.#deps.store;
    const row = await repo.conversationById(db, conversation);
    if (row === undefined) return undefined;
    const customer = await repo.customerById(db, row.customer_id);
    return customer === undefined ? undefined : { conversation: row, customer };
  }
}
