import { type SettingKey, settings } from "./schema.ts";
import { envName, flagName } from "./setting.ts";

export interface Described {
  readonly key: SettingKey;
  readonly env: string;
  readonly flag: string;
  readonly doc: string;
  /** As text; empty where there is none. */
  readonly fallback: string;
}

/** All settings as people read them, for `--help` and docs/config.md. */
export const describeSettings = (): Described[] =>
  (Object.keys(settings) as SettingKey[]).map((key) => ({
    key,
    env: envName(key),
    flag: `--${flagName(key)}`,
    doc: settings[key].doc,
    fallback: fallbackOf(key),
  }));

function fallbackOf(key: SettingKey): string {
  const parsed = settings[key].schema.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return "";
  return Array.isArray(parsed.data) ? parsed.data.join(",") : String(parsed.data);
}
