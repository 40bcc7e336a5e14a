import { errors } from "jose";
import { Fault } from "../../protocol/faults.ts";

/** What jose says of a token, as a fault whose message a person understands. Never repeats the token. */
export function tokenFault(error: unknown, now: number): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof errors.JWTExpired) return expired(error, now);
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error, now);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new Fault("bad_token", "the token's algorithm is not the one that is expected", { cause: error });
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
    return new Fault("bad_token", "the token is signed with another key", { cause: error });
  if (isIssuerAway(error))
    return new Fault("unavailable", "the issuer's keys cannot be fetched", { cause: error });
  return new Fault("bad_token", "this is no readable token", { cause: error });
}

/** The keys could not be fetched: no answer, no connection, or an answer that is no key set. */
const isIssuerAway = (error: unknown): boolean =>
  error instanceof TypeError ||
  (error instanceof errors.JOSEError &&
    ["ERR_JWKS_TIMEOUT", "ERR_JOSE_GENERIC", "ERR_JWKS_INVALID"].includes(error.code));

function expired({ payload }: errors.JWTExpired, now: number): Fault {
  const seconds = Math.max(0, Math.round(now / 1000 - Number(payload.exp ?? 0)));
  const times = { expired_at: isoOf(payload.exp), server_time: isoOf(now / 1000) };
  // His own token's times: they show a clock that is wrong, so he is told, too.
  const told = { fields: times, expected: times };
  return new Fault("token_expired", `the token expired ${duration(seconds)} ago`, told);
}

/** Seconds since 1970 (RFC 7519 2), which whoever signed the token may have set to anything. */
function isoOf(seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? "never" : date.toISOString();
}

function claimFault(error: errors.JWTClaimValidationFailed, now: number): Fault {
  if (error.claim === "nbf") {
    const times = { valid_from: isoOf(error.payload.nbf), server_time: isoOf(now / 1000) };
    const told = { cause: error, fields: times, expected: times };
    return new Fault("bad_token", "the token is not valid yet; is a clock wrong?", told);
  }
  if (error.reason === "missing")
    return new Fault("bad_token", `the token lacks the claim ${error.claim}`, { cause: error });
  return new Fault("bad_token", `the token's ${error.claim} is not the one that is expected`, {
    cause: error,
  });
}

/** `90` → `1 min`: the largest unit that fits, as one reads it. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
