import type { Fault } from "../protocol/faults.ts";
import type { Upgrade } from "./transport.ts";

/** Roles an account or a device may have. `anonymous` is a role too: a channel that wants it says so. */
export const roles = ["admin", "staff", "driver", "passenger", "user", "device", "anonymous"] as const;
export type Role = (typeof roles)[number];

/** Who is on the other end. A value: it never changes, a connection gets another one. */
export interface Identity {
  /** Unique among all identities: `"7"` for an account, `"shop:42"` for a user of the issuer `shop`, `""` for anonymous. */
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  /** The login it belongs to; ending the session closes its connections. */
  readonly session?: string;
  /** Milliseconds since 1970 at which this identity ends; absent: it does not. */
  readonly expiresAt?: number;
  /** Many clients are this identity at once, as all boards with one common token: not counted as one user. */
  readonly shared?: boolean;
  /** Why a token that was offered counted for nothing (anonymous only). */
  readonly reason?: Fault;
}

export const anonymous: Identity = { id: "", role: "anonymous", name: "anonymous" };

/** Who works on the command line of the server's own machine: he needs no account for it. */
export const commandLine: Identity = { id: "command-line", role: "admin", name: "command line" };

export const anonymousBecause = (reason: Fault): Identity => ({ ...anonymous, reason });

/** Where anonymous may enter, everybody may; an administrator may do what staff may. */
export const hasRole = ({ role }: Identity, allowed: readonly Role[]): boolean =>
  allowed.includes("anonymous") || allowed.includes(role) || (role === "admin" && allowed.includes("staff"));

/** A token as it came, and how. */
export interface Credential {
  readonly token: string;
  readonly from: "header" | "query" | "message";
}

/**
 * Judges one connection's credential. Resolves to nobody (`undefined`) where none was offered and the address alone
 * proves nothing; throws the Fault that says why a credential is refused.
 */
export type Authenticate = (
  credential: Credential | undefined,
  upgrade: Upgrade,
) => Promise<Identity | undefined>;

/** The credential of an HTTP request or an upgrade: the Authorization header, else `?token=`. */
export function credentialOf(headers: Headers, query: URLSearchParams): Credential | undefined {
  const bearer = bearerToken(headers.get("authorization"));
  if (bearer !== undefined) return { token: bearer, from: "header" };
  const token = query.get("token");
  return token === null || token === "" ? undefined : { token, from: "query" };
}

function bearerToken(header: string | null): string | undefined {
  if (header === null) return undefined;
  const space = header.indexOf(" ");
  return space > 0 && header.slice(0, space).toLowerCase() === "bearer"
    ? header.slice(space + 1).trim()
    : undefined;
}
