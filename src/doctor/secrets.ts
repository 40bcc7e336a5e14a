import type { Options } from "./options.ts";
import { printable } from "./printable.ts";
import { credentialOf, decode, secretParams, type Target } from "./target.ts";

/** Characters in a row by which a piece of a secret is known; fewer are in any text. */
const window = 8;

/**
 * Hides what must not be read over a shoulder or in a log: tokens, passwords and cookies that the caller gave, whole or
 * in pieces, wherever they turn up, and any JWT, since a server may quote one in its refusal. What is left is a stranger's
 * words, and made printable.
 */
export class Secrets {
  readonly #secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap((each) => [each, encodeURIComponent(each)]);
    this.#secrets = [...new Set(all)].filter((each) => each.length >= 3);
  }

  hide(text: string): string {
    const jwtless = text.replace(/eyJ[\w-]{6,}(\.[\w-]*){0,2}/g, (jwt) => shorten(jwt));
    const short = this.#secrets.filter(({ length }) => length <= window);
    const long = this.#secrets.filter(({ length }) => length > window);
    const hidden = short.reduce((text, secret) => text.split(secret).join("…"), hidePieces(jwtless, long));
    return printable(hidden);
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

/** Each stretch of the text that is made of pieces of secrets becomes one short form. */
function hidePieces(text: string, secrets: readonly string[]): string {
  const owners = ownersOf(text, secrets);
  let hidden = "";
  for (let at = 0; at < text.length; ) {
    let end = at;
    while (end < text.length && owners[end] !== undefined) end++;
    hidden += end > at ? shorten(owners[at]!) : text[at];
    at = Math.max(end, at + 1);
  }
  return hidden;
}

/** To which secret each character of the text belongs, if to any. */
function ownersOf(text: string, secrets: readonly string[]): (string | undefined)[] {
  const owners: (string | undefined)[] = new Array(text.length).fill(undefined);
  for (const secret of secrets) {
    const pieces = new Set<string>();
    for (let at = 0; at + window <= secret.length; at++) pieces.add(secret.slice(at, at + window));
    for (let at = 0; at + window <= text.length; at++)
      if (pieces.has(text.slice(at, at + window))) owners.fill(secret, at, at + window);
  }
  return owners;
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
    ...(target?.basic === undefined ? [] : [Buffer.from(target.basic).toString("base64")]),
    ...inUrl(url),
  ]);
}

/** Passwords and secret parameters, as they are written and as they are meant; also where the URL cannot be parsed. */
function inUrl(url: string): string[] {
  const [, password] = /(?:\/\/|^)[^/?#@]*:([^/?#@]*)@/.exec(url) ?? [];
  const params = [...url.matchAll(/[?&#]([\w-]+)=([^&#\s]*)/g)].filter(([, name]) =>
    secretParams.test(name!),
  );
  return [...(password === undefined ? [] : [password]), ...params.map(([, , value]) => value!)].flatMap(
    (each) => [each, decode(each)],
  );
}
