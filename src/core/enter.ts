import { Fault } from "../protocol/faults.ts";
import type { Channel } from "./channel.ts";
import type { Core } from "./core.ts";
import {
  anonymous,
  anonymousBecause,
  type Credential,
  credentialOf,
  hasRole,
  type Identity,
} from "./identity.ts";
import type { Upgrade } from "./transport.ts";

/** Longest token that is looked at: parsing is work that a stranger asks for. */
const maxTokenLength = 8192;

/**
 * Who is entering. `undefined`: nobody yet, the channel waits for a first message `auth`.
 * A missing token is anonymous where the channel allows that; a bad one too (seed 003), with the reason kept, so that
 * the greeting can tell the client.
 */
export async function identify(
  core: Core,
  channel: Channel,
  upgrade: Upgrade,
  credential: Credential | undefined = credentialOf(upgrade.headers, upgrade.query),
): Promise<Identity | undefined> {
  try {
    const identity = await authenticate(core, channel, upgrade, credential);
    if (identity !== undefined) return identity;
  } catch (error) {
    if (!(error instanceof Fault) || !mayBeAnonymous(channel, upgrade, error)) throw error;
    return anonymousBecause(error);
  }
  if (channel.auth.includes("anonymous")) return anonymous;
  if (channel.firstMessageAuth && credential === undefined) return undefined;
  throw new Fault("unauthorized", undefined, { expected: { roles: channel.auth } });
}

/**
 * Not with a cursor: as anonymous it would hear that nothing was missed, and take a cursor past what was kept for its
 * user. Not while tokens cannot be judged either: the same token may be good in a moment.
 */
const mayBeAnonymous = (channel: Channel, { query }: Upgrade, { fault }: Fault): boolean =>
  channel.auth.includes("anonymous") && !query.has("since") && fault !== "unavailable";

function authenticate(core: Core, channel: Channel, upgrade: Upgrade, credential: Credential | undefined) {
  if (credential !== undefined && credential.token.length > maxTokenLength)
    throw new Fault("bad_token", `a token may have ${maxTokenLength} characters at most`);
  return (channel.authenticate ?? core.authenticate)(credential, upgrade);
}

/** Throws `forbidden` with the roles that may enter. */
export function requireRole(channel: Channel, identity: Identity): void {
  if (hasRole(identity, channel.auth)) return;
  const { role } = identity;
  throw new Fault("forbidden", `${channel.auth.join(", ")} may enter here, not ${role}`, {
    expected: { roles: channel.auth, role },
  });
}

/**
 * Pages of other origins may not connect once ALLOWED_ORIGINS is set. Clients that are no browsers send no Origin, or
 * one that no page has (Arduino: `file://`; the Pico's: its own host).
 */
export function requireOrigin(allowed: readonly string[], { headers }: Upgrade): void {
  const origin = headers.get("origin");
  if (allowed.length === 0 || origin === null || !isBrowser(headers)) return;
  const shown = origin.slice(0, 60);
  if (!allowed.includes(origin))
    throw new Fault("origin_refused", `pages of ${shown} may not connect`, {
      expected: { setting: "ALLOWED_ORIGINS", allowed_origins: allowed.length, origin: shown },
    });
}

/** Browsers cannot leave out or change these two headers from a page's script. */
const isBrowser = (headers: Headers): boolean =>
  headers.has("sec-fetch-site") || (headers.get("user-agent") ?? "").startsWith("Mozilla/");

/** Kind of client for logs and metrics, from its User-Agent: a closed list. */
export function clientKind(headers: Headers): string {
  const agent = headers.get("user-agent") ?? "";
  for (const [kind, pattern] of kinds) if (pattern.test(agent)) return kind;
  return agent === ""
    ? headers.get("sec-websocket-protocol") === "arduino"
      ? "arduino"
      : "unknown"
    : "other";
}

const kinds = [
  ["micropython", /micropython/i],
  ["esp32", /esp32|arduino/i],
  ["python", /python|websockets|aiohttp/i],
  ["browser", /^Mozilla\//],
  ["bun", /^Bun\//],
  ["node", /node|undici/i],
  ["curl", /^curl\//],
] as const;
