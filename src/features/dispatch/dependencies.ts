import type { Clock } from "../../core/clock.ts";
import type { Events } from "../../core/events.ts";
import type { Hub, Publisher } from "../../core/hub.ts";
import type { Journal } from "../../core/journal.ts";
import type { Store } from "../../core/store.ts";
import type { driverOutgoing, mapOutgoing, orderOutgoing, passengerOutgoing } from "./messages.ts";
import type { DispatchTables } from "./repo.ts";

/** Durations in milliseconds, distances in metres. */
export interface DispatchOptions {
  /** Address of an OSRM-compatible server; `undefined`: straight lines. */
  readonly osrmUrl: string | undefined;
  readonly offerTime: number;
  /** A position this old is stale, and this old lost. */
  readonly staleAfter: number;
  readonly lostAfter: number;
  /** A driver's positions closer together than this, in both, are one. */
  readonly minDistance: number;
  readonly minPeriod: number;
  readonly trackMaxAge: number;
}

export interface DispatchDependencies {
  readonly store: Store<DispatchTables>;
  readonly journal: Pick<Journal, "commit">;
  readonly hub: Hub;
  readonly toOrder: Publisher<typeof orderOutgoing>;
  readonly toDriver: Publisher<typeof driverOutgoing>;
  readonly toPassenger: Publisher<typeof passengerOutgoing>;
  readonly toMap: Publisher<typeof mapOutgoing>;
  readonly clock: Clock;
  readonly events: Events;
  readonly options: DispatchOptions;
}
