import type { InboxDependencies } from "./dependencies.ts";
import { listTopic } from "./messages.ts";
import type { Contact } from "./platform.ts";
import * as repo from "./repo.ts";

type Names = Pick<repo.CustomerRow, "first_name" | "last_name" | "username" | "picture">;
type Change = Partial<
  Pick<
    repo.CustomerRow,
    | "first_name"
    | "last_name"
    | "username"
    | "picture"
    | "email"
    | "phone_number"
    | "description"
    | "named_by_agent"
  >
>;

/** Who writes to an inbox, as the platform calls him and as agents do. */
export class Customers {
  readonly #deps: InboxDependencies;

  constructor(deps: InboxDependencies) {
    this.#deps = deps;
  }

  /** The customer that a contact is, made at the first time. A name that an agent gave him stays. */
  async of(inbox: string, contact: Contact): Promise<repo.CustomerRow> {
    const { db } = this.#deps.store;
    const known = await repo.customerBySource(db, inbox, contact.id);
    const names: Names = {
      first_name: contact.firstName.slice(0, 200),
      last_name: contact.lastName.slice(0, 200),
      username: contact.username?.slice(0, 200) ?? null,
      picture: contact.picture ?? null,
    };
    if (known === undefined) return this.#add(inbox, contact.id, names);
    // A profile that could not be had must not overwrite the one that is known.
    if (isNameless(contact)) return known;
    const { username, picture } = names;
    return this.change(known, known.named_by_agent === 1 ? { username, picture } : names);
  }

  /** What an agent knows of him. From then on the platform's name does not count. */
  noted(customer: repo.CustomerRow, change: Change): Promise<repo.CustomerRow> {
    const isNamed = change.first_name !== undefined || change.last_name !== undefined;
    return this.change(customer, isNamed ? { ...change, named_by_agent: 1 } : change);
  }

  /** The conversation's title follows the name, unless an agent gave it one; its agents hear of it. */
  async change(customer: repo.CustomerRow, change: Change): Promise<repo.CustomerRow> {
    const { store, journal, lists, clock } = this.#deps;
    const isSame = (Object.keys(change) as (keyof Change)[]).every((key) => customer[key] === change[key]);
    if (isSame) return customer;
    const updated_at = clock.now();
    const changed = { ...customer, ...change, updated_at };
    const conversation = await repo.conversationOfCustomer(store.db, customer.id);
    const writes = [
      repo.updateCustomer(store.db, customer.id, { ...change, updated_at }),
      repo.indexCustomer(store.db, customer, wordsOf(changed, conversation?.title)),
    ];
    if (conversation !== undefined) {
      const title = titleOf(conversation.source, changed);
      if (conversation.title === titleOf(conversation.source, customer) && conversation.title !== title)
        writes.push(repo.updateConversation(store.db, conversation.id, { title }));
    }
    const events =
      conversation === undefined
        ? []
        : [
            lists.draft(listTopic(customer.inbox_id), "conversation_updated", {
              conversation_id: conversation.id,
            }),
          ];
    await journal.commit({ writes, events });
    return changed;
  }

  async #add(inbox_id: string, source_id: string, names: Names): Promise<repo.CustomerRow> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const blank = { email: null, phone_number: null, description: null, unreachable: null };
    const times = { created_at: now, updated_at: now };
    const row = { inbox_id, source_id, ...names, ...blank, named_by_agent: 0, ...times };
    const writes = [
      repo.insertCustomer(store.db, row),
      repo.indexCustomer(store.db, { inbox_id, source_id }, wordsOf(names)),
    ];
    const { results } = await store.commit({ writes });
    return { ...row, id: Number(results[0]!.rows[0]!.id) };
  }
}

type Named = Pick<repo.CustomerRow, "first_name" | "last_name" | "username">;

/** As agents call him. */
export const nameOf = ({ first_name, last_name, username }: Named): string =>
  `${first_name} ${last_name}`.trim() || username || "?";

/** A conversation's title, as long as nobody gives it one. */
export const titleOf = (source: repo.ConversationRow["source"], customer: Named): string =>
  `${source} - ${nameOf(customer)}`;

/** What platforms call somebody whose profile they would not tell. */
const isNameless = ({ firstName, username }: Contact): boolean =>
  username === undefined && (firstName === "" || firstName === "Instagram user");

/** What a search finds of a customer, and of the title of his conversation. */
export const wordsOf = (
  row: Named & Partial<Pick<repo.CustomerRow, "email" | "phone_number">>,
  title?: string,
): string =>
  [row.first_name, row.last_name, row.username, row.email, row.phone_number, title]
    .filter((each) => each)
    .join(" ");
