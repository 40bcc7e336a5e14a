import type { Connection, Ending } from "../../core/channel.ts";
import type { Cancel } from "../../core/clock.ts";
import type { EventDraft } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { devicesTopic, iso, isoOrNull } from "./events.ts";
import { idOf, type Kind, kindNames } from "./kinds.ts";
import type { Hello } from "./messages.ts";
import * as repo from "./repo.ts";
import { ownDevice } from "./tokens.ts";
import { type Seen, toDevice } from "./view.ts";

/** One connection of one device, from the moment that we know which device it is. */
export interface Session {
  readonly connection: Connection;
  readonly device: string;
  readonly kind: Kind;
  /** What the board said that it can do. */
  capabilities: readonly string[];
}

/** A connection whose device may not be known yet. */
interface Arrival {
  readonly connection: Connection;
  readonly kind: Kind;
  session?: Session;
  naming?: Promise<Session>;
  stopWaiting: Cancel;
}

/** Milliseconds that a board without a name of its own has to say one, before it is simply "a Pico". */
const namingTime = 2_000;
/** Writes that share one commit when many boards were heard of. */
const batch = 500;

/**
 * Which devices there are, and which of them are here: `online` while connected, `stale` for a grace period after,
 * then `offline`, which is told exactly once.
 */
export class Registry {
  readonly #deps: DeviceDependencies;
  readonly #arrivals = new WeakMap<Connection, Arrival>();
  readonly #sessions = new Map<string, Session>();
  /** Devices that are on their way to offline. */
  readonly #leaving = new Map<string, Cancel>();
  /** What the store knows of their last sign of life. */
  readonly #noted = new Map<string, number>();
  #known = 0;
  #stopping = false;
  /** Called with each session that begins, once it is on record. */
  onSession: (session: Session) => void = () => {};

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
  }

  /** Devices that a restart took us from get their grace period anew. */
  async start(): Promise<void> {
    const { store } = this.#deps;
    this.#known = await repo.countDevices(store.db);
    for (const { id, state, last_seen } of await repo.unsettledDevices(store.db))
      this.#leaveLater(
        id,
        state as "online" | "stale",
        "did not come back after a restart of the server",
        last_seen,
      );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const cancel of this.#leaving.values()) cancel();
    await this.noteLastSeen();
  }

  /** A board connected. Who it is, its token or a header says; else its first message. */
  async enter(connection: Connection, kind: Kind): Promise<void> {
    const arrival: Arrival = { connection, kind, stopWaiting: () => {} };
    this.#arrivals.set(connection, arrival);
    const { identity } = connection;
    if (ownDevice(identity) !== undefined || identity.name !== kindNames[kind])
      return void (await this.session(connection, identity.name));
    arrival.stopWaiting = this.#deps.clock.after(namingTime, () => void this.#nameUnnamed(arrival));
  }

  async #nameUnnamed({ connection }: Arrival): Promise<void> {
    try {
      await this.session(connection);
    } catch (error) {
      connection.refuse(error as Fault);
    }
  }

  /** The session of a connection. The first call says which device it is; `name` is what it calls itself. */
  session(connection: Connection, name?: string): Session | Promise<Session> {
    const arrival = this.#arrivals.get(connection)!;
    arrival.stopWaiting();
    if (arrival.session !== undefined) return arrival.session;
    arrival.naming ??= this.#begin(arrival, name);
    return arrival.naming;
  }

  async #begin(arrival: Arrival, name: string | undefined): Promise<Session> {
    const { connection, kind } = arrival;
    const own = ownDevice(connection.identity);
    const id = own ?? idOf(kind, name);
    const row = await repo.deviceById(this.#deps.store.db, id);
    try {
      this.#requireFree(row, kind, own !== undefined);
    } catch (error) {
      connection.refuse(error as Fault);
      throw error;
    }
    const session: Session = { connection, device: id, kind, capabilities: [] };
    await this.#arrive(
      session,
      row,
      own === undefined ? (name ?? kindNames[kind]) : connection.identity.name,
    );
    arrival.session = session;
    this.onSession(session);
    return session;
  }

  /** A common token must not speak for a device that has a token of its own. */
  #requireFree(row: repo.DeviceRow | undefined, kind: Kind, own: boolean): void {
    if (row === undefined && this.#known >= this.#deps.options.maxDevices)
      throw new Fault("server_full", "the server knows as many devices as it may (MAX_DEVICES)");
    if (row === undefined) return;
    if (row.revoked_at !== null) throw new Fault("token_revoked", "this device was revoked");
    if (row.kind !== kind) throw new Fault("bad_device_token", `${row.id} is known as another kind of board`);
    if (row.own_token === 1 && !own)
      throw new Fault(
        "bad_device_token",
        `${row.id} has a token of its own; the common one does not speak for it`,
      );
  }

  /** The newest connection of a device is the one that counts; the older one is closed and marks nothing offline. */
  async #arrive(session: Session, row: repo.DeviceRow | undefined, name: string): Promise<void> {
    const { store, journal, clock } = this.#deps;
    const { connection, device: id, kind } = session;
    const older = this.#sessions.get(id);
    this.#sessions.set(id, session);
    this.#cancelLeaving(id);
    older?.connection.close(new Fault("replaced"));
    if (row === undefined) this.#known++;
    const now = clock.now();
    const { address } = connection.peer;
    const arrival = { id, kind, name: row?.name ?? name, own_token: row?.own_token ?? 0, address, now };
    const isNews = older === undefined && row?.state !== "online";
    const device = toDevice(
      { ...blank, ...row, ...arrival, connected_at: now, created_at: row?.created_at ?? now },
      this.#seen(session),
    );
    await journal.commit({
      writes: [repo.arriveQuery(store.db, arrival)],
      events: isNews ? [this.#deps.publisher.draft(devicesTopic, "device_online", { device })] : [],
    });
    this.#noted.set(id, now);
  }

  /** The connection ended. A session that is being named is waited for. */
  async leave(connection: Connection): Promise<void> {
    const arrival = this.#arrivals.get(connection);
    arrival?.stopWaiting();
    if (arrival?.naming === undefined) return;
    const session = await arrival.naming.catch(() => undefined);
    if (session !== undefined) await this.#lost(session);
  }

  async #lost(session: Session): Promise<void> {
    const { device: id, connection } = session;
    if (this.#sessions.get(id) !== session) return;
    this.#sessions.delete(id);
    this.#noted.delete(id);
    if (this.#stopping || connection.ending?.fault === "shutting_down") return;
    const { store, journal, publisher } = this.#deps;
    const reason = reasonOf(connection.ending);
    const { lastSeen } = connection;
    this.#leaveLater(id, "stale", reason, lastSeen);
    const stale = { device_id: id, reason, last_seen: iso(lastSeen) };
    await journal.commit({
      writes: [repo.staleQuery(store.db, { id, reason, last_seen: lastSeen })],
      events: [publisher.draft(devicesTopic, "device_stale", stale)],
    });
  }

  #leaveLater(id: string, from: "online" | "stale", reason: string, lastSeen: number | null): void {
    this.#cancelLeaving(id);
    const { clock, options } = this.#deps;
    const cancel = clock.after(options.grace, () => {
      this.#leaving.delete(id);
      void this.#offline(id, from, reason, lastSeen);
    });
    this.#leaving.set(id, cancel);
  }

  #cancelLeaving(id: string): void {
    this.#leaving.get(id)?.();
    this.#leaving.delete(id);
  }

  async #offline(
    id: string,
    from: "online" | "stale",
    reason: string,
    lastSeen: number | null,
  ): Promise<void> {
    const { store, journal, publisher, events } = this.#deps;
    const event: EventDraft = publisher.draft(devicesTopic, "device_offline", {
      device_id: id,
      reason,
      last_seen: isoOrNull(lastSeen),
    });
    try {
      await journal.commit({
        writes: [{ query: repo.offlineQuery(store.db, { id, reason, from }), rows: 1 }],
        events: [event],
      });
    } catch (error) {
      // A conflict: it came back in the same moment.
      if (error instanceof Fault && error.fault === "conflict") return;
      events.emit("failure", { where: "devices.offline", incident: id, error });
    }
  }

  /** What a board says of itself when it connects. */
  async describe(session: Session, hello: Hello): Promise<void> {
    const { device: _, timestamp: __, version, capabilities = [], ...rest } = hello;
    session.capabilities = capabilities;
    const info = JSON.stringify({ ...rest, ...(capabilities.length > 0 ? { capabilities } : {}) });
    const row = (await repo.deviceById(this.#deps.store.db, session.device))!;
    const firmware = version ?? row.firmware;
    if (row.info === info && row.firmware === firmware) return;
    await this.change(repo.describeDevice(this.#deps.store.db, row.id, firmware, info), {
      ...row,
      firmware,
      info,
    });
  }

  /** Writes a change of a device, and tells the operators what it is now. */
  async change(write: ReturnType<typeof repo.describeDevice>, row: repo.DeviceRow): Promise<void> {
    const device = this.view(row);
    await this.#deps.journal.commit({
      writes: [write],
      events: [this.#deps.publisher.draft(devicesTopic, "device_changed", { device })],
    });
  }

  current(device: string): Session | undefined {
    return this.#sessions.get(device);
  }

  sessions(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  added(): void {
    this.#known++;
  }

  /** A device as others see it now. */
  view(row: repo.DeviceRow) {
    const session = this.#sessions.get(row.id);
    return toDevice(row, session === undefined ? undefined : this.#seen(session));
  }

  #seen({ connection }: Session): Seen {
    const { clock, options } = this.#deps;
    return { lastSeen: connection.lastSeen, now: clock.now(), staleAfter: options.heartbeatInterval * 1.5 };
  }

  /** Signs of life are too many to write each; the newest of each device is, now and then. */
  async noteLastSeen(): Promise<void> {
    const { store } = this.#deps;
    const news = [...this.#sessions.values()]
      .map(({ device: id, connection }) => ({ id, last_seen: connection.lastSeen }))
      .filter(({ id, last_seen }) => this.#noted.has(id) && this.#noted.get(id) !== last_seen);
    for (let i = 0; i < news.length; i += batch) {
      const some = news.slice(i, i + batch);
      await store.commit({ writes: some.map((each) => repo.seenQuery(store.db, each)) });
      for (const { id, last_seen } of some) if (this.#noted.has(id)) this.#noted.set(id, last_seen);
    }
  }
}

/** Of a device that nobody knew a moment ago. */
const blank = {
  state: "online",
  reason: null,
  firmware: null,
  info: "{}",
  connected_at: null,
  last_seen: null,
  revoked_at: null,
} as const;

const reasons: Readonly<Partial<Record<string, string>>> = {
  peer_lost: "no sign of life",
  idle: "no message for a long time",
  token_revoked: "revoked",
  token_expired: "its token ended",
  slow_reader: "it read too slowly",
};

/** One line for people. */
function reasonOf(ending: Ending | undefined): string {
  if (ending?.fault !== undefined) return reasons[ending.fault] ?? ending.fault.replaceAll("_", " ");
  if (ending === undefined || ending.code === 1006) return "the connection was lost";
  return `it closed the connection (${ending.code})`;
}
