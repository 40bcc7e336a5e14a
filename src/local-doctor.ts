import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { postgresColumns } from "./adapters/store/postgres/columns.ts";
import { placeOf } from "./adapters/store/postgres/connection.ts";
import { lookAtServer } from "./adapters/store/postgres/look.ts";
import { writerMigrations } from "./adapters/store/postgres/migrations.ts";
import { isLocked, lookAt } from "./adapters/store/sqlite/look.ts";
import { sqliteColumns } from "./adapters/store/sqlite/migrate.ts";
import { holdersOfFile, listening } from "./adapters/system/processes.ts";
import { run } from "./adapters/system/run.ts";
import { type DatabasePlace, databaseOf } from "./config/data-dir.ts";
import { listenersOf } from "./config/listeners.ts";
import type { Config } from "./config/schema.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { ask } from "./doctor/local/ask.ts";
import { localChecks } from "./doctor/local/checks/all.ts";
import { isLoopback, loopbackOf } from "./doctor/local/checks/network.ts";
import { type LocalFinding, runLocal } from "./doctor/local/run.ts";
import type {
  ConfiguredPort,
  DatabaseServer,
  Health,
  RunningServer,
  Situation,
} from "./doctor/local/situation.ts";
import type { Language } from "./doctor/local/words/words.ts";
import { migrations } from "./services.ts";

export interface LocalDoctorOptions {
  readonly language?: Language;
  /** Names of the settings that come from the environment. */
  readonly fromEnvironment?: ReadonlySet<string>;
  readonly clock?: Clock;
}

const health = "/api/websocket/health/";
/** Milliseconds that its answer may take: the server gives each of its own checks 1.8 s, as where its database hangs. */
const healthPatience = 2_300;

/** Looks at the server's own side: `peyk doctor --local`. Changes nothing. Throws a sentence for settings that do not go together. */
export function examine(config: Config, options: LocalDoctorOptions = {}): Promise<LocalFinding[]> {
  const { language = "en", fromEnvironment = new Set(), clock = systemClock } = options;
  const situation = situationOf(config, fromEnvironment, clock);
  return runLocal(localChecks(situation), language);
}

function situationOf(config: Config, fromEnvironment: ReadonlySet<string>, clock: Clock): Situation {
  const ports = configuredPorts(config);
  const database = databaseOf(config);
  const answer = askOnce();
  const address = loopbackOf(config.host);
  let server: Promise<RunningServer | undefined> | undefined;
  return {
    config,
    ports,
    databaseFile: "file" in database ? database.file : undefined,
    databaseServer: "url" in database ? databaseServer(database.url) : undefined,
    migrations: migrationsOf(database),
    fromEnvironment,
    clock,
    isContainer: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
    system: { run, listening, holdersOfFile },
    databases: { lookAt, isLocked },
    answer,
    outside: () => (isLoopback(config.host) ? undefined : outsideAddress(config.host)),
    server() {
      server ??= findServer(ports, (port) => answer(port, address, health));
      return server;
    },
  };
}

/** Names of the steps that this program takes there. */
const migrationsOf = (place: DatabasePlace): string[] =>
  "url" in place
    ? Object.keys({ ...writerMigrations, ...migrations(postgresColumns) })
    : Object.keys(migrations(sqliteColumns));

function databaseServer(url: string): DatabaseServer {
  let look: ReturnType<typeof lookAtServer> | undefined;
  return {
    place: placeOf(url),
    look() {
      look ??= lookAtServer(url);
      return look;
    },
  };
}

/** Several checks put the same question; one that is silent would keep all of them waiting, one after the other. */
function askOnce(): Situation["answer"] {
  const answers = new Map<string, ReturnType<typeof ask>>();
  return ({ port, tls }, address, path) => {
    const key = `${address} ${port} ${path}`;
    const patience = path === health ? { patience: healthPatience } : {};
    const answer = answers.get(key) ?? ask({ address, port, tls, path, ...patience });
    answers.set(key, answer);
    return answer;
  };
}

function configuredPorts(config: Config): ConfiguredPort[] {
  const { ports, tls } = listenersOf(config);
  return [
    ...ports.map((port) => ({ port, tls: false, setting: "PORT" })),
    ...(tls?.ports ?? []).map((port) => ({ port, tls: true, setting: tls!.setting })),
  ];
}

/** The first of the ports on which a Peyk answers. */
async function findServer(
  ports: readonly ConfiguredPort[],
  answer: (port: ConfiguredPort) => ReturnType<typeof ask>,
): Promise<RunningServer | undefined> {
  const asked = ports.filter(({ port }) => port !== 0);
  const answers = await Promise.all(asked.map(answer));
  for (const [i, each] of answers.entries()) {
    const told = "status" in each ? healthIn(each.body) : undefined;
    if (told === undefined) continue;
    const [holder] = listening([asked[i]!.port]) ?? [];
    return { port: asked[i]!, process: holder?.process, health: told };
  }
  return undefined;
}

function healthIn(body: string): Health | undefined {
  try {
    const told = JSON.parse(body) as Health;
    return told.server_type === "peyk" ? told : undefined;
  } catch {
    return undefined;
  }
}

function outsideAddress(host: string): string | undefined {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.find(({ internal, family }) => !internal && family === "IPv4")?.address;
}
