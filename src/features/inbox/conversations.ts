import type { Compilable, Guarded } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Room } from "./access.ts";
import { wordsOf } from "./customers.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { pageOf, pageSize, toFilter } from "./filters.ts";
import {
  type Conversation,
  type Customer,
  chatTopic,
  iso,
  listTopic,
  type Message,
  toUserId,
} from "./messages.ts";
import * as repo from "./repo.ts";
import { pagination, toConversation, toCustomer, toMessage } from "./view.ts";

type Raw = Readonly<Record<string, unknown>>;

export interface ConversationChange {
  readonly status?: repo.Status | undefined;
  readonly priority?: number | undefined;
  readonly title?: string | undefined;
  readonly assigned_to?: string | null | undefined;
  /** `false`: an agent says that it is no spam, for good. */
  readonly suspected?: boolean | undefined;
}

/** Lists and states of conversations. */
export class Conversations {
  readonly #deps: InboxDependencies;

  constructor(deps: InboxDependencies) {
    this.#deps = deps;
  }

  /** `conversations_list` as seed 002 has it, with pages for those who know of them. */
  async list(inboxes: readonly string[], raw: Raw, db: repo.Db = this.#deps.store.db) {
    const filter = await this.#withFound(toFilter(inboxes, raw), db);
    const [rows, count] = await Promise.all([
      repo.conversations(db, filter),
      repo.countConversations(db, filter),
    ]);
    const page = pagination(count, filter.limit, filter.offset);
    return {
      conversations: await this.#views(rows, db),
      timestamp: iso(this.#deps.clock.now()),
      pagination: page,
      filters: { ...raw },
      count,
      page_count: page.page_count,
    };
  }

  /** The search is done once, for the page and for its count. */
  async #withFound(filter: repo.ConversationFilter, db: repo.Db): Promise<repo.ConversationFilter> {
    const { search, inboxes } = filter;
    if (search === undefined) return filter;
    const found = inboxes.map(
      async (inbox) => [inbox, await repo.conversationsFound(db, inbox, search)] as const,
    );
    return { ...filter, found: new Map(await Promise.all(found)) };
  }

  async #views(rows: readonly repo.ConversationRow[], db: repo.Db): Promise<Conversation[]> {
    const [customers, tags] = await Promise.all([
      repo.customersByIds(
        db,
        rows.map(({ customer_id }) => customer_id),
      ),
      repo.tagsOf(
        db,
        rows.map(({ id }) => id),
      ),
    ]);
    const byId = new Map(customers.map((each) => [each.id, each]));
    const tagsById = Map.groupBy(tags, ({ conversation_id }) => conversation_id);
    return rows.map((row) => toConversation(row, byId.get(row.customer_id)!, tagsById.get(row.id) ?? []));
  }

  async view({ conversation, customer }: Room): Promise<Conversation> {
    return toConversation(conversation, customer, await repo.tagsOf(this.#deps.store.db, [conversation.id]));
  }

  async customer({ conversation, customer }: Room): Promise<Customer> {
    return toCustomer(
      customer,
      conversation.source,
      await repo.tagsOf(this.#deps.store.db, [conversation.id]),
    );
  }

  /** The newest messages of a page, oldest first. */
  async messages(
    { conversation, customer }: Room,
    raw: Raw,
    db: repo.Db = this.#deps.store.db,
    size = pageSize,
  ) {
    const { limit, offset } = pageOf(raw, size);
    const rows = await repo.messages(db, { conversation: conversation.id, limit, offset });
    const count = await repo.countMessages(db, conversation.id);
    const page = pagination(count, limit, offset);
    const messages: Message[] = rows.reverse().map((row) => toMessage(row, customer));
    return {
      messages,
      timestamp: iso(this.#deps.clock.now()),
      pagination: page,
      count,
      page_count: page.page_count,
    };
  }

  async options(inboxes: readonly string[]) {
    const tags = inboxes.length === 0 ? [] : await repo.tagsIn(this.#deps.store.db, inboxes);
    const plain = (values: readonly string[]) =>
      values.map((value) => ({ value, label: value.replaceAll("_", " ") }));
    return {
      options: {
        statuses: plain(repo.statuses),
        sources: plain(["telegram", "instagram", "web"]),
        priorities: plain(["1", "2", "3"]),
        tags: plain([...new Set(tags.map(({ name }) => name))]),
        order_options: plain(["-updated_at", "updated_at", "-created_at", "created_at", "title", "priority"]),
      },
      timestamp: iso(this.#deps.clock.now()),
    };
  }

  /**
   * All of it, or nothing. `assigned_to: null` gives it back. Rejects with `bad_body` for who is no member, with
   * `conflict` where somebody else took it first.
   */
  async change(conversation: repo.ConversationRow, change: ConversationChange): Promise<void> {
    const { store, journal, lists, clock } = this.#deps;
    const { id, inbox_id } = conversation;
    const { assigned_to, suspected, ...rest } = change;
    const judged = isJudged(conversation, suspected) ? { suspected: stateOf(suspected) } : {};
    const given = Object.entries({ ...rest, ...judged }).filter(([, value]) => value !== undefined);
    const fields = Object.fromEntries(given);
    const now = clock.now();
    const writes: (Compilable | Guarded)[] = [];
    if (assigned_to !== undefined) {
      await this.#requireMember(inbox_id, assigned_to);
      writes.push({ query: repo.assign(store.db, id, conversation.assigned_to, assigned_to, now), rows: 1 });
    }
    if (change.title !== undefined) writes.push(await this.#indexTitle(conversation, change.title));
    if (Object.keys(fields).length > 0)
      writes.push(repo.updateConversation(store.db, id, { ...fields, updated_at: now }));
    if (writes.length === 0) return;
    const told = {
      conversation_id: id,
      ...(change.status === undefined ? {} : { status: change.status }),
      ...("suspected" in judged ? { suspected } : {}),
      ...(assigned_to === undefined
        ? {}
        : { assigned_to: assigned_to === null ? null : toUserId(assigned_to) }),
    };
    await journal.commit({
      writes,
      events: [lists.draft(listTopic(inbox_id), "conversation_updated", told)],
    });
  }

  async #indexTitle({ customer_id }: repo.ConversationRow, title: string): Promise<Compilable> {
    const { db } = this.#deps.store;
    const customer = (await repo.customerById(db, customer_id))!;
    return repo.indexCustomer(db, customer, wordsOf(customer, title));
  }

  async #requireMember(inbox: string, user: string | null): Promise<void> {
    if (user === null || (await repo.membersOf(this.#deps.store.db, inbox)).includes(user)) return;
    throw new Fault("bad_body", `assigned_to: ${user} is no member of this inbox`);
  }

  async tag({ conversation }: Room, name: string, by: string): Promise<void> {
    const { store, journal, lists, clock } = this.#deps;
    const { id, inbox_id } = conversation;
    await journal.commit({
      writes: [
        repo.insertTag(store.db, { inbox_id, name, created_by: by, created_at: clock.now() }),
        repo.tagConversation(store.db, id, inbox_id, name),
      ],
      events: [lists.draft(listTopic(inbox_id), "conversation_updated", { conversation_id: id })],
    });
  }

  async untag({ conversation }: Room, name: string): Promise<void> {
    const { store, journal, lists } = this.#deps;
    const { id, inbox_id } = conversation;
    await journal.commit({
      writes: [repo.untagConversation(store.db, id, inbox_id, name)],
      events: [lists.draft(listTopic(inbox_id), "conversation_updated", { conversation_id: id })],
    });
  }

  /** Who has this conversation open. */
  async viewers(conversation: string) {
    const members = await this.#deps.presence.list(chatTopic(conversation));
    const byUser = new Map(members.map(({ identity, info }) => [identity, info]));
    return [...byUser.values()] as { user_id: number | string; username: string }[];
  }

  /** Takes at most `step` new messages into the search index. `true`: there are more. */
  async index(step: number): Promise<boolean> {
    const { store } = this.#deps;
    const waiting = await repo.unindexed(store.db);
    if (waiting <= 0) return false;
    await store.commit({ writes: repo.indexMessages(store.db, step) });
    return waiting > step;
  }

  /**
   * Takes new messages into the index of conversations, `step` at once, as long as there are so many. An index of the
   * table itself would touch a page for each message: the greater part of the pages that a busy moment writes (bench I5).
   */
  async file(step: number): Promise<void> {
    const { store } = this.#deps;
    while ((await repo.unfiled(store.db)) >= step)
      await store.commit({ writes: repo.fileMessages(store.db, step) });
  }

  async message(room: Room, id: string): Promise<repo.MessageRow> {
    const row = await repo.messageById(this.#deps.store.db, id);
    if (row?.conversation_id !== room.conversation.id)
      throw new Fault("not_found", "there is no such message");
    return row;
  }
}

/** An agent says other than what stands there. What he only sends back as he got it is no judgement. */
export const isJudged = ({ suspected }: repo.ConversationRow, now: boolean | undefined): now is boolean =>
  now !== undefined && now !== (suspected === repo.suspected.yes);

const stateOf = (isSuspected: boolean): number => (isSuspected ? repo.suspected.yes : repo.suspected.cleared);
