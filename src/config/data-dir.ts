import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

export const databaseFile = ({ databaseUrl, dataDir }: Config): string =>
  databaseUrl === undefined ? join(dataDir, "peyk.db") : databaseUrl.slice("sqlite:".length);

/** The setting, else what was made at an earlier start, else a new one: 240 random bits, readable by this user alone. */
export function jwtSecret({ jwtSecret, dataDir }: Config): string {
  if (jwtSecret !== undefined) return jwtSecret;
  const file = join(dataDir, "jwt_secret");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const secret = randomId(48);
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
  return secret;
}
