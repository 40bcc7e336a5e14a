import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse as parseToml } from "smol-toml";
import { loadConfig } from "../config/load.ts";
import { type Config, type SettingKey, settings } from "../config/schema.ts";
import { flagName } from "../config/setting.ts";
import { commandLine } from "../core/identity.ts";
import { openServices, type Services } from "../services.ts";

/** A word after `peyk`. */
export interface Command {
  /** As one types it, with its arguments. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** Longer help, after usage and summary. */
  readonly details?: string;
  /** It takes no settings, and its help need not list them. */
  readonly withoutSettings?: true;
  /** Returns the exit code. Throws CommandError for what the person at the keyboard can mend. */
  run(args: readonly string[]): Promise<number>;
}

/** A mistake that its text says how to mend; no stack is shown. */
export class CommandError extends Error {}

type Options = Record<string, { type: "string" | "boolean" }>;

export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** Reads a command's own options and every setting as a flag. Throws CommandError for an unknown flag. */
export function parse(args: readonly string[], options: Options = {}): Parsed {
  const flags = Object.fromEntries(
    (Object.keys(settings) as SettingKey[]).map((key) => [flagName(key), { type: "string" as const }]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...flags, ...options },
      allowPositionals: true,
    });
    return { values: values as Parsed["values"], positionals };
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : error}. See --help.`);
  }
}

/** Settings from flags, environment and peyk.toml. Throws CommandError with every problem at once. */
export function configFrom({ values }: Parsed): Config {
  const loaded = loadConfig({
    flags: values,
    env: process.env,
    file: readToml("peyk.toml"),
    fileName: "peyk.toml",
  });
  if (loaded.ok) return loaded.config;
  throw new CommandError(
    `Settings that cannot be used:\n${loaded.problems.map((each) => `  ${each}`).join("\n")}`,
  );
}

function readToml(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    return parseToml(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Opens the database for one piece of work, beside a running server or without one. `act`: what the audit says of it
 * once it is done.
 */
export async function withServices<T>(
  parsed: Parsed,
  work: (services: Services) => Promise<T>,
  act?: { what: string; target: string },
): Promise<T> {
  const services = await openServices(configFrom(parsed));
  try {
    const result = await work(services);
    if (act !== undefined) await services.audit.record({ by: commandLine, ...act });
    return result;
  } finally {
    await services.close();
  }
}

/** An option that must be there. */
export function required({ values }: Parsed, name: string): string {
  const value = values[name];
  if (typeof value !== "string" || value === "") throw new CommandError(`--${name} is missing. See --help.`);
  return value;
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
