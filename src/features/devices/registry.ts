import type { Connection } from "../../core/channel.ts";
import type { Cancel } from "../../core/clock.ts";
import type { Change, Compilable } from "../../core/store.ts";
import { asFault, Fault } from "../../protocol/faults.ts";
import { Departures } from "./departures.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { type Device, devicesTopic, iso } from "./events.ts";
import { idOf, type Kind, kindNames } from "./kinds.ts";
import * as repo from "./repo.ts";
import { type BoardConnection, capabilitiesOf, reasonOf, type Session } from "./session.ts";
import { ownDevice } from "./tokens.ts";
import { Turns } from "./turns.ts";
import { type Seen, toDevice } from "./view.ts";

/** A connection whose device may not be known yet. */
interface Arrival {
  readonly connection: BoardConnection;
  readonly kind: Kind;
  session: Session | undefined;
  naming: Promise<Session> | undefined;
  /** It never said its name, and is called like its kind until it does. */
  isNameless: boolean;
  stopWaiting: Cancel;
}

/** Milliseconds that a board without a name of its own has to say one, before it is simply "a Pico". */
const namingTime = 10_000;
/** Writes that share one commit when many boards were heard of. */
const batch = 500;
/** Times that an arrival is tried while answers to its commands come in between. */
const attempts = 3;
/** Turns of those who need a place among MAX_DEVICES; no device is called so. */
const anyNewcomer = "";

/** A write, and the row as it will be. */
export interface RowChange {
  readonly write: Compilable;
  readonly row: repo.DeviceRow;
}

/** What else happens when a device comes or goes. */
export interface RegistryHooks {
  /** Goes to disk together with an arrival: what becomes of commands that an earlier connection left unanswered. */
  onArrival(device: string, capabilities: readonly string[]): Promise<Change>;
  /** Called with each session that begins, once it is on record. */
  onSession(session: Session): void;
  /** Called once a device is offline. */
  onGone(device: string): void;
  /** Rejects with `server_full` where no device can be forgotten. */
  forgetOne(): Promise<void>;
}

/**
 * Which devices there are, and which of them are here: `online` while connected, `stale` for a grace period after,
 * then `offline`. What happens to one device happens in turns, so that nobody hears of two states in the wrong order.
 */
export class Registry {
  readonly #deps: DeviceDependencies;
  readonly #hooks: RegistryHooks;
  readonly #arrivals = new WeakMap<Connection, Arrival>();
  readonly #sessions = new Map<string, Session>();
  /** Devices whose newest connection is being put on record: neither it nor an older one counts meanwhile. */
  readonly #arriving = new Set<string>();
  readonly #turns = new Turns();
  readonly #departures: Departures;
  /** What the store knows of their last sign of life. */
  readonly #noted = new Map<string, number>();
  /** Newcomers that have a place and are not on record yet. */
  #newcomers = 0;
  #stopping = false;

  constructor(deps: DeviceDependencies, hooks: RegistryHooks) {
    this.#deps = deps;
    this.#hooks = hooks;
    this.#departures = new Departures(deps, {
      turns: this.#turns,
      isHere: (device) => this.#sessions.has(device),
      onGone: hooks.onGone,
    });
  }

  /** Devices that a restart took us from get their grace period anew. */
  async start(): Promise<void> {
    const reason = "did not come back after a restart of the server";
    for (const { id, last_seen } of await repo.unsettledDevices(this.#deps.store.db))
      this.#departures.later({ id, reason, lastSeen: last_seen });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#departures.stop();
    await this.#turns.idle();
    await this.noteLastSeen().catch((error) => this.#failed("last_seen", "-", error));
  }

  #failed(what: string, incident: string, error: unknown): void {
    this.#deps.events.emit("failure", { where: `devices.${what}`, incident, error });
  }

  // --- whose connection it is ---

  /** A board connected. Who it is, its token or a header says; else its first message. */
  async enter(connection: Connection, kind: Kind): Promise<void> {
    const arrival: Arrival = {
      // What the core hands to channels is a LiveConnection.
      connection: connection as BoardConnection,
      kind,
      session: undefined,
      naming: undefined,
      isNameless: false,
      stopWaiting: () => {},
    };
    this.#arrivals.set(connection, arrival);
    const { identity } = connection;
    if (ownDevice(identity) !== undefined || identity.name !== kindNames[kind])
      return void (await this.session(connection, identity.name));
    arrival.stopWaiting = this.#deps.clock.after(namingTime, () => void this.#nameNameless(arrival));
  }

  async #nameNameless({ connection }: Arrival): Promise<void> {
    try {
      await this.session(connection);
    } catch (error) {
      connection.refuse(asFault(error));
    }
  }

  /** The session of a connection. The first call says which device it is; `name` is what it calls itself. */
  session(connection: Connection, name?: string): Session | Promise<Session> {
    const arrival = this.#arrivals.get(connection)!;
    arrival.stopWaiting();
    if (arrival.naming !== undefined) return arrival.naming;
    if (arrival.session !== undefined && !isAnother(arrival, arrival.session, name)) return arrival.session;
    arrival.naming = this.#name(arrival, name).finally(() => {
      arrival.naming = undefined;
    });
    return arrival.naming;
  }

  /** Where it fails, the next message tries again. */
  async #name(arrival: Arrival, name: string | undefined): Promise<Session> {
    const { session: wrong, connection } = arrival;
    arrival.session = undefined;
    if (wrong !== undefined)
      await this.#turns.run(wrong.device, () => this.#lost(wrong, "it turned out to be another device"));
    const session = await this.#begin(arrival, name);
    arrival.isNameless = name === undefined && ownDevice(connection.identity) === undefined;
    arrival.session = session;
    return session;
  }

  #begin({ connection, kind }: Arrival, name: string | undefined): Promise<Session> {
    const own = ownDevice(connection.identity);
    const device = own ?? idOf(kind, name);
    const called = own === undefined ? (name ?? kindNames[kind]) : connection.identity.name;
    return this.#turns.run(device, async () => {
      this.#arriving.add(device);
      try {
        return await this.#arrive({ connection, device, kind, capabilities: [] }, called);
      } finally {
        this.#arriving.delete(device);
      }
    });
  }

  // --- arriving ---

  async #arrive(session: Session, name: string): Promise<Session> {
    const { connection, device, kind } = session;
    const row = await repo.deviceById(this.#deps.store.db, device);
    try {
      this.#requireFree(row, kind, connection);
      if (row === undefined) await this.#takePlace();
    } catch (error) {
      connection.refuse(asFault(error));
      throw error;
    }
    try {
      if (connection.isOver) throw new Fault("peer_lost");
      session.capabilities = capabilitiesOf(row);
      await this.#record(session, row, name);
    } finally {
      if (row === undefined) this.#newcomers--;
    }
    this.#begun(session);
    return session;
  }

  /** A common token must not speak for a device that has a token of its own, except while that is being exchanged. */
  #requireFree(row: repo.DeviceRow | undefined, kind: Kind, connection: BoardConnection): void {
    if (row === undefined) return;
    if (row.revoked_at !== null) throw new Fault("token_revoked", "this device was revoked");
    if (row.kind !== kind) throw new Fault("bad_device_token", `${row.id} is known as another kind of board`);
    if (row.own_token === 0 || ownDevice(connection.identity) !== undefined) return;
    const until = row.common_until ?? 0;
    if (until <= this.#deps.clock.now())
      throw new Fault(
        "bad_device_token",
        `${row.id} has a token of its own; the common one does not speak for it`,
      );
    connection.endBy(until);
  }

  async #takePlace(): Promise<void> {
    await this.requireRoom(() => {
      this.#newcomers++;
    });
  }

  /** Makes room for one more device where MAX_DEVICES are known. Rejects with `server_full`. */
  requireRoom(then: () => void = () => {}): Promise<void> {
    const { store, options } = this.#deps;
    return this.#turns.run(anyNewcomer, async () => {
      while ((await repo.countDevices(store.db)) + this.#newcomers >= options.maxDevices)
        await this.#hooks.forgetOne();
      then();
    });
  }

  async #record(session: Session, row: repo.DeviceRow | undefined, name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#commitArrival(session, row, name);
      } catch (error) {
        // A command was answered in the same moment.
        if (attempt === attempts || asFault(error).fault !== "conflict") throw error;
      }
    }
  }

  async #commitArrival(session: Session, row: repo.DeviceRow | undefined, name: string): Promise<void> {
    const { store, journal, clock, publisher } = this.#deps;
    const { connection, device: id, kind } = session;
    const now = clock.now();
    const own_token = row?.own_token ?? 0;
    const arrival = { id, kind, name: row?.name ?? name, own_token, address: connection.peer.address, now };
    const known = { ...blank, ...row, ...arrival, connected_at: now, created_at: row?.created_at ?? now };
    const online = { device: toDevice(known, this.#seen(session)) };
    const isNews = row?.state !== "online" || this.#departures.has(id);
    const { writes = [], events = [] } = await this.#hooks.onArrival(id, session.capabilities);
    await journal.commit({
      writes: [repo.arriveQuery(store.db, arrival), ...writes],
      events: [...(isNews ? [publisher.draft(devicesTopic, "device_online", online)] : []), ...events],
    });
    this.#noted.set(id, now);
  }

  /** The newest connection of a device is the one that counts; the older one is closed and marks nothing offline. */
  #begun(session: Session): void {
    const { device, connection } = session;
    const older = this.#sessions.get(device);
    this.#arriving.delete(device);
    // One that ended while it was put on record must not throw out one that lives.
    if (connection.isOver && older !== undefined && !older.connection.isOver)
      return this.#hooks.onSession(older);
    this.#sessions.set(device, session);
    this.#departures.cancel(device);
    older?.connection.close(
      new Fault(
        "replaced",
        "a newer connection is this device now: give each board an X-Device-ID or `device`",
      ),
    );
    this.#hooks.onSession(session);
  }

  // --- leaving ---

  /** The connection ended. A session that is being named is waited for. */
  async leave(connection: Connection): Promise<void> {
    const arrival = this.#arrivals.get(connection);
    arrival?.stopWaiting();
    const session = (await arrival?.naming?.catch(() => undefined)) ?? arrival?.session;
    if (session === undefined) return;
    await this.#turns.run(session.device, () => this.#lost(session, reasonOf(connection.ending)));
  }

  async #lost({ device: id, connection }: Session, reason: string): Promise<void> {
    if (this.#sessions.get(id)?.connection !== connection) return;
    // While the server ends, sessions stay: when each was last heard of is still to be written.
    if (this.#stopping || connection.ending?.fault === "shutting_down") return;
    this.#sessions.delete(id);
    this.#noted.delete(id);
    this.#departures.later({ id, reason, lastSeen: connection.lastSeen });
    await this.#tellStale(id, reason, connection.lastSeen);
  }

  /** Where it fails, operators hear "offline" a little later all the same. */
  async #tellStale(id: string, reason: string, last_seen: number): Promise<void> {
    const { store, journal, publisher } = this.#deps;
    const stale = { device_id: id, reason, last_seen: iso(last_seen) };
    try {
      await journal.commit({
        writes: [{ query: repo.staleQuery(store.db, { id, reason, last_seen }), rows: 1 }],
        events: [publisher.draft(devicesTopic, "device_stale", stale)],
      });
    } catch (error) {
      // A conflict: it was removed.
      if (asFault(error).fault !== "conflict") this.#failed("stale", id, error);
    }
  }

  /** Whatever speaks for this device is closed, also what is just arriving. */
  async end(device: string, fault: Fault): Promise<void> {
    await this.#turns.run(device, async () => this.#sessions.get(device)?.connection.close(fault));
  }

  /** The common token speaks for this device until then. */
  async endShared(device: string, time: number): Promise<void> {
    await this.#turns.run(device, async () => {
      const connection = this.#sessions.get(device)?.connection;
      if (connection?.identity.shared !== true) return;
      if (time <= this.#deps.clock.now()) connection.close(new Fault("token_expired"));
      else connection.endBy(Math.min(time, connection.identity.expiresAt ?? time));
    });
  }

  // --- what is known ---

  /**
   * Writes a change of a device, and tells the operators what it is now. `change` gets its row, and says nothing where
   * there is nothing to change. Resolves to the device. Rejects with `not_found`.
   */
  change(id: string, change: (row: repo.DeviceRow) => RowChange | undefined): Promise<Device> {
    const { store, journal, publisher } = this.#deps;
    return this.#turns.run(id, async () => {
      const row = await repo.requireDevice(store.db, id);
      const next = change(row);
      const device = this.view(next?.row ?? row);
      const told = publisher.draft(devicesTopic, "device_changed", { device });
      if (next !== undefined) await journal.commit({ writes: [next.write], events: [told] });
      return device;
    });
  }

  /** Who gets what is sent to a device. */
  current(device: string): Session | undefined {
    return this.#arriving.has(device) ? undefined : this.#sessions.get(device);
  }

  sessions(): IterableIterator<Session> {
    return this.#sessions.values();
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

/** A board that nobody had a name for says one, or a token says later which device it is. */
function isAnother({ connection, kind, isNameless }: Arrival, { device }: Session, name?: string): boolean {
  const own = ownDevice(connection.identity);
  if (own !== undefined) return own !== device;
  return isNameless && name !== undefined && idOf(kind, name) !== device;
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
  common_until: null,
} as const;
