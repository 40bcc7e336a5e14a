import { sql } from "kysely";
import { prepared } from "../../../core/prepared.ts";
import { isOneOf } from "./search.ts";
import { type ConversationRow, type CustomerRow, type Db, type InboxTables, suspected } from "./tables.ts";

const byId = prepared((db: Db, { id }: { id: string }) =>
  db.selectFrom("inbox_conversations").selectAll().where("id", "=", id),
);

export const conversationById = async (db: Db, id: string): Promise<ConversationRow | undefined> =>
  (await db.executeQuery<ConversationRow>(byId(db, { id }))).rows[0];

export const conversationsByIds = (db: Db, ids: readonly string[]): Promise<ConversationRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom("inbox_conversations").selectAll().where("id", "in", ids).execute();

export const conversationOfCustomer = (db: Db, customer: number): Promise<ConversationRow | undefined> =>
  db.selectFrom("inbox_conversations").selectAll().where("customer_id", "=", customer).executeTakeFirst();

export const customerById = (db: Db, id: number): Promise<CustomerRow | undefined> =>
  db.selectFrom("inbox_customers").selectAll().where("id", "=", id).executeTakeFirst();

export const customerBySource = (db: Db, inbox: string, source: string): Promise<CustomerRow | undefined> =>
  db
    .selectFrom("inbox_customers")
    .selectAll()
    .where("inbox_id", "=", inbox)
    .where("source_id", "=", source)
    .executeTakeFirst();

export const customersByIds = (db: Db, ids: readonly number[]): Promise<CustomerRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom("inbox_customers").selectAll().where("id", "in", ids).execute();

/** A page over several inboxes, the newest first; its ids come first, from the index alone. */
export async function customers(
  db: Db,
  inboxes: readonly string[],
  limit: number,
  offset: number,
): Promise<CustomerRow[]> {
  const [first, ...others] = groupsOf(inboxes).map((group) =>
    db.selectFrom("inbox_customers").select("id").where("inbox_id", "in", group),
  );
  if (first === undefined) return [];
  const all = others.reduce((together, each) => together.unionAll(each), first);
  const ids = await all.orderBy("id", "desc").limit(limit).offset(offset).execute();
  const rows = await customersByIds(
    db,
    ids.map(({ id }) => id),
  );
  return rows.toSorted((a, b) => b.id - a.id);
}

export async function countCustomers(db: Db, inboxes: readonly string[]): Promise<number> {
  const { n } = await db
    .selectFrom("inbox_customers")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("inbox_id", "in", inboxes)
    .executeTakeFirstOrThrow();
  return Number(n);
}

export const insertCustomer = (db: Db, row: Omit<InboxTables["inbox_customers"], "id">) =>
  db.insertInto("inbox_customers").values(row).returning("id");

export const updateCustomer = (
  db: Db,
  id: number,
  change: Partial<Omit<CustomerRow, "id" | "inbox_id" | "source_id" | "created_at">>,
) => db.updateTable("inbox_customers").set(change).where("id", "=", id);

export const insertConversation = (db: Db, row: InboxTables["inbox_conversations"]) =>
  db.insertInto("inbox_conversations").values(row);

export const updateConversation = (
  db: Db,
  id: string,
  change: Partial<
    Pick<
      ConversationRow,
      "status" | "priority" | "assigned_to" | "unread" | "updated_at" | "title" | "suspected"
    >
  >,
) => db.updateTable("inbox_conversations").set(change).where("id", "=", id);

/** Only if nobody else was faster, and to members alone: of two agents who take one conversation, one gets it. */
export const assign = (db: Db, id: string, from: string | null, to: string | null, updated_at: number) =>
  db
    .updateTable("inbox_conversations")
    .set({ assigned_to: to, updated_at })
    .where("id", "=", id)
    .where("assigned_to", from === null ? "is" : "=", from)
    .$if(to !== null, (one) =>
      one.where((eb) =>
        eb.exists(
          eb
            .selectFrom("inbox_members")
            .select("user_id")
            .whereRef("inbox_members.inbox_id", "=", "inbox_conversations.inbox_id")
            .where("user_id", "=", to!),
        ),
      ),
    );

/** Those of these that an inbox may give to somebody. */
export const assignable = (db: Db, ids: readonly string[]): Promise<ConversationRow[]> =>
  db
    .selectFrom("inbox_conversations")
    .selectAll()
    .where("id", "in", ids)
    .where("assigned_to", "is", null)
    .where("status", "!=", "closed")
    .where("suspected", "!=", suspected.yes)
    .execute();

/** What an agent has in an inbox. */
export const assignedIn = async (db: Db, inbox: string, user: string): Promise<string[]> =>
  (
    await db
      .selectFrom("inbox_conversations")
      .select("id")
      .where("inbox_id", "=", inbox)
      .where("assigned_to", "=", user)
      .execute()
  ).map(({ id }) => id);

/** Their order in the list stays: nothing has happened in them. */
export const unassign = (db: Db, inbox: string, user: string) =>
  db
    .updateTable("inbox_conversations")
    .set({ assigned_to: null })
    .where("inbox_id", "=", inbox)
    .where("assigned_to", "=", user);

type Last = Pick<ConversationRow, "id" | "last_id" | "last_content" | "last_type" | "last_at"> & {
  readonly now: number;
};

/** The greater of a column and a value. */
const later = (column: "last_customer_at" | "updated_at", value: number | null) =>
  sql<number>`case when ${sql.ref(column)} > ${value} then ${sql.ref(column)} else ${value} end`;

/** A customer wrote: it moves to the top, counts as unread, and is open again if it was closed. */
export const touchByCustomer = prepared((db: Db, last: Last) =>
  db
    .updateTable("inbox_conversations")
    .set((eb) => ({
      last_id: last.last_id,
      last_content: last.last_content,
      last_type: last.last_type,
      last_at: last.last_at,
      // Platforms tell times of their own, late or cut to seconds: nothing moves down or back by them.
      last_customer_at: later("last_customer_at", last.last_at),
      updated_at: later("updated_at", last.now),
      unread: eb("unread", "+", 1),
      status: sql<"active">`case status when 'closed' then 'active' else status end`,
    }))
    .where("id", "=", last.id),
);

export const touchBySupport = prepared((db: Db, last: Last) =>
  db
    .updateTable("inbox_conversations")
    .set({
      last_id: last.last_id,
      last_content: last.last_content,
      last_type: last.last_type,
      last_at: last.last_at,
      updated_at: later("updated_at", last.now),
    })
    .where("id", "=", last.id),
);

/** The newest message was edited or taken back. */
export const setLastContent = (db: Db, conversation: string, message: string, content: string) =>
  db
    .updateTable("inbox_conversations")
    .set({ last_content: content })
    .where("id", "=", conversation)
    .where("last_id", "=", message);

export interface ConversationFilter {
  readonly inboxes: readonly string[];
  readonly status?: string | undefined;
  readonly source?: string | undefined;
  readonly priority?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly dateFrom?: number | undefined;
  readonly dateTo?: number | undefined;
  readonly unreadOnly?: boolean | undefined;
  readonly suspected?: boolean | undefined;
  readonly assignedTo?: string | undefined;
  readonly search?: string | undefined;
  /** What the search found in each inbox; filled in once, for the page and its count. */
  readonly found?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly orderBy: "created_at" | "updated_at" | "title" | "status" | "priority";
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Parts of one query: SQLite takes 500 (SQLITE_MAX_COMPOUND_SELECT). */
const maxParts = 400;

/** Each inbox is a part of the query that an index has in order; of more than so many, some share one. */
function groupsOf(inboxes: readonly string[]): string[][] {
  const size = Math.ceil(inboxes.length / maxParts);
  const count = size === 0 ? 0 : Math.ceil(inboxes.length / size);
  return Array.from({ length: count }, (_, n) => inboxes.slice(n * size, (n + 1) * size));
}

/** Conversations of these inboxes that fit. */
function fitting(db: Db, inboxes: readonly string[], filter: ConversationFilter) {
  const { status, source, priority, tags, dateFrom, dateTo, assignedTo, found } = filter;
  return (
    db
      .selectFrom("inbox_conversations")
      .where("inbox_id", "in", inboxes)
      .$if(status !== undefined, (all) => all.where("status", "=", status as "active"))
      .$if(source !== undefined, (all) => all.where("source", "=", source as "web"))
      .$if(priority !== undefined, (all) => all.where("priority", "=", priority!))
      .$if(dateFrom !== undefined, (all) => all.where("created_at", ">=", dateFrom!))
      .$if(dateTo !== undefined, (all) => all.where("created_at", "<=", dateTo!))
      .$if(assignedTo !== undefined, (all) => all.where("assigned_to", "=", assignedTo!))
      .$if(filter.unreadOnly === true, (all) => all.where("unread", ">", 0))
      // A constant, or SQLite would not take the index of these few.
      .$if(filter.suspected !== undefined, (all) =>
        all.where("suspected", filter.suspected === true ? "=" : "!=", sql.lit(suspected.yes)),
      )
      .$if(tags !== undefined && tags.length > 0, (all) =>
        all.where("id", "in", (eb) =>
          eb
            .selectFrom("inbox_conversation_tags")
            .innerJoin("inbox_tags", "inbox_tags.id", "inbox_conversation_tags.tag_id")
            .select("inbox_conversation_tags.conversation_id")
            .where("inbox_tags.name", "in", tags!),
        ),
      )
      .$if(found !== undefined, (all) =>
        all.where(
          isOneOf(
            db,
            inboxes.flatMap((inbox) => found!.get(inbox) ?? []),
          ),
        ),
      )
  );
}

/** A page over several inboxes. Its ids come first, from the index alone: a deep page reads no rows that it leaves out. */
export async function conversations(db: Db, filter: ConversationFilter): Promise<ConversationRow[]> {
  const ids = await pageOfIds(db, filter);
  const rows = await conversationsByIds(db, ids);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

async function pageOfIds(db: Db, filter: ConversationFilter): Promise<string[]> {
  const { inboxes, orderBy, descending, limit, offset } = filter;
  const direction = descending ? "desc" : "asc";
  const [first, ...others] = groupsOf(inboxes).map((group) =>
    fitting(db, group, filter).select(["id", orderBy]),
  );
  if (first === undefined) return [];
  const all = others.reduce((together, each) => together.unionAll(each), first);
  const page = all.orderBy(orderBy, direction).orderBy("id", direction).limit(limit).offset(offset);
  return (await page.execute()).map(({ id }) => id);
}

export async function countConversations(db: Db, filter: ConversationFilter): Promise<number> {
  const counts = await Promise.all(
    groupsOf(filter.inboxes).map((group) =>
      fitting(db, group, filter)
        .select((eb) => eb.fn.countAll<number>().as("n"))
        .executeTakeFirstOrThrow(),
    ),
  );
  return counts.reduce((sum, { n }) => sum + Number(n), 0);
}

/** How many open conversations each of these agents has. Removed inboxes are looked for once each, not for each conversation. */
export async function loadOf(db: Db, agents: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom(
      db
        .selectFrom("inbox_conversations")
        .select(["assigned_to", "inbox_id", (eb) => eb.fn.countAll<number>().as("n")])
        .where("assigned_to", "in", agents)
        .where("status", "!=", "closed")
        .groupBy(["assigned_to", "inbox_id"])
        .as("load"),
    )
    .innerJoin("inboxes", "inboxes.id", "load.inbox_id")
    .select(["load.assigned_to", (eb) => eb.fn.sum<number>("load.n").as("n")])
    .where("inboxes.removed_at", "is", null)
    .groupBy("load.assigned_to")
    .execute();
  return new Map(rows.map(({ assigned_to, n }) => [assigned_to!, Number(n)]));
}
