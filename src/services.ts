import { AccessTokens } from "./adapters/auth/access-tokens.ts";
import { ForeignIssuers } from "./adapters/auth/foreign-issuers.ts";
import { OperatorToken } from "./adapters/auth/operator-token.ts";
import { Passwords } from "./adapters/auth/password.ts";
import { AesBox } from "./adapters/auth/secret-box.ts";
import { memoryBroker } from "./adapters/broker/memory.ts";
import { FolderFiles } from "./adapters/files/folder.ts";
import { MemoryPresence } from "./adapters/presence/memory.ts";
import { type Database, database } from "./adapters/store/database.ts";
import {
  databaseOf,
  deviceTokens,
  jwtSecret,
  photosFolder,
  prepareDataDir,
  storageKey,
} from "./config/data-dir.ts";
import type { Config } from "./config/schema.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { Core } from "./core/core.ts";
import { Events } from "./core/events.ts";
import type { ColumnTypes, Migrations } from "./core/feature.ts";
import { type JournalTables, journalMigrations } from "./core/journal-tables.ts";
import type { Store } from "./core/store.ts";
import { outgoing as accountsOutgoing } from "./features/accounts/messages.ts";
import { accountMigrations } from "./features/accounts/migrations/index.ts";
import type { AccountTables } from "./features/accounts/repo.ts";
import { Accounts } from "./features/accounts/service.ts";
import type { DeviceOptions } from "./features/devices/dependencies.ts";
import { outgoing as devicesOutgoing, tokenEvents } from "./features/devices/events.ts";
import { deviceMigrations } from "./features/devices/migrations/index.ts";
import type { DeviceTables } from "./features/devices/repo.ts";
import { Devices } from "./features/devices/service.ts";
import * as dispatchMessages from "./features/dispatch/messages.ts";
import { dispatchMigrations } from "./features/dispatch/migrations/index.ts";
import type { DispatchTables } from "./features/dispatch/repo.ts";
import { Dispatch } from "./features/dispatch/service.ts";
import * as inboxMessages from "./features/inbox/messages.ts";
import { inboxMigrations } from "./features/inbox/migrations/index.ts";
import type { InboxTables } from "./features/inbox/repo.ts";
import { Inbox } from "./features/inbox/service.ts";
import { Audit } from "./features/operations/audit.ts";
import { operationsMigrations } from "./features/operations/migrations/index.ts";
import type { OperationsTables } from "./features/operations/repo.ts";
import { createPlatforms } from "./platforms.ts";
import type { Limits } from "./protocol/limits.ts";

export type Tables = JournalTables &
  AccountTables &
  DeviceTables &
  InboxTables &
  DispatchTables &
  OperationsTables;

/** What tests replace; a server needs none of it. */
export interface Overrides {
  readonly clock?: Clock;
  readonly events?: Events;
  /** Milliseconds that each commit takes longer, as on a slow disk. */
  readonly slowCommit?: number;
}

export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly events: Events;
  readonly store: Store<Tables>;
  readonly core: Core;
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly inbox: Inbox;
  readonly dispatch: Dispatch;
  readonly audit: Audit;
  /** Staff's token for the command line on this machine, as long as this process lives. */
  readonly operatorToken: string;
  close(): Promise<void>;
}

/** Brings the database up to date. Returns the names of the migrations that ran. */
export async function migrate(config: Config): Promise<string[]> {
  prepareDataDir(config);
  return migrateAll(database(databaseOf(config)));
}

const migrateAll = (database: Database): Promise<string[]> => database.migrate(migrations(database.columns));

/** The steps of every feature's tables, by their names. */
export const migrations = (columns: ColumnTypes): Migrations => ({
  ...journalMigrations(columns),
  ...accountMigrations(columns),
  ...deviceMigrations(columns),
  ...inboxMigrations(columns),
  ...dispatchMigrations(columns),
  ...operationsMigrations(columns),
});

/** Everything below the sockets: what `peyk serve` serves with, and what `peyk user` works on. */
export async function openServices(config: Config, overrides: Overrides = {}): Promise<Services> {
  const { clock = systemClock, events = new Events(), slowCommit = 0 } = overrides;
  prepareDataDir(config);
  const kept = database(databaseOf(config));
  await migrateAll(kept);
  const store = await kept.open<Tables>({ slowCommit });
  const core = createCore(config, store, clock, events);
  await core.start();
  const operator = new OperatorToken();
  const accounts = createAccounts(config, store, core, operator);
  const devices = createDevices(config, store, core);
  const audit = createAudit(config, store, clock, events);
  const inbox = createInbox(config, store, core, accounts, audit);
  const dispatch = createDispatch(config, store, core);
  const close = async () => {
    await core.stop();
    await store.close();
  };
  const operatorToken = operator.value;
  const features = { accounts, devices, inbox, dispatch, audit };
  return { config, clock, events, store, core, ...features, operatorToken, close };
}

function createCore(config: Config, store: Store<Tables>, clock: Clock, events: Events): Core {
  return new Core({
    // A core needs the journal's tables only; the store holds every feature's.
    store: store as unknown as Store<JournalTables>,
    broker: memoryBroker(),
    presence: new MemoryPresence(clock),
    clock,
    events,
    limits: toLimits(config),
    pingInterval: config.heartbeatInterval * 1000,
    maxCatchUp: config.catchUpMaxEvents,
    allowedOrigins: config.allowedOrigins,
  });
}

function createAccounts(config: Config, store: Store<Tables>, core: Core, operator: OperatorToken): Accounts {
  const { clock, events } = core.options;
  const foreign = new ForeignIssuers(config.jwtIssuers, clock);
  return new Accounts({
    store: store as unknown as Store<AccountTables>,
    journal: core.journal,
    publisher: core.hub.publisher(accountsOutgoing),
    tokens: new AccessTokens(jwtSecret(config), clock),
    passwords: new Passwords(),
    foreign: async (token) => operator.identify(token) ?? foreign.identify(token),
    clock,
    events,
    accessTtl: config.accessTokenTtl,
    refreshTtl: config.refreshTokenTtl,
  });
}

function createDevices(config: Config, store: Store<Tables>, core: Core): Devices {
  const { hub, journal, connections } = core;
  const { clock, events } = core.options;
  return new Devices({
    store: store as unknown as Store<DeviceTables>,
    journal,
    hub,
    connections,
    publisher: hub.publisher(devicesOutgoing),
    tokenPublisher: hub.publisher(tokenEvents),
    clock,
    events,
    files: new FolderFiles(photosFolder(config)),
    options: toDeviceOptions(config),
  });
}

function createInbox(
  config: Config,
  store: Store<Tables>,
  core: Core,
  accounts: Accounts,
  audit: Audit,
): Inbox {
  const { hub, journal, connections } = core;
  const { clock, events, presence } = core.options;
  return new Inbox({
    store: store as unknown as Store<InboxTables>,
    journal,
    hub,
    connections,
    presence,
    lists: hub.publisher(inboxMessages.conversationsOutgoing),
    chats: hub.publisher(inboxMessages.chatOutgoing),
    visitors: hub.publisher(inboxMessages.widgetOutgoing),
    changes: hub.publisher(inboxMessages.inboxEvents),
    clock,
    events,
    box: new AesBox(storageKey(config)),
    platforms: createPlatforms(clock, events),
    newcomers: {
      perAddress: config.maxNewConversationsPerAddress,
      perInbox: config.maxNewConversationsPerInbox,
    },
    audit: (act) => audit.note(act),
    messagesPerMinute: config.inboxMessagesPerMinute,
    knowsUser: (id) => knowsUser(config, accounts, id),
    publicUrl: config.publicUrl,
  });
}

/** Users of other back ends are in none of our tables: where their issuer is known, they may well be. */
async function knowsUser({ jwtIssuers }: Config, accounts: Accounts, id: string): Promise<boolean> {
  const [issuer, user] = id.split(/:(.*)/s);
  if (user !== undefined) return user !== "" && jwtIssuers.some(({ name }) => name === issuer);
  return accounts.has(id);
}

function createDispatch(config: Config, store: Store<Tables>, core: Core): Dispatch {
  const { hub, journal } = core;
  const { clock, events } = core.options;
  return new Dispatch({
    store: store as unknown as Store<DispatchTables>,
    journal,
    hub,
    toOrder: hub.publisher(dispatchMessages.orderOutgoing),
    toDriver: hub.publisher(dispatchMessages.driverOutgoing),
    toPassenger: hub.publisher(dispatchMessages.passengerOutgoing),
    toMap: hub.publisher(dispatchMessages.mapOutgoing),
    clock,
    events,
    options: {
      osrmUrl: config.osrmUrl,
      offerTime: config.offerTime * 1000,
      staleAfter: config.positionStaleAfter * 1000,
      lostAfter: config.positionLostAfter * 1000,
      minDistance: config.positionMinDistance,
      minPeriod: 500,
      trackMaxAge: config.trackMaxAge * 1000,
    },
  });
}

const createAudit = ({ auditMaxAge }: Config, store: Store<Tables>, clock: Clock, events: Events): Audit =>
  new Audit({
    store: store as unknown as Store<OperationsTables>,
    clock,
    events,
    maxAge: auditMaxAge * 1000,
  });

const toDeviceOptions = (config: Config): DeviceOptions => ({
  ...config,
  tokens: deviceTokens(config),
  pingInterval: config.pingInterval * 1000,
  idleTimeout: config.deviceIdleTimeout * 1000,
  heartbeatInterval: config.heartbeatInterval * 1000,
  grace: config.deviceGrace * 1000,
  ackTimeout: config.deviceAckTimeout * 1000,
  logMaxAge: config.deviceLogMaxAge * 1000,
  logMaxRows: config.deviceLogMaxRows,
});

/** Settings count seconds, the core milliseconds. */
const toLimits = (config: Config): Limits => ({ ...config, authTimeout: config.authTimeout * 1000 });
