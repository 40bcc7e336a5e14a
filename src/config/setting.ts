import { z } from "zod";

/** One setting: the same value as an environment variable, a flag and a key in `peyk.toml`. */
export interface Setting<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  /** What it is for, for --help and docs/config.md. */
  readonly doc: string;
  /** Its value is never shown. */
  readonly secret?: boolean;
}

export const setting = <S extends z.ZodType>(schema: S, doc: string, secret = false): Setting<S> => ({
  schema,
  doc,
  secret,
});

/** `maxMessageBytes` → `MAX_MESSAGE_BYTES` */
export const envName = (key: string): string =>
  key.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase();
/** `maxMessageBytes` → `--max-message-bytes` */
export const flagName = (key: string): string =>
  key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
/** `maxMessageBytes` → `max_message_bytes` */
export const tomlName = (key: string): string => envName(key).toLowerCase();

/** A whole number; environment variables bring it as text. */
export const integer = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^-?\d+$/.test(value.trim()) ? Number(value) : value),
    z
      .int(`must be a whole number from ${min} to ${max}`)
      .min(min, `must be ${min} or more`)
      .max(max, `must be ${max} or less`),
  );

/** `a, b` or `["a", "b"]`. */
export const list = z.preprocess(
  (value) => {
    if (typeof value !== "string") return value;
    if (value.trim().startsWith("[")) return parseJson(value);
    return value
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== "");
  },
  z.array(z.string(), "must be a comma list"),
);

/** JSON text, or the same as TOML tables. */
export const json = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (typeof value === "string" ? parseJson(value) : value), schema);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
