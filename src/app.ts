import type { OpenAPIHono } from "@hono/zod-openapi";
import { BunTransport } from "./adapters/transport/bun.ts";
import { databaseFile } from "./config/data-dir.ts";
import { listenersOf } from "./config/listeners.ts";
import type { Config } from "./config/schema.ts";
import type { Channel } from "./core/channel.ts";
import { LiveConnection } from "./core/connection.ts";
import type { Core } from "./core/core.ts";
import type { Events } from "./core/events.ts";
import type { Feature, Job } from "./core/feature.ts";
import { type Check, Health, within } from "./core/health.ts";
import type { HttpEnv } from "./core/http.ts";
import { startJobs } from "./core/jobs.ts";
import { Metrics } from "./core/metrics.ts";
import { refuseRequest } from "./core/receipt.ts";
import type { TransportHandlers } from "./core/transport.ts";
import { ProxyWatch } from "./doctor/local/checks/proxy-watch.ts";
import { servingChecks } from "./doctor/local/serving.ts";
import { accountsFeature } from "./features/accounts/feature.ts";
import { accountsTopic, Revoked } from "./features/accounts/messages.ts";
import { clientsFeature } from "./features/clients/feature.ts";
import { outgoing as clientsOutgoing } from "./features/clients/messages.ts";
import { Clients } from "./features/clients/service.ts";
import { devicesFeature } from "./features/devices/feature.ts";
import { dispatchFeature } from "./features/dispatch/feature.ts";
import type { Dispatch } from "./features/dispatch/service.ts";
import { inboxFeature } from "./features/inbox/feature.ts";
import type { Audit } from "./features/operations/audit.ts";
import { actOf } from "./features/operations/audited-requests.ts";
import { operationsFeature } from "./features/operations/feature.ts";
import { createHttp } from "./http/app.ts";
import { fileAdvice, serverAdvice, socketCheck, storeCheck } from "./http/checks.ts";
import { httpKit, type Witness } from "./http/kit.ts";
import { Fault } from "./protocol/faults.ts";
import { type Overrides, openServices, type Services } from "./services.ts";
import { version } from "./version.ts";

export interface App extends Services {
  /** Where it listens; with port 0, the ports that the system chose. */
  readonly urls: readonly URL[];
  /** Of the ports that speak TLS, as it was at the start. */
  readonly certificate: { readonly names: readonly string[]; readonly expires: Date } | undefined;
  readonly channels: readonly Channel[];
  /** Tells every client to come back, then ends everything, within 20 seconds: a store that hangs does not hold it up. */
  stop(): Promise<void>;
}

/** Channels that are no part of the product, for tests and benches. */
export type ExtraChannels = (core: Core) => readonly Channel[];

/** The composition root: the one place that knows every name. Resolves when it serves. */
export async function startApp(
  config: Config,
  overrides: Overrides & { channels?: ExtraChannels } = {},
): Promise<App> {
  const services = await openServices(config, overrides);
  try {
    return await serve(services, overrides.channels?.(services.core) ?? []);
  } catch (error) {
    await services.close();
    throw error;
  }
}

async function serve(services: Services, extra: readonly Channel[]): Promise<App> {
  const { config, core, accounts, events, clock } = services;
  const features = createFeatures(services);
  const channels = [...features.flatMap((feature) => feature.channels ?? []), ...extra];
  core.open(channels, accounts.authenticate);

  const urls: URL[] = [];
  const file = databaseFile(config);
  const proxies = new ProxyWatch(clock, config.trustProxy);
  const checks: Check[] = [
    storeCheck(services.store, file === undefined ? serverAdvice : fileAdvice),
    socketCheck(() => plainest(urls)),
    ...features.flatMap((feature) => feature.checks ?? []),
  ];
  const notices = servingChecks(config, file, clock, proxies.check);
  const { allowedOrigins } = config;
  const health = {
    health: new Health(events, clock),
    checks,
    notices,
    channels,
    authenticate: accounts.authenticate,
    broker: "memory",
    version,
  };
  const metrics = new Metrics(core, events);
  const http = createHttp({ features, health, router: core.router, metrics, events, allowedOrigins });

  const transport = createTransport(services, channels);
  for (const { start } of features) await start?.();
  urls.push(...(await transport.start(handlersOf(core, proxies, http))));
  const jobs = features.flatMap((feature) => feature.jobs ?? []);
  const stopJobs = startJobs([...jobs, pruneJob(services)], clock, events);

  const stop = async () => {
    stopJobs();
    await drain(services);
    await transport.stop();
    await stopFeatures(features, events);
    await services.close();
  };
  return { ...services, urls, certificate: transport.certificate, channels, stop };
}

/** Every socket and every request goes past the watch that counts proxies nobody named. */
const handlersOf = (core: Core, proxies: ProxyWatch, http: TransportHandlers["http"]): TransportHandlers => ({
  accept(upgrade) {
    proxies.saw(upgrade.peer);
    return new LiveConnection(core, upgrade);
  },
  http(request, peer) {
    proxies.saw(peer);
    return http(request, peer);
  },
  refused({ method, url, headers }, path, peer, fault, check) {
    // Without a path the URL cannot be trusted, and its query neither.
    const query = path === "" ? new URLSearchParams() : new URL(url).searchParams;
    const request = { on: "handshake", method, path, query, headers, peer } as const;
    return refuseRequest(core.options.events, request, fault, check);
  },
});

function createTransport({ config, clock, events }: Services, channels: readonly Channel[]): BunTransport {
  const { host, trustProxy } = config;
  // One limit for the whole port: that of the channel with the biggest messages. Connections know their own.
  const biggest = channels.flatMap(({ maxBinaryBytes = 0, maxTextBytes = 0 }) => [
    maxBinaryBytes,
    maxTextBytes,
  ]);
  const maxMessageBytes = Math.max(config.maxMessageBytes, ...biggest);
  const { ports, tls } = listenersOf(config);
  const withTls = tls && { ...tls, clock, events };
  return new BunTransport({ host, ports, tls: withTls, maxMessageBytes, trustProxy });
}

/** Without TLS, where there is such a port. */
const plainest = (urls: readonly URL[]): URL | undefined =>
  urls.find(({ protocol }) => protocol === "http:") ?? urls[0];

function createFeatures({
  config,
  core,
  accounts,
  devices,
  inbox,
  dispatch,
  audit,
  events,
  clock,
}: Services): Feature<OpenAPIHono<HttpEnv>>[] {
  const { hub, journal, connections } = core;
  const kit = httpKit(accounts.authenticate, auditing(audit));
  const { presence } = core.options;
  hub.join(accountsTopic, { deliver: ({ data }) => signOutDriver(dispatch, events, String(data)) });
  const clients = new Clients({ journal, presence, clock, publisher: hub.publisher(clientsOutgoing) });
  return [
    accountsFeature(accounts, kit, { hub, connections, events }),
    clientsFeature(clients, clock, config.clientsHost, kit),
    devicesFeature(devices, hub, kit),
    inboxFeature(inbox, kit),
    dispatchFeature(dispatch, kit),
    operationsFeature(core, audit, config.maxTaps, kit),
  ];
}

/** Notes what staff did over HTTP. */
const auditing =
  (audit: Audit): Witness =>
  async (by, method, path) => {
    const act = actOf(method, path);
    if (act !== undefined) await audit.note({ by, ...act });
  };

/** Whose account is disabled, or becomes something else, is no driver to send anywhere. */
function signOutDriver(dispatch: Dispatch, events: Events, frame: string): void {
  const { user_id, session_id } = Revoked.parse(JSON.parse(frame));
  if (session_id !== null) return;
  dispatch
    .signedOut(user_id)
    .catch((error) => events.emit("failure", { where: "dispatch.signed_out", incident: user_id, error }));
}

function pruneJob({ config, core }: Services): Job {
  const retention = { maxAge: config.journalMaxAge * 1000, maxEvents: config.journalMaxEvents };
  return {
    name: "journal.prune",
    every: 60_000,
    run: async () => void (await core.journal.prune(retention)),
  };
}

/** Milliseconds that features have to put on record what they know: half of them may be a platform's answer. */
const farewell = 8_000;

/** Side by side: one that waits must not take the others' time. What still waits then is told as the store is closed. */
async function stopFeatures(features: readonly Feature<unknown>[], events: Events): Promise<void> {
  const failed = (error: unknown) => events.emit("failure", { where: "stop", incident: "-", error });
  const stops = features.map(async (feature) => feature.stop?.().catch(failed));
  await within(farewell, Promise.all(stops)).catch(failed);
}

/** Connections that are told to come back in one go, and the pause between: a restart must not be a stampede. */
const drainBatch = 1_000;
const drainPause = 50;

async function drain({ core, clock }: Services): Promise<void> {
  const open = [...core.connections.all()];
  for (let i = 0; i < open.length; i += drainBatch) {
    for (const connection of open.slice(i, i + drainBatch)) connection.close(new Fault("shutting_down"));
    await new Promise<void>((resolve) => clock.after(drainPause, resolve));
  }
}
