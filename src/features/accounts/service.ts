import type { Clock } from "../../core/clock.ts";
import type { Events } from "../../core/events.ts";
import { sha256 } from "../../core/hash.ts";
import type { Publisher } from "../../core/hub.ts";
import { randomId } from "../../core/id.ts";
import type { Authenticate, Identity, Role } from "../../core/identity.ts";
import type { Journal } from "../../core/journal.ts";
import { networkOf } from "../../core/network.ts";
import type { Store } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import { accountsTopic, type outgoing } from "./messages.ts";
import * as repo from "./repo.ts";
import { Throttle } from "./throttle.ts";

/** What signs and reads access tokens; see adapters/auth. */
export interface TokenIssuer {
  issue(claims: { user: number; session: string }, ttlSeconds: number): Promise<string>;
  read(token: string): Promise<{ user: number; session: string; expiresAt: number }>;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

export interface AccountsDependencies {
  readonly store: Store<repo.AccountTables>;
  readonly journal: Pick<Journal, "commit">;
  readonly publisher: Publisher<typeof outgoing>;
  readonly tokens: TokenIssuer;
  readonly passwords: PasswordHasher;
  /** Tokens of other back ends; `undefined`: not one of theirs. */
  readonly foreign: (token: string) => Promise<Identity | undefined>;
  readonly clock: Clock;
  readonly events: Events;
  /** Seconds. */
  readonly accessTtl: number;
  readonly refreshTtl: number;
}

export interface Login {
  readonly access_token: string;
  readonly token_type: "bearer";
  readonly expires_in: number;
  readonly refresh_token: string;
}

/** Shortest password that is accepted (NIST SP 800-63B 3.1.1.2 for accounts without a second factor: 8 is the floor). */
export const minPasswordLength = 8;

/** Failed logins that are not slowed: of one account, and of one address, behind which a whole office may sit. */
const freeOfAccount = 5;
const freeOfAddress = 20;

/** How refresh tokens begin that are not traded for new ones: clients of seed 004 keep the one that they got. */
const kept = "kept_";

/** Users, their logins, and the tokens that come of them. */
export class Accounts {
  readonly #deps: AccountsDependencies;
  readonly #accounts: Throttle;
  readonly #addresses: Throttle;

  constructor(deps: AccountsDependencies) {
    this.#deps = deps;
    this.#accounts = new Throttle(deps.clock, freeOfAccount);
    this.#addresses = new Throttle(deps.clock, freeOfAddress);
  }

  /** Rejects with `conflict` where the email is taken, `bad_request` for an email or password that cannot be. */
  async add(user: {
    email: string;
    password: string;
    role: Role;
    name?: string | undefined;
  }): Promise<number> {
    const email = normalise(user.email);
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new Fault("bad_request", `${email} is no email address`);
    requirePassword(user.password);
    const password_hash = await this.#deps.passwords.hash(user.password);
    const { role, name = email } = user;
    const created_at = this.#deps.clock.now();
    const row = { email, name, role, password_hash, active: 1, created_at };
    try {
      const { results } = await this.#deps.store.commit({
        writes: [repo.insertUser(this.#deps.store.db, row)],
      });
      return Number(results[0]!.rows[0]!.id);
    } catch (error) {
      if (!(error instanceof Fault) || error.fault !== "conflict") throw error;
      throw new Fault("conflict", `there is a user ${email} already`, { cause: error });
    }
  }

  list(): Promise<repo.User[]> {
    return repo.users(this.#deps.store.db);
  }

  /** Whether there is a user with this id, as tokens name him. */
  async has(id: string): Promise<boolean> {
    return /^[1-9]\d{0,14}$/.test(id) && (await repo.hasUser(this.#deps.store.db, Number(id)));
  }

  /** Rejects with `not_found`. */
  async byEmail(email: string): Promise<repo.User> {
    const user = await repo.userByEmail(this.#deps.store.db, normalise(email));
    if (user === undefined) throw new Fault("not_found", `there is no user ${normalise(email)}`);
    return user;
  }

  /** A new password ends every session: whoever knew the old one is out. */
  async setPassword(email: string, password: string): Promise<void> {
    requirePassword(password);
    const { id } = await this.byEmail(email);
    const hash = await this.#deps.passwords.hash(password);
    await this.#revokeAll(id, repo.setPassword(this.#deps.store.db, id, hash));
  }

  /** Disabling ends every session and closes the open sockets, on every node, within a second. */
  async setActive(email: string, active: boolean): Promise<void> {
    const { id } = await this.byEmail(email);
    const update = repo.setActive(this.#deps.store.db, id, active);
    if (active) await this.#deps.store.commit({ writes: [update] });
    else await this.#revokeAll(id, update);
  }

  /** What he may do changes at once: his sessions end, and whoever is still there logs in as what he is now. */
  async setRole(email: string, role: Role): Promise<void> {
    const { id } = await this.byEmail(email);
    await this.#revokeAll(id, repo.setRole(this.#deps.store.db, id, role));
  }

  async #revokeAll(user: number, update: ReturnType<typeof repo.setActive>): Promise<void> {
    const { store, journal, clock, publisher } = this.#deps;
    await journal.commit({
      writes: [update, repo.revokeSessionsOf(store.db, user, clock.now())],
      events: [publisher.draft(accountsTopic, "revoked", { user_id: String(user), session_id: null })],
    });
  }

  /**
   * Rejects with `bad_credentials` (the same for an unknown email and a wrong password), with `forbidden` for a
   * disabled user who knew his password, and with `too_many_attempts` after repeated failures.
   */
  async login(username: string, password: string, peer: string): Promise<Login> {
    return (await this.#login(username, password, peer, { prefix: "" })).login;
  }

  /** As `login`, for those with one of these roles, and with a refresh token that may be used again and again. */
  loginOf(
    allowed: readonly Role[],
    username: string,
    password: string,
    peer: string,
  ): Promise<{ user: repo.User; login: Login }> {
    return this.#login(username, password, peer, { prefix: kept, allowed });
  }

  async #login(
    username: string,
    password: string,
    peer: string,
    { prefix, allowed }: { prefix: string; allowed?: readonly Role[] },
  ): Promise<{ user: repo.User; login: Login }> {
    const email = normalise(username);
    try {
      const user = await this.#verified(email, password, peer);
      if (user.active === 0) throw new Fault("forbidden", "Inactive user");
      if (allowed !== undefined && !allowed.includes(user.role))
        throw new Fault("forbidden", `this login needs the role ${allowed.join(" or ")}`);
      return { user, login: await this.#startSession(user.id, prefix) };
    } catch (error) {
      if (error instanceof Fault)
        this.#deps.events.emit("login.failed", { account: email, peer, fault: error.fault });
      throw error;
    }
  }

  async #verified(email: string, password: string, peer: string): Promise<repo.User> {
    const address = networkOf(peer);
    // Counted before the answer is known: a hundred guesses at once are a hundred guesses.
    this.#accounts.attempt(email);
    this.#addresses.attempt(address);
    const user = await repo.userByEmail(this.#deps.store.db, email);
    const fits = await this.#deps.passwords.verify(password, user?.password_hash);
    if (!fits || user === undefined) throw new Fault("bad_credentials");
    this.#accounts.succeeded(email);
    this.#addresses.forgive(address);
    return user;
  }

  async #startSession(user: number, prefix: string): Promise<Login> {
    const { store } = this.#deps;
    const refresh = prefix + randomId(40);
    const session = this.#newSession(user, this.#sessionEnd(), await sha256(refresh));
    await store.commit({ writes: [repo.insertSession(store.db, session)] });
    return this.#toLogin(user, session.id, refresh);
  }

  /** Each visit prolongs it; it never ends before the access token that it gives. */
  #sessionEnd(): number {
    const { clock, accessTtl, refreshTtl } = this.#deps;
    return clock.now() + Math.max(accessTtl, refreshTtl) * 1000;
  }

  #newSession(user_id: number, expires_at: number, refresh_hash: string | null): repo.Session {
    const now = this.#deps.clock.now();
    const id = `s_${randomId(16)}`;
    return { id, user_id, refresh_hash, previous_hash: null, created_at: now, expires_at, revoked_at: null };
  }

  async #toLogin(user: number, session: string, refresh_token: string): Promise<Login> {
    const { tokens, accessTtl: expires_in } = this.#deps;
    const access_token = await tokens.issue({ user, session }, expires_in);
    return { access_token, token_type: "bearer", expires_in, refresh_token };
  }

  /** As `refresh`, but a token that says so stays what it is, and prolongs its session. */
  async renew(refreshToken: string): Promise<Login> {
    if (!refreshToken.startsWith(kept)) return this.refresh(refreshToken);
    const { store, clock } = this.#deps;
    const session = await repo.sessionByRefresh(store.db, await sha256(refreshToken));
    if (session === undefined) throw new Fault("bad_token", "this refresh token is not known");
    const user = await repo.activeUser(store.db, session.user_id, session.id, clock.now());
    if (user === undefined) throw new Fault("token_revoked");
    await store.commit({ writes: [repo.prolongSession(store.db, session.id, this.#sessionEnd())] });
    return this.#toLogin(user.id, session.id, refreshToken);
  }

  /** Each refresh token works once. One that comes a second time is in two hands, so its session ends. */
  async refresh(refreshToken: string): Promise<Login> {
    const { store, clock } = this.#deps;
    const hash = await sha256(refreshToken);
    const session = await repo.sessionByRefresh(store.db, hash);
    if (session === undefined) throw new Fault("bad_token", "this refresh token is not known");
    if (session.revoked_at !== null) throw new Fault("token_revoked");
    if (session.previous_hash === hash) return this.#stolen(session);
    const user = await repo.activeUser(store.db, session.user_id, session.id, clock.now());
    if (user === undefined) throw new Fault("token_revoked");
    const next = randomId(40);
    const rotation = repo.rotateSession(store.db, session.id, hash, await sha256(next), this.#sessionEnd());
    await store.commit({ writes: [{ query: rotation, rows: 1 }] });
    return this.#toLogin(user.id, session.id, next);
  }

  async #stolen(session: repo.Session): Promise<never> {
    await this.endSession(session.user_id, session.id);
    throw new Fault("token_revoked", "this refresh token was used before, so its session was ended");
  }

  async endSession(user: number, session: string): Promise<void> {
    const { store, journal, clock, publisher } = this.#deps;
    await journal.commit({
      writes: [repo.revokeSession(store.db, session, clock.now())],
      events: [publisher.draft(accountsTopic, "revoked", { user_id: String(user), session_id: session })],
    });
  }

  /** A token for a program or a test, without a login. `ttl` in seconds. */
  async issueToken(email: string, ttl: number): Promise<string> {
    const { store, tokens } = this.#deps;
    const user = await this.byEmail(email);
    if (user.active === 0) throw new Fault("forbidden", `${user.email} is disabled`);
    const session = this.#newSession(user.id, this.#deps.clock.now() + ttl * 1000, null);
    await store.commit({ writes: [repo.insertSession(store.db, session)] });
    return tokens.issue({ user: user.id, session: session.id }, ttl);
  }

  /** Judges a token of ours or of an issuer in JWT_ISSUERS. */
  readonly authenticate: Authenticate = async (credential) => {
    if (credential === undefined) return undefined;
    const foreign = await this.#deps.foreign(credential.token);
    if (foreign !== undefined) return foreign;
    const { user: id, session, expiresAt } = await this.#deps.tokens.read(credential.token);
    const user = await repo.activeUser(this.#deps.store.db, id, session, this.#deps.clock.now());
    if (user === undefined) throw new Fault("token_revoked");
    return { id: String(id), role: user.role, name: user.name, session, expiresAt };
  };

  /** Sessions that ended a month ago tell nobody anything. */
  async forgetOldSessions(): Promise<void> {
    const { store, clock } = this.#deps;
    const month = 30 * 86_400_000;
    await store.commit({ writes: [repo.deleteSessionsBefore(store.db, clock.now() - month)] });
  }
}

const normalise = (email: string): string => email.trim().toLowerCase();

function requirePassword(password: string): void {
  if (password.length < minPasswordLength)
    throw new Fault("bad_request", `a password needs ${minPasswordLength} characters at least`);
}
