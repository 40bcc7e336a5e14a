import { type App, startApp } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { forgetServed, noteServed } from "../config/served-at.ts";
import { Events } from "../core/events.ts";
import { randomId } from "../core/id.ts";
import { createLog, logEvents } from "../core/log.ts";
import { banner, type Login } from "./banner.ts";
import { type Command, configFrom, parse, print } from "./command.ts";

export const serveCommand: Command = {
  usage: "serve",
  summary: "Serve WebSocket and HTTP until interrupted",
  async run(args) {
    const config = configFrom(parse(args));
    const events = new Events();
    logEvents(await logFor(config), events);
    const app = await startApp(config, { events });
    const login = await firstAdmin(app, config);
    note(app);
    print(banner(app, login));
    await interrupted();
    print("Stopping: clients are told to come back.");
    forgetServed(config, process.pid);
    await app.stop();
    return 0;
  },
};

/** For `peyk connections` and its like. A full disk is no reason not to serve. */
function note({ config, urls, operatorToken: token, clock }: App): void {
  const started_at = new Date(clock.now()).toISOString();
  try {
    noteServed(config, { pid: process.pid, urls: urls.map(({ href }) => href), started_at, token });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `server.json in DATA_DIR cannot be written (${why}): peyk connections, kick and tap need --url.\n`,
    );
  }
}

/** pino-pretty is loaded where it is wanted alone: it slows the start. */
async function logFor({ logLevel: level, logFormat }: Config) {
  const isTerminal = process.stdout.isTTY;
  if ((logFormat ?? (isTerminal ? "pretty" : "json")) === "json")
    return createLog({ level, destination: process.stdout });
  const { default: pretty } = await import("pino-pretty");
  const options = {
    sync: true,
    colorize: isTerminal,
    ignore: "event",
    messageKey: "event",
    singleLine: true,
  };
  return createLog({ level, destination: pretty(options) });
}

/** An administrator for the first start, whose password is shown this once. `undefined`: there are users already. */
async function firstAdmin(
  { accounts }: App,
  { adminEmail, adminPassword }: Config,
): Promise<Login | undefined> {
  if ((await accounts.list()).length > 0) return undefined;
  const password = adminPassword ?? randomId(16);
  await accounts.add({ email: adminEmail, password, role: "admin", name: "Administrator" });
  return {
    email: adminEmail,
    password: adminPassword === undefined ? password : "(as set in ADMIN_PASSWORD)",
  };
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
