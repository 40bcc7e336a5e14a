import type { Options } from "./options.ts";
import { credentialOf, secretParams, type Target } from "./target.ts";

/** Characters in a row by which a piece of a secret is known; fewer are in any text. */
const window = 8;

/**
 * Hides what must not be read over a shoulder or in a log: tokens, passwords and cookies that the caller gave, whole or
 * in pieces, wherever they turn up, and any JWT, since a server may quote one in its refusal.
 */
export class Secrets {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap((each) => [each, encodeURIComponent(each)]);
    this.#secrets = [...new Set(all)].filter((each) => each.length >= 3);
  }

  hide(text: string): string {
    let hidden = text.replace(/eyJ[\w-]{6,}(\.[\w-]*){0,2}/g, (jwt) => shorten(jwt));
    for (const secret of this.#secrets) hidden = hideIn(hidden, secret);
    return hidden;
  }

  /** Every string in a value of JSON. */
  hideAll<T>(value: T): T {
    if (typeof value === "string") return this.hide(value) as T;
    if (Array.isArray(value)) return value.map((each) => this.hideAll(each)) as T;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.hideAll(each)])) as T;
  }
}

/** First four and last two characters, and only of what is long enough to stay a secret. */
export const shorten = (secret: string): string =>
  secret.length < 24 ? "…" : `${secret.slice(0, 4)}…${secret.slice(-2)}`;

function hideIn(text: string, secret: string): string {
  if (secret.length <= window) return text.split(secret).join("…");
  const covered = coverage(text, secret);
  let hidden = "";
  for (let at = 0; at < text.length; ) {
    let end = at;
    while (end < text.length && covered[end]) end++;
    hidden += end > at ? shorten(secret) : text[at];
    at = Math.max(end, at + 1);
  }
  return hidden;
}

/** Which characters of the text belong to a piece of the secret. */
function coverage(text: string, secret: string): boolean[] {
  const pieces = new Set<string>();
  for (let at = 0; at + window <= secret.length; at++) pieces.add(secret.slice(at, at + window));
  const covered: boolean[] = new Array(text.length).fill(false);
  for (let at = 0; at + window <= text.length; at++)
    if (pieces.has(text.slice(at, at + window))) covered.fill(true, at, at + window);
  return covered;
}

/** Headers whose values are nobody's business. */
const secretHeaders = /authorization|cookie|token|key|secret|password|session/i;

/** Everything in the command line that is a secret. */
export function secretsOf(url: string, target: Target | undefined, options: Options): Secrets {
  const headers = Object.entries(options.headers ?? {});
  const fromHeaders = headers
    .filter(([name]) => secretHeaders.test(name))
    .flatMap(([, value]) => [value, ...value.split(/[\s;=,]+/)])
    .filter((value) => !/^(bearer|basic|token|path|httponly)$/i.test(value) && value.length > 5);
  const token = target === undefined ? options.token : credentialOf(target, options)?.token;
  return new Secrets([
    ...(token === undefined ? [] : [token]),
    ...(options.token === undefined ? [] : [options.token]),
    ...fromHeaders,
    ...inUrl(url),
  ]);
}

/** Passwords and secret parameters, as they are written and as they are meant; also where the URL cannot be parsed. */
function inUrl(url: string): string[] {
  const [, password] = /\/\/[^/?#@]*:([^/?#@]*)@/.exec(url) ?? [];
  const params = [...url.matchAll(/[?&#]([\w-]+)=([^&#\s]*)/g)].filter(([, name]) =>
    secretParams.test(name!),
  );
  return [...(password === undefined ? [] : [password]), ...params.map(([, , value]) => value!)].flatMap(
    (each) => [each, decode(each)],
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
