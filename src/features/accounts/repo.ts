import type { Generated, Kysely, Selectable } from "kysely";
import type { Role } from "../../core/identity.ts";
import { prepared } from "../../core/prepared.ts";

export interface AccountTables {
  users: {
    id: Generated<number>;
    email: string;
    name: string;
    role: Role;
    password_hash: string;
    active: number;
    created_at: number;
  };
  sessions: {
    id: string;
    user_id: number;
    /** SHA-256 of the refresh token; none for tokens that an operator issued. */
    refresh_hash: string | null;
    /** The one before it: whoever uses that has stolen it, or was stolen from. */
    previous_hash: string | null;
    created_at: number;
    expires_at: number;
    revoked_at: number | null;
  };
}

export type User = Selectable<AccountTables["users"]>;
export type Session = Selectable<AccountTables["sessions"]>;

type Db = Kysely<AccountTables>;

export const userByEmail = (db: Db, email: string): Promise<User | undefined> =>
  db.selectFrom("users").selectAll().where("email", "=", email).executeTakeFirst();

export const hasUser = async (db: Db, id: number): Promise<boolean> =>
  (await db.selectFrom("users").select("id").where("id", "=", id).executeTakeFirst()) !== undefined;

export const users = (db: Db): Promise<User[]> => db.selectFrom("users").selectAll().orderBy("id").execute();

const activeUserQuery = prepared(
  (db: Db, { user, session, now }: { user: number; session: string; now: number }) =>
    db
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.user_id")
      .selectAll("users")
      .where("sessions.id", "=", session)
      .where("users.id", "=", user)
      .where("sessions.revoked_at", "is", null)
      .where("sessions.expires_at", ">", now)
      .where("users.active", "=", 1),
);

/** The user of a session that still counts; `undefined` once it is revoked, over, or its user disabled. */
export const activeUser = async (
  db: Db,
  user: number,
  session: string,
  now: number,
): Promise<User | undefined> =>
  (await db.executeQuery<User>(activeUserQuery(db, { user, session, now }))).rows[0];

export const sessionByRefresh = (db: Db, hash: string): Promise<Session | undefined> =>
  db
    .selectFrom("sessions")
    .selectAll()
    .where((eb) => eb.or([eb("refresh_hash", "=", hash), eb("previous_hash", "=", hash)]))
    .executeTakeFirst();

export const insertUser = (db: Db, user: Omit<User, "id">) =>
  db.insertInto("users").values(user).returning("id");

export const insertSession = (db: Db, session: Session) => db.insertInto("sessions").values(session);

export const rotateSession = (db: Db, id: string, from: string, to: string, expires_at: number) =>
  db
    .updateTable("sessions")
    .set({ refresh_hash: to, previous_hash: from, expires_at })
    .where("id", "=", id)
    .where("refresh_hash", "=", from)
    .where("revoked_at", "is", null);

export const prolongSession = (db: Db, id: string, expires_at: number) =>
  db.updateTable("sessions").set({ expires_at }).where("id", "=", id).where("revoked_at", "is", null);

export const revokeSession = (db: Db, id: string, at: number) =>
  db.updateTable("sessions").set({ revoked_at: at }).where("id", "=", id).where("revoked_at", "is", null);

export const revokeSessionsOf = (db: Db, user: number, at: number) =>
  db
    .updateTable("sessions")
    .set({ revoked_at: at })
    .where("user_id", "=", user)
    .where("revoked_at", "is", null);

export const setPassword = (db: Db, user: number, password_hash: string) =>
  db.updateTable("users").set({ password_hash }).where("id", "=", user);

export const setRole = (db: Db, user: number, role: Role) =>
  db.updateTable("users").set({ role }).where("id", "=", user);

export const setActive = (db: Db, user: number, active: boolean) =>
  db
    .updateTable("users")
    .set({ active: active ? 1 : 0 })
    .where("id", "=", user);

export const deleteSessionsBefore = (db: Db, time: number) =>
  db.deleteFrom("sessions").where("expires_at", "<", time);
