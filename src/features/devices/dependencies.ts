import type { Clock } from "../../core/clock.ts";
import type { Connections } from "../../core/connections.ts";
import type { Events } from "../../core/events.ts";
import type { Hub, Publisher } from "../../core/hub.ts";
import type { Journal } from "../../core/journal.ts";
import type { Store } from "../../core/store.ts";
import type { outgoing, tokenEvents } from "./events.ts";
import type { Kind } from "./kinds.ts";
import type { DeviceTables } from "./repo.ts";

/** A folder for files, by names without slashes; see adapters/files. */
export interface Files {
  /** On disk when it resolves, whole or not at all. */
  write(name: string, data: Uint8Array): Promise<void>;
  /** `undefined`: there is none. */
  read(name: string): Promise<Blob | undefined>;
  /** Removing what is not there is no error. */
  remove(name: string): Promise<void>;
  list(): Promise<string[]>;
}

/** Durations in milliseconds. */
export interface DeviceOptions {
  /** Tokens that all boards of a kind may use. */
  readonly tokens: Readonly<Record<Kind, readonly string[]>>;
  readonly publicTokens: "pairing" | "open" | "off";
  readonly maxDevices: number;
  readonly pingInterval: number;
  readonly idleTimeout: number;
  /** Protocol pings come this often; a board that missed one is stale. */
  readonly heartbeatInterval: number;
  readonly grace: number;
  readonly ackTimeout: number;
  readonly logMaxAge: number;
  readonly logMaxRows: number;
  readonly maxFrameBytes: number;
  readonly photoQuotaBytes: number;
}

/** What every part of this feature works with. */
export interface DeviceDependencies {
  readonly store: Store<DeviceTables>;
  readonly journal: Pick<Journal, "commit">;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly publisher: Publisher<typeof outgoing>;
  readonly tokenPublisher: Publisher<typeof tokenEvents>;
  readonly clock: Clock;
  readonly events: Events;
  readonly files: Files;
  readonly options: DeviceOptions;
}
