import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { randomId } from "../core/id.ts";
import type { Config } from "./schema.ts";

/** Makes the data folder where it is missing. Throws a sentence where it cannot be written to. */
export function prepareDataDir({ dataDir }: Config): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(
      `DATA_DIR=${dataDir}: cannot be written to (${detail}). Give this user the right to, or choose another folder.`,
    );
  }
}

/** Where everything is kept: a file, or a server, whose URL may hold a password. */
export type DatabasePlace = { readonly file: string } | { readonly url: string };

export function databaseOf({ databaseUrl, dataDir }: Config): DatabasePlace {
  if (databaseUrl === undefined) return { file: join(dataDir, "peyk.db") };
  const [, file] = /^sqlite:(.*)$/s.exec(databaseUrl) ?? [];
  return file === undefined ? { url: databaseUrl } : { file };
}

/** The database's file; `undefined` where it is a server. */
export function databaseFile(config: Config): string | undefined {
  const database = databaseOf(config);
  return "file" in database ? database.file : undefined;
}

export const photosFolder = ({ dataDir }: Config): string => join(dataDir, "photos");

/** Encrypts the tokens of other services on the disk; made at the first start, readable by this user alone. */
export function storageKey({ dataDir }: Config): string {
  const file = join(dataDir, "secret_key");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const key = randomId(52);
  keep(file, key);
  return key;
}

/** Tokens that all boards of a kind may use: the settings, else what was made at an earlier start, else new ones. */
export function deviceTokens(config: Config): DeviceTokenLists {
  const { picoAuthTokens: pico, esp32camAuthTokens: esp32cam } = config;
  if (pico !== undefined && esp32cam !== undefined) return { pico, esp32cam };
  const made = madeDeviceTokens(config);
  return { pico: pico ?? made.pico, esp32cam: esp32cam ?? made.esp32cam };
}

function madeDeviceTokens({ dataDir }: Config): DeviceTokenLists {
  const file = join(dataDir, "device_tokens.json");
  if (existsSync(file)) return readDeviceTokens(file);
  const made = { pico: [`pico_${randomId(32)}`], esp32cam: [`esp32cam_${randomId(32)}`] };
  keep(file, JSON.stringify(made, null, 2));
  return made;
}

function readDeviceTokens(file: string): DeviceTokenLists {
  try {
    return DeviceTokenLists.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new Error(
      `${file} is broken: it must be {"pico":["…"],"esp32cam":["…"]}. Mend it, or delete it: new tokens are made then, which all boards with a common token need.`,
    );
  }
}

/** Writes a secret that is made once: whole, or not at all. */
function keep(file: string, secret: string): void {
  try {
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // Half of a secret would be read at the next start.
    if (code !== "EEXIST") rmSync(file, { force: true });
    const why =
      code === "ENOSPC" ? "the disk is full; make room" : `${message}; look at the rights of DATA_DIR`;
    throw new Error(`${file} cannot be written: ${why}, and start again.`);
  }
}

const list = z.array(z.string().min(1)).min(1);
const DeviceTokenLists = z.object({ pico: list, esp32cam: list });
export type DeviceTokenLists = z.output<typeof DeviceTokenLists>;

/** The setting, else what was made at an earlier start, else a new one: 240 random bits, readable by this user alone. */
export function jwtSecret({ jwtSecret, dataDir }: Config): string {
  if (jwtSecret !== undefined) return jwtSecret;
  const file = join(dataDir, "jwt_secret");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const secret = randomId(48);
  keep(file, secret);
  return secret;
}
