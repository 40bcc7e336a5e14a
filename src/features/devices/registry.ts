import type { Change, Compilable } from "../../core/store.ts";
import { Turns } from "../../core/turns.ts";
import { asFault, Fault, type FaultName } from "../../protocol/faults.ts";
import { Departures } from "./departures.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import type { Description } from "./description.ts";
import { type Device, devicesTopic, iso } from "./events.ts";
import { idOf, type Kind, kindNames } from "./kinds.ts";
import { LastSeen } from "./last-seen.ts";
import * as repo from "./repo.ts";
import { type BoardConnection, capabilitiesOf, noCapabilities, type Session } from "./session.ts";
import { ownDevice } from "./tokens.ts";
import { type Seen, toDevice } from "./view.ts";

/** Times that an arrival is tried while answers to its commands come in between. */
const attempts = 3;
/** Faults that another message on the same connection cannot mend. */
const final: readonly FaultName[] = ["server_full", "token_revoked", "bad_device_token"];
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
  readonly #sessions = new Map<string, Session>();
  /** Devices whose newest connection is being put on record: neither it nor an older one counts meanwhile. */
  readonly #arriving = new Set<string>();
  readonly #turns = new Turns();
  readonly #departures: Departures;
  readonly #lastSeen: LastSeen;
  /** Newcomers that have a place among MAX_DEVICES, and may not be on record yet. */
  readonly #newcomers = new Set<string>();
  #stopping = false;

  constructor(deps: DeviceDependencies, hooks: RegistryHooks) {
    this.#deps = deps;
    this.#lastSeen = new LastSeen(deps.store);
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

  // --- arriving ---

  /** Puts a connection on record as this device's newest. A device that may not come is refused. */
  begin(connection: BoardConnection, kind: Kind, name?: string, said?: Description): Promise<Session> {
    const own = ownDevice(connection.identity);
    const device = own ?? idOf(kind, name);
    const called = own === undefined ? (name ?? kindNames[kind]) : connection.identity.name;
    return this.#turns.run(device, async () => {
      this.#arriving.add(device);
      try {
        return await this.#arrive({ connection, device, kind, capabilities: noCapabilities }, called, said);
      } finally {
        this.#arriving.delete(device);
      }
    });
  }

  async #arrive(session: Session, name: string, said?: Description): Promise<Session> {
    const { connection, device, kind } = session;
    const row = await repo.deviceById(this.#deps.store.db, device);
    session.capabilities = said?.capabilities ?? capabilitiesOf(row);
    const record = () => this.#record(session, arrivalOf(session, row, name, said), row);
    try {
      this.#requireFree(row, kind, connection);
      await (row === undefined ? this.withRoom(device, record) : record());
    } catch (error) {
      const fault = asFault(error);
      if (final.includes(fault.fault)) connection.refuse(fault);
      throw error;
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

  /** Records one more device. Where MAX_DEVICES are known, one is forgotten for it, or this rejects with `server_full`. */
  async withRoom<T>(device: string, record: () => Promise<T>): Promise<T> {
    await this.#turns.run(anyNewcomer, async () => {
      while (await this.#isFull()) await this.#hooks.forgetOne();
      this.#newcomers.add(device);
    });
    try {
      return await record();
    } finally {
      this.#newcomers.delete(device);
    }
  }

  /** Read in this order, a newcomer that comes on record meanwhile is not counted twice. */
  async #isFull(): Promise<boolean> {
    const { store, options } = this.#deps;
    const known = await repo.countDevices(store.db);
    if (known + this.#newcomers.size < options.maxDevices) return false;
    const recorded = await repo.countOf(store.db, [...this.#newcomers]);
    return known + this.#newcomers.size - recorded >= options.maxDevices;
  }

  async #record(session: Session, arrival: repo.Arrival, row: repo.DeviceRow | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (session.connection.isOver) throw new Fault("peer_lost");
      try {
        return await this.#commitArrival(session, arrival, row);
      } catch (error) {
        // A command was answered in the same moment.
        if (attempt === attempts || asFault(error).fault !== "conflict") throw error;
      }
    }
  }

  async #commitArrival(session: Session, arrival: repo.Arrival, row?: repo.DeviceRow): Promise<void> {
    const { store, journal, clock, publisher } = this.#deps;
    const { device: id } = session;
    const now = clock.now();
    const known = { ...blank, created_at: now, ...row, ...arrival, connected_at: now };
    const online = { device: toDevice(known, this.#seen(session)) };
    const isNews = row?.state !== "online" || this.#departures.has(id) || hasChanged(row, arrival);
    const { writes = [], events = [] } = await this.#hooks.onArrival(id, session.capabilities);
    await journal.commit({
      writes: [repo.arriveQuery(store.db, { ...arrival, now }), ...writes],
      events: [...(isNews ? [publisher.draft(devicesTopic, "device_online", online)] : []), ...events],
    });
    this.#lastSeen.isNoted(id, now);
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

  /** This session is over; unless a newer one took its place, its device is on its way to offline. */
  async lost({ device: id, connection }: Session, reason: string): Promise<void> {
    await this.#turns.run(id, () => this.#lost(id, connection, reason));
  }

  async #lost(id: string, connection: BoardConnection, reason: string): Promise<void> {
    if (this.#sessions.get(id)?.connection !== connection) return;
    // While the server ends, sessions stay: when each was last heard of is still to be written.
    if (this.#stopping || connection.ending?.fault === "shutting_down") return;
    this.#sessions.delete(id);
    this.#lastSeen.forget(id);
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

  /** Signs of life are too many to write each; the newest of each device is, now and then. */
  noteLastSeen(): Promise<void> {
    return this.#lastSeen.write(this.#sessions.values());
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
}

/** A device as it comes; what it does not say this time holds as it was. */
function arrivalOf(
  { device: id, kind, connection }: Session,
  row: repo.DeviceRow | undefined,
  name: string,
  said: Description | undefined,
): repo.Arrival {
  return {
    id,
    kind,
    name: row?.name ?? name,
    own_token: row?.own_token ?? 0,
    address: connection.peer.address,
    firmware: said?.firmware ?? row?.firmware ?? null,
    info: said?.info ?? row?.info ?? "{}",
  };
}

const hasChanged = (row: repo.DeviceRow, { firmware, info }: repo.Arrival): boolean =>
  row.firmware !== firmware || row.info !== info;

/** Of a device that nobody knew a moment ago. */
const blank = {
  state: "online",
  reason: null,
  last_seen: null,
  revoked_at: null,
  common_until: null,
} as const;
