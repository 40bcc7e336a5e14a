import { existsSync, readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import type { Config } from "../../../config/schema.ts";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { Situation } from "../situation.ts";
import { isPrivate } from "./network.ts";

/** Settings that are allowed and dangerous. Nothing here is one that a fresh start has. */
export const settingsCheck = (situation: Situation): LocalCheck => ({
  group: "settings",
  async run() {
    const { config, fromEnvironment } = situation;
    const server = await situation.server();
    const trouble = [
      ...(config.publicTokens === "open" ? [found("tokens_open")] : []),
      ...tooWide(config.trustProxy),
      ...weakSecret(config),
      ...(situation.isContainer ? [] : [...openFiles(config), ...asRoot(server?.process?.uid)]),
      ...(["debug", "trace"].includes(config.logLevel)
        ? [found("log_loud", { level: config.logLevel })]
        : []),
      ...(fromEnvironment.has("ADMIN_PASSWORD") && existsSync(situation.databaseFile ?? "")
        ? [found("admin_password_left")]
        : []),
      ...limitsOff(config),
      ...(await openMetrics(situation)),
    ];
    return trouble.length > 0 ? trouble : [found("settings_fine")];
  },
});

/** What makes strangers pass for others, also where nobody looks: for health. */
export const trustCheck = ({ trustProxy }: Config): LocalCheck => ({
  group: "settings",
  async run() {
    const wide = tooWide(trustProxy);
    return wide.length > 0 ? wide : [found("settings_fine")];
  },
});

/** Proxies have an address, a company's have a network; a network wider than the widest private one is everybody. */
function tooWide(entries: readonly string[]): Outcome[] {
  const wide = entries.filter((entry) => {
    const [address = "", prefix] = entry.split("/");
    if (prefix === undefined || isPrivate(address)) return false;
    return Number(prefix) < (isIP(address) === 6 ? 16 : 8);
  });
  return wide.map((entry) => found("proxy_everybody", { entry }));
}

/** Different characters that a secret of random bits has at the least, in whichever alphabet. */
const variety = 10;

function weakSecret({ jwtSecret, dataDir }: Config): Outcome[] {
  const file = join(resolve(dataDir), "jwt_secret");
  const [secret, where] = jwtSecret === undefined ? [textOf(file), file] : [jwtSecret, "JWT_SECRET"];
  if (secret === undefined) return [];
  const isWeak = secret.length < 32 || new Set(secret).size < variety;
  return isWeak ? [found("secret_weak", { where })] : [];
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

const secretFiles = ["jwt_secret", "secret_key", "device_tokens.json"];

/** In a folder that only its owner may enter, the modes of the files are of no matter. */
function openFiles({ dataDir }: Config): Outcome[] {
  const folder = resolve(dataDir);
  if (process.platform === "win32" || (modeOf(folder) & 0o077) === 0) return [];
  const files = secretFiles.map((name) => join(folder, name)).filter((file) => modeOf(file) & 0o077);
  const openDatabase = modeOf(join(folder, "peyk.db")) & 0o077 && modeOf(folder) & 0o055;
  return [
    ...files.map((file) => found("secret_file_open", { file, mode: text(modeOf(file)) })),
    ...(openDatabase ? [found("data_dir_open", { folder, mode: text(modeOf(folder)) })] : []),
  ];
}

const modeOf = (file: string): number => (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
const text = (mode: number): string => `0${mode.toString(8)}`;

/** As the server that runs does; without one, as whoever would start it from here. */
const asRoot = (uid = process.getuid?.()): Outcome[] => (uid === 0 ? [found("runs_as_root")] : []);

/** One address could take every place, or one connection the whole node. */
function limitsOff({ messageRate, maxConnections, maxConnectionsPerAddress }: Config): Outcome[] {
  const off = [
    ...(messageRate === 0 ? ["MESSAGE_RATE=0"] : []),
    ...(maxConnectionsPerAddress >= maxConnections
      ? [`MAX_CONNECTIONS_PER_ADDRESS=${maxConnectionsPerAddress}`]
      : []),
  ];
  return off.length > 0 ? [found("limits_off", { settings: off.join(", ") })] : [];
}

/** Asked as a stranger would: from an address that is not loopback. */
async function openMetrics(situation: Situation): Promise<Outcome[]> {
  const server = await situation.server();
  const address = server === undefined ? undefined : situation.outside();
  if (server === undefined || address === undefined) return [];
  const answer = await situation.answer(server.port, address, "/metrics");
  return "status" in answer && answer.status === 200 ? [found("metrics_open", { address })] : [];
}
