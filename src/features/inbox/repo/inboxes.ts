import { sql } from "kysely";
import { prepared } from "../../../core/prepared.ts";
import type { Db, InboxRow, InboxTables, NewInboxRow } from "./tables.ts";

export const inboxesInUse = (db: Db): Promise<InboxRow[]> =>
  db.selectFrom("inboxes").selectAll().where("removed_at", "is", null).orderBy("id").execute();

export const inboxById = (db: Db, id: string): Promise<InboxRow | undefined> =>
  db
    .selectFrom("inboxes")
    .selectAll()
    .where("id", "=", id)
    .where("removed_at", "is", null)
    .executeTakeFirst();

export const inboxesOf = (db: Db, user: string): Promise<InboxRow[]> =>
  db
    .selectFrom("inboxes")
    .innerJoin("inbox_members", "inbox_members.inbox_id", "inboxes.id")
    .selectAll("inboxes")
    .where("inbox_members.user_id", "=", user)
    .where("inboxes.removed_at", "is", null)
    .orderBy("inboxes.id")
    .execute();

const memberships = prepared((db: Db, { user }: { user: string }) =>
  db
    .selectFrom("inbox_members")
    .innerJoin("inboxes", "inboxes.id", "inbox_members.inbox_id")
    .select("inbox_members.inbox_id")
    .where("inbox_members.user_id", "=", user)
    .where("inboxes.removed_at", "is", null),
);

/** The inboxes that a user is a member of. */
export const inboxIdsOf = async (db: Db, user: string): Promise<string[]> =>
  (await db.executeQuery<{ inbox_id: string }>(memberships(db, { user }))).rows.map(
    ({ inbox_id }) => inbox_id,
  );

export const membersOf = async (db: Db, inbox: string): Promise<string[]> =>
  (
    await db
      .selectFrom("inbox_members")
      .select("user_id")
      .where("inbox_id", "=", inbox)
      .orderBy("user_id")
      .execute()
  ).map(({ user_id }) => user_id);

export const inboxByAccount = (db: Db, account: string): Promise<InboxRow | undefined> =>
  db
    .selectFrom("inboxes")
    .selectAll()
    .where("account_key", "=", account)
    .where("removed_at", "is", null)
    .executeTakeFirst();

export const insertInbox = (db: Db, row: NewInboxRow) =>
  db.insertInto("inboxes").values((eb) => ({
    ...row,
    number: eb.selectFrom("inboxes").select(sql<number>`coalesce(max(number), 0) + 1`.as("next")),
  }));

/** Changes one row, unless somebody else changed it since it was read. */
export const updateInbox = (
  db: Db,
  { id, secrets, info }: InboxRow,
  change: Partial<Pick<InboxRow, "name" | "auto_assign" | "secrets" | "info">>,
) =>
  db
    .updateTable("inboxes")
    .set(change)
    .where("id", "=", id)
    .where("secrets", "=", secrets)
    .where("info", "=", info)
    .where("removed_at", "is", null);

export const removeInbox = (db: Db, id: string, removed_at: number) =>
  // Its secrets go at once: nothing needs them any more.
  db
    .updateTable("inboxes")
    .set({ removed_at, secrets: "" })
    .where("id", "=", id)
    .where("removed_at", "is", null);

export const addMember = (db: Db, inbox_id: string, user_id: string) =>
  db
    .insertInto("inbox_members")
    .values({ inbox_id, user_id })
    .onConflict((conflict) => conflict.columns(["inbox_id", "user_id"]).doNothing());

export const removeMember = (db: Db, inbox: string, user: string) =>
  db.deleteFrom("inbox_members").where("inbox_id", "=", inbox).where("user_id", "=", user);

export const insertUpdate = prepared((db: Db, row: InboxTables["inbox_updates"]) =>
  db.insertInto("inbox_updates").values({ inbox_id: row.inbox_id, key: row.key, at: row.at }),
);

export const updateIsKnown = async (db: Db, inbox: string, key: string): Promise<boolean> =>
  (await db
    .selectFrom("inbox_updates")
    .select("at")
    .where("inbox_id", "=", inbox)
    .where("key", "=", key)
    .executeTakeFirst()) !== undefined;

export const deleteUpdatesBefore = (db: Db, time: number) =>
  db.deleteFrom("inbox_updates").where("at", "<", time);
