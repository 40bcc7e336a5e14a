import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "./schema.ts";

/** Where a running server is, and what proves to it that the command line is on its machine. */
const Served = z.object({
  pid: z.int(),
  urls: z.array(z.url()).min(1),
  started_at: z.iso.datetime(),
  token: z.string(),
});
export type Served = z.output<typeof Served>;

const fileOf = ({ dataDir }: Pick<Config, "dataDir">): string => join(dataDir, "server.json");

/** Notes it for the time that the server runs, readable by this user alone. Throws where it cannot be written. */
export function noteServed(config: Config, served: Served): void {
  const file = fileOf(config);
  // An older file keeps the rights that it had.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(served)}\n`, { mode: 0o600, flag: "wx" });
}

/** What the server of this DATA_DIR noted, which may be dead since; `undefined`: none runs, or it was stopped. */
export function readServed(config: Config): Served | undefined {
  try {
    return Served.parse(JSON.parse(readFileSync(fileOf(config), "utf8")));
  } catch {
    return undefined;
  }
}

/** The server stops. A newer one that has noted itself meanwhile keeps its note. */
export function forgetServed(config: Config, pid: number): void {
  if (readServed(config)?.pid === pid) rmSync(fileOf(config), { force: true });
}
