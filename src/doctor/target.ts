import { isIP } from "node:net";
import type { Options } from "./options.ts";

/** What is examined, as the URL says it. */
export interface Target {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** User and password of the URL, for `Authorization: Basic`. */
  readonly basic?: string;
}

export const schemeOf = ({ secure }: Target): string => (secure ? "wss" : "ws");

/** The address as one writes it, with its port where that is not the scheme's own. */
export function authorityOf({ secure, host, port }: Target): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (secure ? 443 : 80) ? name : `${name}:${port}`;
}

export const urlOf = (target: Target, path = target.path): string =>
  `${schemeOf(target)}://${authorityOf(target)}${path}`;

/** A Peyk's channel for tests, which greets, and says what one says. */
export const testPath = "/ws/test/";

export const pathOnly = ({ path }: Target): string => path.split("?")[0]!;

/** A part of a URL without its `%20`s; what is no such thing stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Names of query parameters that carry a secret. */
export const secretParams =
  /^(token|access_token|auth|authorization|jwt|key|api_?key|ticket|secret|password|sid|session|signature|sig)$/i;

/** The token that the handshake brings, and where: the option's, else the URL's. */
export function credentialOf(
  { path }: Target,
  options: Options,
): { token: string; from: "header" | "query" | "message" } | undefined {
  const query = new URLSearchParams(path.split("?")[1] ?? "");
  const inUrl = query.get("token") ?? query.get("access_token");
  if (options.token !== undefined)
    return { token: options.token, from: options.tokenIn ?? (inUrl === null ? "header" : "query") };
  if (inUrl !== null && inUrl !== "") return { token: inUrl, from: "query" };
  const bearer = headerOf(options, "authorization");
  const [, token] = /^bearer\s+(.+)$/i.exec(bearer ?? "") ?? [];
  return token === undefined ? undefined : { token: token.trim(), from: "header" };
}

export const headerOf = ({ headers = {} }: Options, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];

/** The page's origin that the handshake names; absent: none, as programs do. */
export const originOf = (options: Options): string | undefined =>
  options.origin ?? headerOf(options, "origin");
