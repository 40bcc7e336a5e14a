import type { Limits } from "../protocol/limits.ts";
import { Admission } from "./admission.ts";
import type { Broker } from "./broker.ts";
import { CatchUps } from "./catch-ups.ts";
import type { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { Connections } from "./connections.ts";
import type { Events } from "./events.ts";
import { Wheel } from "./heartbeat.ts";
import { Hub } from "./hub.ts";
import type { Authenticate } from "./identity.ts";
import { Journal } from "./journal.ts";
import type { JournalTables } from "./journal-tables.ts";
import { Turn } from "./outbox.ts";
import type { Presence } from "./presence.ts";
import { Refusals } from "./refusals.ts";
import { Router } from "./router.ts";
import type { Store } from "./store.ts";

export interface CoreOptions {
  readonly store: Store<JournalTables>;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: Limits;
  /** Milliseconds between protocol pings; a peer that misses two is gone. */
  readonly pingInterval: number;
  /** Events that one reconnect may bring; past it, a fresh snapshot is cheaper for both sides. */
  readonly maxCatchUp: number;
  /** Origins of pages that may connect; empty: all. */
  readonly allowedOrigins: readonly string[];
}

/** What every connection of this node shares. */
export class Core {
  readonly options: CoreOptions;
  readonly hub: Hub;
  readonly journal: Journal;
  readonly connections: Connections;
  readonly admission: Admission;
  readonly refusals: Refusals;
  readonly turn = new Turn();
  readonly catchUps = new CatchUps();
  readonly wheel: Wheel;
  /** Set once by `open`: channels are made of services, and services of the hub and the journal. */
  router = new Router([]);
  authenticate: Authenticate = async () => undefined;
  #stopTouching = () => {};

  constructor(options: CoreOptions) {
    const { store, broker, clock, events, limits } = options;
    this.options = options;
    this.hub = new Hub(broker, events);
    this.journal = new Journal({
      store,
      clock,
      events,
      deliver: (publication) => this.hub.deliver(publication),
      announce: (publication) => broker.publish(publication),
    });
    this.connections = new Connections(limits.maxConnectionsPerUser);
    this.admission = new Admission(limits, clock);
    this.refusals = new Refusals(events, clock);
    this.wheel = new Wheel(clock);
  }

  /** Starts broker and journal. Before `open`, nobody can connect. */
  async start(): Promise<void> {
    const { broker, presence, clock } = this.options;
    await broker.start((publication) =>
      publication.seq === undefined ? this.hub.deliver(publication) : this.journal.receive(publication),
    );
    await this.journal.start();
    this.#stopTouching = clock.every(presence.ttl / 3, () => void presence.touch(this.connections.ids()));
  }

  open(channels: readonly Channel[], authenticate: Authenticate): void {
    this.router = new Router(channels);
    this.authenticate = authenticate;
  }

  async stop(): Promise<void> {
    this.#stopTouching();
    this.journal.stop();
    this.wheel.stop();
    await this.options.broker.close();
    await this.options.presence.close();
  }
}
