import type { Identity } from "../../core/identity.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import * as repo from "./repo.ts";

export type NewDriver = Pick<
  repo.DriverRow,
  "user_id" | "name" | "phone" | "region_id" | "car_model" | "plate_number" | "capacity"
>;

/** Drivers, passengers and regions, and who of them an identity is. Kept in memory: every position needs its driver. */
export class People {
  readonly #deps: DispatchDependencies;
  readonly #drivers = new Map<number, repo.DriverRow>();
  readonly #byUser = new Map<string, number>();
  readonly #regions = new Map<string, repo.RegionRow>();

  constructor(deps: DispatchDependencies) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { db } = this.#deps.store;
    for (const row of await repo.allDrivers(db)) this.remember(row);
    for (const row of await repo.regions(db)) this.#regions.set(row.id, row);
  }

  remember(row: repo.DriverRow): void {
    this.#drivers.set(row.id, row);
    if (row.user_id !== null) this.#byUser.set(row.user_id, row.id);
  }

  /** Where he is now. In place: this happens with every position. */
  place(id: number, lat: number, lon: number, at: number): void {
    const row = this.#drivers.get(id);
    if (row !== undefined) Object.assign(row, { lat, lon, located_at: at });
  }

  /** Without those who left. */
  drivers(): readonly repo.DriverRow[] {
    return [...this.#drivers.values()].filter(({ removed_at }) => removed_at === null);
  }

  /** Also one who left: old orders show him. */
  driver(id: number): repo.DriverRow | undefined {
    return this.#drivers.get(id);
  }

  /** He left: his row changes, and his account is nobody here. */
  forget(id: number, change: Partial<repo.DriverRow>): void {
    const row = this.#drivers.get(id);
    if (row === undefined) return;
    if (row.user_id !== null) this.#byUser.delete(row.user_id);
    Object.assign(row, change);
  }

  driverOf({ id }: Pick<Identity, "id">): repo.DriverRow | undefined {
    const driver = this.#byUser.get(id);
    return driver === undefined ? undefined : this.#drivers.get(driver);
  }

  /** Rejects with `not_found`. */
  requireDriver(id: number): repo.DriverRow {
    const row = this.#drivers.get(id);
    if (row === undefined || row.removed_at !== null)
      throw new Fault("not_found", `there is no driver ${id}; see GET /api/drivers`);
    return row;
  }

  async addDriver(driver: NewDriver): Promise<repo.DriverRow> {
    const { store, clock } = this.#deps;
    const unseen = { is_online: 0, lat: null, lon: null, located_at: null, removed_at: null };
    const row = { ...driver, ...unseen, created_at: clock.now() };
    const { results } = await store.commit({ writes: [repo.insertDriver(store.db, row)] });
    const added = { ...row, id: Number(results[0]!.rows[0]!.id) };
    this.remember(added);
    return added;
  }

  async addPassenger(passenger: Omit<repo.PassengerRow, "id" | "created_at">): Promise<repo.PassengerRow> {
    const { store, clock } = this.#deps;
    const row = { ...passenger, created_at: clock.now() };
    const { results } = await store.commit({ writes: [repo.insertPassenger(store.db, row)] });
    return { ...row, id: Number(results[0]!.rows[0]!.id) };
  }

  /** The passenger that an account is; made with his first order. */
  async passengerOf({ id, name }: Identity): Promise<repo.PassengerRow> {
    const known = await repo.passengerByUser(this.#deps.store.db, id);
    if (known !== undefined) return known;
    const blank = { phone: "", region_id: null, disability_category: "", allowed_companion: 1 };
    // An account without a name is called by its address, which is nobody else's business.
    const full_name = name.replace(/@.*/s, "");
    try {
      return await this.addPassenger({ user_id: id, full_name, ...blank });
    } catch (error) {
      // Two first orders at once.
      const first = await repo.passengerByUser(this.#deps.store.db, id);
      if (first === undefined) throw error;
      return first;
    }
  }

  async knownPassenger({ id }: Identity): Promise<repo.PassengerRow | undefined> {
    return repo.passengerByUser(this.#deps.store.db, id);
  }

  regions(): readonly repo.RegionRow[] {
    return [...this.#regions.values()];
  }

  region(id: string | null): repo.RegionRow | undefined {
    return id === null ? undefined : this.#regions.get(id);
  }

  async addRegion(row: repo.RegionRow): Promise<void> {
    const { store } = this.#deps;
    await store.commit({ writes: [repo.insertRegion(store.db, row)] });
    this.#regions.set(row.id, row);
  }
}
