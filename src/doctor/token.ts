import { decodeJwt, decodeProtectedHeader, type JWTPayload } from "jose";

/** What is wrong with a token as anybody can read it, without a key. */
export type TokenProblem = "malformed" | "expired" | "future" | "refresh";

export type TokenKind = "jwt" | "peyk_device" | "peyk_refresh" | "opaque";

export interface TokenReading {
  readonly kind: TokenKind;
  readonly problem?: TokenProblem;
  /** What of its form is wrong: `bearer`, `quotes`, `spaces`, `line_end`, `placeholder`, `parts`, `unreadable`, `empty`. */
  readonly form?: string;
  readonly alg?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly type?: string;
  /** Seconds since its end by this machine's clock, and by the server's. Negative: it still holds so long. */
  readonly expired_seconds?: number;
  readonly expired_seconds_server?: number;
  /** Seconds until it begins to hold, likewise. */
  readonly starts_in_seconds?: number;
  readonly starts_in_seconds_server?: number;
}

/** Seconds that clocks may differ before a token counts as not valid yet: Peyk's own tolerance for other issuers. */
const tolerance = 30;

/** Reads a token as its holder can. `now`: milliseconds since 1970; `skew`: seconds that the server's clock is ahead. */
export function readToken(token: string, now: number, skew = 0): TokenReading {
  const form = formFault(token);
  if (form !== undefined) return { kind: "opaque", problem: "malformed", form };
  if (token.startsWith("pd_")) return { kind: "peyk_device" };
  // src/core/id.ts: 32 letters and digits without l, o, 0 and 1.
  if (/^(kept_)?[a-km-np-z2-9]{40}$/.test(token)) return { kind: "peyk_refresh", problem: "refresh" };
  if (!token.includes(".") && !token.startsWith("eyJ")) return { kind: "opaque" };
  return token.split(".").length === 3 ? readJwt(token, now, skew) : brokenParts(token);
}

function formFault(token: string): string | undefined {
  if (token.trim() === "") return "empty";
  if (/^bearer\s/i.test(token)) return "bearer";
  if (/^["'].*["']$|^["']|["']$/.test(token)) return "quotes";
  if (/^(undefined|null|none|nil|token|your[_-]?token|<.*>|\[object Object\])$/i.test(token))
    return "placeholder";
  if (/[\r\n]/.test(token)) return "line_end";
  return /\s/.test(token) ? "spaces" : undefined;
}

/** Only what begins as a JWT does is one that was cut. Others may have dots in them. */
const brokenParts = (token: string): TokenReading =>
  token.startsWith("eyJ") ? { kind: "jwt", problem: "malformed", form: "parts" } : { kind: "opaque" };

function readJwt(token: string, now: number, skew: number): TokenReading {
  try {
    const { alg } = decodeProtectedHeader(token);
    return describe(decodeJwt(token), typeof alg === "string" ? alg : "", now / 1000, skew);
  } catch {
    return token.startsWith("eyJ")
      ? { kind: "jwt", problem: "malformed", form: "unreadable" }
      : { kind: "opaque" };
  }
}

function describe(payload: JWTPayload, alg: string, now: number, skew: number): TokenReading {
  const { exp, iss, aud } = payload;
  const type = payload.token_type ?? payload.typ ?? payload.type;
  const starts = Math.max(payload.nbf ?? 0, payload.iat ?? 0);
  const problem = problemOf(exp, starts, String(type ?? ""), now + skew);
  return {
    kind: "jwt",
    alg: alg.slice(0, 20),
    ...(problem === undefined ? {} : { problem }),
    ...(iss === undefined ? {} : { issuer: String(iss).slice(0, 100) }),
    ...(aud === undefined ? {} : { audience: String(aud).slice(0, 100) }),
    ...(type === undefined ? {} : { type: String(type).slice(0, 20) }),
    ...(typeof exp !== "number"
      ? {}
      : { expired_seconds: Math.round(now - exp), expired_seconds_server: Math.round(now + skew - exp) }),
    ...(starts <= now
      ? {}
      : {
          starts_in_seconds: Math.round(starts - now),
          starts_in_seconds_server: Math.round(starts - now - skew),
        }),
  };
}

/** By the server's clock, since the server judges. */
function problemOf(exp: unknown, starts: number, type: string, now: number): TokenProblem | undefined {
  if (typeof exp === "number" && exp <= now) return "expired";
  if (starts > now + tolerance) return "future";
  return /refresh/i.test(type) ? "refresh" : undefined;
}
