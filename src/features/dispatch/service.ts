import type { Identity } from "../../core/identity.ts";
import { hasRole } from "../../core/identity.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { Etas } from "./eta.ts";
import { Fleet } from "./fleet.ts";
import { LiveMap } from "./live-map.ts";
import { driverTopic, orderTopic } from "./messages.ts";
import { Offers } from "./offers.ts";
import { OpenState } from "./open-state.ts";
import { Orders } from "./orders.ts";
import { People } from "./people.ts";
import { type Intake, Positions } from "./positions.ts";
import * as repo from "./repo.ts";
import { driverSteps, type OrderState } from "./states.ts";
import { Watchers } from "./watchers.ts";

export const isStaff = (identity: Identity): boolean => hasRole(identity, ["staff"]);

/** Orders, drivers, passengers and the live map (seed 004). */
export class Dispatch {
  readonly deps: DispatchDependencies;
  readonly people: People;
  readonly orders: Orders;
  readonly positions: Positions;
  readonly map: LiveMap;
  readonly etas: Etas;
  readonly offers: Offers;
  readonly fleet: Fleet;
  readonly open: OpenState;
  readonly watchers = new Watchers();

  constructor(deps: DispatchDependencies) {
    this.deps = deps;
    this.people = new People(deps);
    this.orders = new Orders(deps, this.people);
    this.positions = new Positions(deps, this.people);
    this.map = new LiveMap(deps, this.people, this.positions, this.orders);
    this.etas = new Etas(deps, this.orders, this.positions);
    this.offers = new Offers(deps, this.people, this.orders, this.positions);
    this.open = new OpenState(deps, this.people);
    this.fleet = new Fleet(deps, this.people, this.orders);
    this.positions.onMove = (driver) => {
      this.map.moved(driver);
      this.etas.moved(driver);
    };
    this.orders.withdrawal = (order) => this.offers.withdrawal(order);
    this.orders.onStep = (order, before) => {
      this.offers.stepped(order, before);
      this.etas.stepped(order, before);
      if (before.driver_id !== null && before.driver_id !== order.driver_id)
        this.watchers.lostDriver(orderTopic(order.id), before.driver_id);
    };
  }

  async start(): Promise<void> {
    await this.people.start();
    await this.orders.start();
    await this.positions.start();
    await this.offers.start();
  }

  /** Rejects with `forbidden`, the same for what is not there and for what is somebody else's. */
  async orderFor(identity: Identity, id: string): Promise<repo.OrderRow> {
    const order = await this.orders.require(id).catch(() => undefined);
    if (order !== undefined && (await this.concerns(identity, order))) return order;
    throw new Fault("forbidden", "there is no such order, or it is none of yours");
  }

  /** Staff, the order's driver, its passenger. */
  async concerns(identity: Identity, order: repo.OrderRow): Promise<boolean> {
    if (isStaff(identity)) return true;
    if (identity.role === "driver")
      return this.people.driverOf(identity)?.id === order.driver_id && order.driver_id !== null;
    const passenger = await this.people.knownPassenger(identity);
    return passenger?.id === order.passenger_id;
  }

  driverFor(identity: Identity, id: number): repo.DriverRow {
    const row = this.pastOf(identity, id);
    if (row.removed_at === null) return row;
    throw noDriver();
  }

  /** Also a driver who left: for what he once did. */
  pastOf(identity: Identity, id: number): repo.DriverRow {
    const row = this.people.driver(id);
    const isHis = identity.role === "driver" && row?.user_id === identity.id;
    if (row !== undefined && (isStaff(identity) || isHis)) return row;
    throw noDriver();
  }

  async passengerFor(identity: Identity, id: number): Promise<number> {
    const mine = isStaff(identity)
      ? await repo.passengerById(this.deps.store.db, id)
      : await this.people.knownPassenger(identity);
    if (mine?.id === id) return id;
    throw new Fault("forbidden", "there is no such passenger, or you are somebody else");
  }

  /** Passengers may cancel their own, drivers take their steps, staff all. */
  async step(identity: Identity, id: string, status: OrderState, reason?: string): Promise<repo.OrderRow> {
    const order = await this.orderFor(identity, id);
    if (!maySet(identity, status))
      throw new Fault("forbidden", `a ${identity.role} may not set the status ${status}`);
    return this.orders.step(order.id, status, identity.id, reason);
  }

  /** A driver came or went; who goes is not waited for. */
  async online(driver: number, isOnline: boolean): Promise<repo.DriverRow> {
    const row = await this.fleet.online(driver, isOnline);
    if (!isOnline) await this.offers.leave(driver, "the driver went offline");
    return row;
  }

  /** An account's sessions have ended: disabled, another role, a new password. Its driver is away until he is back. */
  async signedOut(user: string): Promise<void> {
    const driver = this.people.driverOf({ id: user });
    if (driver?.is_online === 1) await this.online(driver.id, false);
  }

  /** A driver leaves the company: his marker and his sockets go, his past stays. Rejects while he has an order. */
  async removeDriver(id: number): Promise<void> {
    const row = this.people.requireDriver(id);
    this.fleet.requireDone(row);
    if (row.is_online === 1) await this.online(id, false);
    await this.fleet.remove(id);
    this.positions.remove(id);
    this.watchers.lostDriver(driverTopic(id), id);
  }

  locate(identity: Identity, driver: number, positions: readonly unknown[], sentAt?: unknown): Intake {
    return this.positions.take(this.driverFor(identity, driver).id, positions, sentAt);
  }
}

const noDriver = (): Fault => new Fault("forbidden", "there is no such driver, or you are somebody else");

/** Of an order that concerns him: passengers may cancel, drivers take their steps, staff all. */
const maySet = (identity: Identity, status: OrderState): boolean =>
  isStaff(identity) || (identity.role === "driver" ? driverSteps.includes(status) : status === "cancelled");
