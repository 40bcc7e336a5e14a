import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import type { Finding } from "../../core/health.ts";
import type { Answer } from "./ask.ts";

/** What the system tells; made of src/adapters/system, which alone may ask it. */
export interface System {
  /** Runs a program. `undefined`: there is none of this name, or it hung. */
  run(
    name: string,
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly complaint: string } | undefined>;
  /** Sockets that listen, on these ports or on any. `undefined`: this system does not tell. */
  listening(ports?: readonly number[]): readonly Listening[] | undefined;
  /** Who holds a file open. */
  holdersOfFile(file: string): readonly ProcessFacts[];
}

export interface Listening {
  readonly address: string;
  readonly port: number;
  readonly process: ProcessFacts | undefined;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly name: string;
  readonly command: readonly string[];
  readonly uid: number;
}

/** The database, looked at and not changed; made of src/adapters/store. */
export interface Databases {
  lookAt(file: string): Disposable & { rows(sql: string): Record<string, unknown>[] };
  isLocked(file: string): boolean;
}

/** A database that is a server's. */
export interface DatabaseServer {
  /** As it may be shown: host, port and name. */
  readonly place: string;
  /** Asked once, by whoever comes first. Rejects where it does not answer. */
  look(): Promise<{
    readonly version: string;
    readonly bytes: number;
    /** Names of the migrations that it has behind it. */
    readonly ran: readonly string[];
    /** Inboxes that talk to a platform. */
    readonly inboxes: number;
    /** Peyks that write to it at this moment. */
    readonly writers: number;
  }>;
}

/** A port of the settings, and what it speaks. */
export interface ConfiguredPort {
  readonly port: number;
  readonly tls: boolean;
  /** `PORT` or `TLS_PORT`. */
  readonly setting: string;
}

/** A Peyk that answers on one of the ports. */
export interface RunningServer {
  readonly port: ConfiguredPort;
  /** `undefined` where this user may not see it. */
  readonly process: ProcessFacts | undefined;
  /** Its answer at /api/websocket/health/. Findings are told to loopback alone. */
  readonly health: Health;
}

export interface Health {
  readonly server_type: string;
  readonly findings?: readonly Finding[];
}

/** What all checks know. */
export interface Situation {
  readonly config: Config;
  readonly ports: readonly ConfiguredPort[];
  /** `undefined` where the database is a server's. */
  readonly databaseFile: string | undefined;
  /** `undefined` where the database is a file. */
  readonly databaseServer: DatabaseServer | undefined;
  /** Names of the migrations that this program knows. */
  readonly migrations: readonly string[];
  /** Names of the settings that come from the environment. */
  readonly fromEnvironment: ReadonlySet<string>;
  readonly clock: Clock;
  readonly system: System;
  readonly databases: Databases;
  /** Within one root is not the machine's, and there are no other users. */
  readonly isContainer: boolean;
  /** Asked once, by whoever comes first. */
  server(): Promise<RunningServer | undefined>;
  answer(port: ConfiguredPort, address: string, path: string): Promise<Answer>;
  /** An address of this machine that is not loopback, where the server listens. `undefined`: there is none. */
  outside(): string | undefined;
}
