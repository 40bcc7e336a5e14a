import { type Config, type SettingKey, settings } from "./schema.ts";
import { envName, flagName, tomlName } from "./setting.ts";

export interface Sources {
  /** Flags by their names without dashes: `{ "data-dir": "/srv/peyk" }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Content of `peyk.toml`. */
  readonly file?: Readonly<Record<string, unknown>>;
  readonly fileName?: string;
}

export type Loaded = { ok: true; config: Config } | { ok: false; problems: string[] };

/** Flags win over the environment, and that over the file. Every problem is reported at once, with its source. */
export function loadConfig(sources: Sources): Loaded {
  const problems = unknownKeys(sources);
  const config: Record<string, unknown> = {};
  for (const key of Object.keys(settings) as SettingKey[]) {
    const { value, source } = find(key, sources);
    const parsed = settings[key].schema.safeParse(value);
    if (parsed.success) config[key] = parsed.data;
    else problems.push(...parsed.error.issues.map((issue) => describe(key, source, value, issue)));
  }
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, config: Object.freeze(config) as Config };
}

function find(key: SettingKey, { flags = {}, env = {}, file = {}, fileName = "peyk.toml" }: Sources) {
  const flag = flags[flagName(key)];
  if (flag !== undefined) return { value: flag, source: `--${flagName(key)}` };
  const variable = env[envName(key)];
  // An empty variable is how compose files and shells say "not set".
  if (variable !== undefined && variable !== "") return { value: variable, source: envName(key) };
  const entry = file[tomlName(key)];
  return { value: entry, source: `${fileName}: ${tomlName(key)}` };
}

function describe(
  key: SettingKey,
  source: string,
  value: unknown,
  issue: { path: PropertyKey[]; message: string },
): string {
  const shown = settings[key].secret === true || typeof value === "object" ? "" : `=${String(value)}`;
  const where = issue.path.length > 0 && typeof value === "object" ? ` [${issue.path.join(".")}]` : "";
  return `${source}${shown}${where}: ${issue.message}`;
}

function unknownKeys({ file = {}, fileName = "peyk.toml" }: Sources): string[] {
  const known = new Set((Object.keys(settings) as SettingKey[]).map(tomlName));
  return Object.keys(file)
    .filter((key) => !known.has(key))
    .map((key) => `${fileName}: ${key}: no such setting; see docs/config.md`);
}
