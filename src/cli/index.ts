import { describeSettings } from "../config/describe.ts";
import { Fault } from "../protocol/faults.ts";
import { version } from "../version.ts";
import { type Command, CommandError, print } from "./command.ts";
import { connectionsCommand } from "./connections.ts";
import { deviceCommand } from "./device.ts";
import { doctorCommand } from "./doctor.ts";
import { inboxCommand } from "./inbox.ts";
import { kickCommand } from "./kick.ts";
import { migrateCommand } from "./migrate.ts";
import { pairCommand } from "./pair.ts";
import { serveCommand } from "./serve.ts";
import { tapCommand } from "./tap.ts";
import { tokenCommand } from "./token.ts";
import { userCommand } from "./user.ts";

const commands: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  user: userCommand,
  token: tokenCommand,
  device: deviceCommand,
  pair: pairCommand,
  inbox: inboxCommand,
  doctor: doctorCommand,
  connections: connectionsCommand,
  kick: kickCommand,
  tap: tapCommand,
  migrate: migrateCommand,
};

/** Runs one command line. Returns the exit code: 0 done, 1 it failed, 2 the words were wrong. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return show(overview());
  if (name === "--version" || name === "-v") return show(version);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return complain(`peyk: there is no command ${name}.\n\n${overview()}`, 2);
  if (args.includes("--help") || args.includes("-h")) return show(helpFor(command));
  try {
    return await command.run(args);
  } catch (error) {
    return explain(error);
  }
}

/** What a person can mend gets a sentence; only what is our fault gets a stack. */
function explain(error: unknown): number {
  if (error instanceof CommandError) return complain(error.message, 2);
  if (error instanceof Fault && error.fault !== "internal")
    return complain(`${error.message}. ${error.row.hint}`, 1);
  const isOurs = error instanceof Fault || !(error instanceof Error) || error instanceof TypeError;
  const cause = error instanceof Fault ? error.cause : error;
  return complain(isOurs ? Bun.inspect(cause) : error.message, 1);
}

function show(text: string): number {
  print(text);
  return 0;
}

function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`);
  return code;
}

function overview(): string {
  const rows = Object.values(commands).map(({ usage, summary }) => `  peyk ${usage.padEnd(46)} ${summary}`);
  return `Peyk ${version}: one WebSocket server for chats, orders, devices and app sockets.\n\n${rows.join("\n")}\n\npeyk COMMAND --help tells more.`;
}

function helpFor({ usage, summary, details, withoutSettings }: Command): string {
  const more = details === undefined ? "" : `\n${details}\n`;
  const help = `peyk ${usage}\n\n${summary}.\n${more}`;
  return withoutSettings ? help.trimEnd() : `${help}\n${settingsHelp()}`;
}

function settingsHelp(): string {
  const rows = describeSettings().map(
    ({ env, doc, fallback }) => `  ${env.padEnd(28)} ${doc}${fallback === "" ? "" : ` (${fallback})`}`,
  );
  return `Settings: environment variable, flag (DATA_DIR is --data-dir) or peyk.toml (data_dir)\n${rows.join("\n")}`;
}
