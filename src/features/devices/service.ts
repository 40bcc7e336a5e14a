import { randomId } from "../../core/id.ts";
import { asFault, Fault } from "../../protocol/faults.ts";
import { Boards } from "./boards.ts";
import { Cameras } from "./cameras.ts";
import { Commands } from "./commands.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import type { Description } from "./description.ts";
import { type Device, devicesTopic, type TokenEnds } from "./events.ts";
import { idOf, isId, type Kind, maxIdLength } from "./kinds.ts";
import { Logs } from "./logs.ts";
import { Pairing } from "./pairing.ts";
import { Photos } from "./photos.ts";
import { Registry } from "./registry.ts";
import * as repo from "./repo.ts";
import { Sensors } from "./sensors.ts";
import type { Session } from "./session.ts";
import { DeviceTokens, identityOf } from "./tokens.ts";
import { toDevice } from "./view.ts";
import { cut } from "./words.ts";

/** Longest name of a device. */
const maxName = 100;

export interface NewDevice {
  readonly kind: Kind;
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}

/** All of the devices: who they are, their tokens, logs, commands, pictures. */
export class Devices {
  readonly tokens: DeviceTokens;
  readonly registry: Registry;
  readonly boards: Boards;
  readonly logs: Logs;
  readonly commands: Commands;
  readonly cameras: Cameras;
  readonly photos: Photos;
  readonly sensors: Sensors;
  readonly pairing: Pairing;
  readonly #deps: DeviceDependencies;

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
    this.tokens = new DeviceTokens(deps);
    this.registry = new Registry(deps, {
      onArrival: (device, capabilities) => this.commands.settlement(device, capabilities),
      onSession: ({ device }) => this.commands.send(device),
      onGone: (device) => this.#gone(device),
      forgetOne: () => this.#forgetOne(),
    });
    this.boards = new Boards(this.registry, deps.clock);
    this.logs = new Logs(deps);
    this.commands = new Commands(deps, this.registry);
    this.cameras = new Cameras(deps, this.registry);
    this.photos = new Photos(deps);
    this.sensors = new Sensors(deps);
    this.pairing = new Pairing(deps);
  }

  get options() {
    return this.#deps.options;
  }

  get clock() {
    return this.#deps.clock;
  }

  /** Something went wrong that nobody waits for. */
  failed(what: string, incident: string, error: unknown): void {
    this.#deps.events.emit("failure", { where: `devices.${what}`, incident, error });
  }

  async start(): Promise<void> {
    await Promise.all([this.registry.start(), this.logs.start(), this.photos.start()]);
  }

  /** A device with a token of its own, which is shown this once. Rejects with `conflict` where the id is taken. */
  async add({ kind, name, ...given }: NewDevice): Promise<{ device: Device; token: string }> {
    const id = (given.id ?? idFrom(kind, name)).normalize("NFC");
    if (!isId(id))
      throw new Fault(
        "bad_body",
        `id: letters, digits, . _ - and at most ${maxIdLength} characters, not ${id}`,
      );
    const { store, clock } = this.#deps;
    if ((await repo.deviceById(store.db, id)) !== undefined)
      throw new Fault(
        "conflict",
        `there is a device ${id} already; \`peyk device rotate ${id}\` gives it a new token`,
      );
    const row: repo.DeviceRow = {
      id,
      kind,
      name: cut(name ?? id, maxName),
      own_token: 1,
      state: "offline",
      reason: "it has never connected",
      address: null,
      firmware: null,
      info: "{}",
      connected_at: null,
      last_seen: null,
      created_at: clock.now(),
      revoked_at: null,
      common_until: null,
    };
    const insert = repo.insertDevice(store.db, row);
    const token = await this.registry.withRoom(id, () => this.tokens.issue(id, 0, [insert]));
    return { device: this.view(row), token };
  }

  /** A new token; older ones count for another `grace` milliseconds. A revoked device may come back with it. */
  async rotate(id: string, grace: number): Promise<string> {
    const { own_token, common_until } = await this.row(id);
    const ends = this.#deps.clock.now() + grace;
    // Until now any board with the common token could speak for it; for this one that ends like an older token.
    const common = own_token === 0 ? ends : common_until && Math.min(common_until, ends);
    return this.tokens.issue(id, grace, [repo.setOwnToken(this.#deps.store.db, id, common)]);
  }

  /** Its tokens end, its socket is closed within a second, and it may not come back under the common token either. */
  async revoke(id: string): Promise<void> {
    await this.row(id);
    const { store, clock } = this.#deps;
    await this.tokens.revoke(id, [repo.setRevoked(store.db, id, clock.now())]);
  }

  /** All that is known of it goes: tokens, commands, logs, photos. With the common token it may come back, as new. */
  async remove(id: string): Promise<void> {
    await this.row(id);
    await this.#remove(id, repo.deleteDevice(this.#deps.store.db, id));
  }

  async #remove(id: string, write: ReturnType<typeof repo.deleteDevice>): Promise<void> {
    const { db } = this.#deps.store;
    await this.photos.forget(id);
    await this.logs.forget(id);
    const removed = this.#deps.publisher.draft(devicesTopic, "device_removed", { device_id: id });
    const writes = [...repo.deleteBelongings(db, id), { query: write, rows: 1 }];
    await this.tokens.revoke(id, writes, [removed]);
  }

  /** MAX_DEVICES are known: the one that was away the longest makes room, if it needs no token of its own to return. */
  async #forgetOne(): Promise<void> {
    const { db } = this.#deps.store;
    const oldest = await repo.longestOffline(db);
    if (oldest === undefined)
      throw new Fault(
        "server_full",
        "the server knows as many devices as it may: raise MAX_DEVICES, or `peyk device remove` some",
      );
    try {
      await this.#remove(oldest.id, repo.deleteOfflineDevice(db, oldest.id));
    } catch (error) {
      // It came back in the same moment.
      if (asFault(error).fault !== "conflict") throw error;
    }
  }

  #gone(device: string): void {
    this.sensors.forget(device);
    this.cameras.forget(device);
  }

  rename(id: string, text: string): Promise<Device> {
    const name = cut(text, maxName);
    const write = repo.renameDevice(this.#deps.store.db, id, name);
    return this.registry.change(id, (row) => ({ write, row: { ...row, name } }));
  }

  /** What a board says of itself, where its arrival did not bring it on record yet. */
  async describe(session: Session, { firmware: version, info, capabilities }: Description): Promise<void> {
    session.capabilities = capabilities;
    await this.registry.change(session.device, (row) => {
      const firmware = version ?? row.firmware;
      if (row.info === info && row.firmware === firmware) return undefined;
      const write = repo.describeDevice(this.#deps.store.db, row.id, firmware, info);
      return { write, row: { ...row, firmware, info } };
    });
  }

  /**
   * Tokens ended, here or by another process beside this server: closes what they let in, and tells the operators what
   * the device is now.
   */
  async tokensEnded({ device_id: id, ends_at, tokens, revoked }: TokenEnds): Promise<void> {
    const isOver = ends_at <= this.#deps.clock.now();
    for (const connection of this.#deps.connections.of(identityOf(id))) {
      if (!tokens.includes(connection.identity.session ?? "")) continue;
      if (isOver) connection.close(new Fault("token_revoked", "this device's token was ended"));
      else connection.endBy(ends_at);
    }
    if (revoked) await this.registry.end(id, new Fault("token_revoked", "this device was revoked"));
    else await this.registry.endShared(id, ends_at);
    await this.#tell(id);
  }

  /** A removed device has told so itself. */
  async #tell(id: string): Promise<void> {
    const same = (row: repo.DeviceRow) => ({
      write: repo.renameDevice(this.#deps.store.db, id, row.name),
      row,
    });
    try {
      await this.registry.change(id, same);
    } catch (error) {
      if (asFault(error).fault !== "not_found") throw error;
    }
  }

  /** Rejects with `not_found`. */
  row(id: string): Promise<repo.DeviceRow> {
    return repo.requireDevice(this.#deps.store.db, id);
  }

  view(row: repo.DeviceRow): Device {
    const device = this.registry.view(row);
    return row.kind === "esp32cam" ? { ...device, camera: this.cameras.stats(row.id) } : device;
  }

  /** For a process that holds no connections: what the server wrote. */
  async onRecord(filter: repo.DeviceFilter): Promise<{ devices: Device[] }> {
    const rows = await repo.devices(this.#deps.store.db, filter);
    return { devices: rows.map((row) => ({ ...toDevice(row, undefined), state: row.state })) };
  }

  async page(
    filter: repo.DeviceFilter,
    db: repo.Db = this.#deps.store.db,
  ): Promise<{ count: number; devices: Device[] }> {
    const rows = await repo.devices(db, filter);
    return { count: await repo.countDevices(db, filter), devices: rows.map((row) => this.view(row)) };
  }
}

const idFrom = (kind: Kind, name: string | undefined): string =>
  name === undefined || idOf(kind, name) === kind ? `${kind}-${randomId(6)}` : idOf(kind, name);
