import { randomId } from "../../core/id.ts";
import { Fault } from "../../protocol/faults.ts";
import { Cameras } from "./cameras.ts";
import { Commands } from "./commands.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import type { Device } from "./events.ts";
import { idOf, isId, type Kind, maxIdLength } from "./kinds.ts";
import { Logs } from "./logs.ts";
import { Pairing } from "./pairing.ts";
import { Photos } from "./photos.ts";
import { Registry } from "./registry.ts";
import * as repo from "./repo.ts";
import { Sensors } from "./sensors.ts";
import { DeviceTokens, identityOf } from "./tokens.ts";
import { toDevice } from "./view.ts";

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
    this.registry = new Registry(deps);
    this.logs = new Logs(deps);
    this.commands = new Commands(deps, this.registry);
    this.cameras = new Cameras(deps, this.registry);
    this.photos = new Photos(deps);
    this.sensors = new Sensors(deps);
    this.pairing = new Pairing(deps);
    this.registry.onSession = ({ device }) => this.commands.send(device);
  }

  get options() {
    return this.#deps.options;
  }

  get clock() {
    return this.#deps.clock;
  }

  async start(): Promise<void> {
    await Promise.all([this.registry.start(), this.logs.start(), this.photos.start()]);
  }

  /** A device with a token of its own, which is shown this once. Rejects with `conflict` where the id is taken. */
  async add({ kind, name, id = idFrom(kind, name) }: NewDevice): Promise<{ device: Device; token: string }> {
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
      name: (name ?? id).slice(0, maxName),
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
    };
    const token = await this.tokens.issue(id, 0, [repo.insertDevice(store.db, row)]);
    this.registry.added();
    return { device: this.view(row), token };
  }

  /** A new token; older ones count for another `grace` milliseconds. A revoked device may come back with it. */
  async rotate(id: string, grace: number): Promise<string> {
    const { own_token } = await this.row(id);
    const token = await this.tokens.issue(id, grace, [repo.setOwnToken(this.#deps.store.db, id)]);
    // Until now any board with the common token could speak for it; what is connected must come back with its own.
    if (own_token === 0) this.#deps.clock.after(grace, () => this.#closeShared(id));
    return token;
  }

  #closeShared(id: string): void {
    const session = this.registry.current(id);
    if (session?.connection.identity.shared === true) session.connection.close(new Fault("token_expired"));
  }

  /** Its tokens end, its socket is closed within a second, and it may not come back under the common token either. */
  async revoke(id: string): Promise<void> {
    const row = await this.row(id);
    await this.tokens.revoke(id, [repo.setRevoked(this.#deps.store.db, id, this.#deps.clock.now())]);
    await this.#told(row.id);
  }

  async rename(id: string, name: string): Promise<Device> {
    const row = { ...(await this.row(id)), name: name.slice(0, maxName) };
    await this.registry.change(repo.renameDevice(this.#deps.store.db, id, row.name), row);
    return this.view(row);
  }

  async #told(id: string): Promise<void> {
    const row = await this.row(id);
    await this.registry.change(repo.renameDevice(this.#deps.store.db, id, row.name), row);
  }

  /** Closes what a token of this device, or its revocation, let in. */
  closeEnded({
    device_id,
    ends_at,
    tokens,
  }: {
    device_id: string;
    ends_at: number;
    tokens: readonly string[];
  }): void {
    const isOver = ends_at <= this.#deps.clock.now();
    for (const connection of this.#deps.connections.of(identityOf(device_id))) {
      if (!tokens.includes(connection.identity.session ?? "")) continue;
      if (isOver) connection.close(new Fault("token_revoked", "this device's token was ended"));
      else connection.endBy(ends_at);
    }
    const session = this.registry.current(device_id);
    if (isOver && tokens.length === 0 && session?.connection.identity.shared === true)
      session.connection.close(new Fault("token_revoked", "this device was revoked"));
  }

  /** Rejects with `not_found`. */
  async row(id: string): Promise<repo.DeviceRow> {
    const row = await repo.deviceById(this.#deps.store.db, id);
    if (row === undefined) throw new Fault("not_found", `there is no device ${id}`);
    return row;
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
