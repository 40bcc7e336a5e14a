import { networkInterfaces } from "node:os";
import { type App, startApp } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { Events } from "../core/events.ts";
import { randomId } from "../core/id.ts";
import { createLog, logEvents } from "../core/log.ts";
import { version } from "../version.ts";
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
    print(banner(app, login));
    await interrupted();
    print("Stopping: clients are told to come back.");
    await app.stop();
    return 0;
  },
};

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
async function firstAdmin({ accounts }: App, { adminEmail, adminPassword }: Config) {
  if ((await accounts.list()).length > 0) return undefined;
  const password = adminPassword ?? randomId(16);
  await accounts.add({ email: adminEmail, password, role: "admin", name: "Administrator" });
  return {
    email: adminEmail,
    password: adminPassword === undefined ? password : "(as set in ADMIN_PASSWORD)",
  };
}

function banner({ urls }: App, login: { email: string; password: string } | undefined): string {
  const lines = [`Peyk ${version} is listening.`, ""];
  for (const url of urls.flatMap(reachable)) {
    const socket = url.replace(/^http/, "ws");
    lines.push(
      `  ${url.padEnd(34)} documents at ${url}docs`,
      `  ${`${socket}ws/{client_id}`.padEnd(34)} sockets; try ${socket}ws/test/`,
    );
  }
  if (login !== undefined)
    lines.push(
      "",
      "First start: an administrator was made. This password is shown only now.",
      `  email     ${login.email}`,
      `  password  ${login.password}`,
    );
  return `${lines.join("\n")}\n`;
}

/** A server on all interfaces is reached at each of this machine's addresses. */
function reachable({ protocol, hostname, port }: URL): string[] {
  if (hostname !== "0.0.0.0" && hostname !== "[::]") return [`${protocol}//${hostname}:${port}/`];
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outside = addresses
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);
  return ["localhost", ...outside].map((host) => `${protocol}//${host}:${port}/`);
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
