import { because, known, type Outcome, ok } from "../outcome.ts";
import type { Facts } from "../report.ts";

/** What the TLS handshake showed. */
export interface Shown {
  readonly protocol: string;
  /** The chain's verification, names aside. The codes are OpenSSL's; absent: it is believed. */
  readonly chainFault?: string;
  readonly nameFits: boolean;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Certificates that the server sent. */
  readonly chain: number;
}

/** Milliseconds before its end at which a certificate is warned of. Let's Encrypt's live 90 days, renewed at 60. */
const soon = 14 * 24 * 3600 * 1000;
const day = 24 * 3600 * 1000;

/** What a client needs to believe, in the order in which clients complain. */
export function judgeCertificate(shown: Shown, host: string, now: number): Outcome {
  const { chainFault, nameFits, from, to, chain, issuer, subject } = shown;
  const facts: Facts = {
    protocol: shown.protocol,
    subject,
    issuer,
    names: shown.names,
    valid_from: iso(from),
    valid_to: iso(to),
    days_left: Math.floor((to - now) / day),
    chain,
    asked_name: host,
  };
  if (now > to) return because("cert_expired", { ...facts, ago_seconds: Math.round((now - to) / 1000) });
  if (now < from)
    return because("cert_not_yet_valid", { ...facts, in_seconds: Math.round((from - now) / 1000) });
  // Nobody makes out what it is for before anybody vouches for it; and the cure of one is that of both.
  if (chainFault === "DEPTH_ZERO_SELF_SIGNED_CERT") return because("cert_self_signed", facts);
  if (!nameFits)
    return because(
      "cert_wrong_name",
      shown.names.length > 0 ? facts : { ...facts, names: [`CN=${subject}`], no_names: true },
    );
  if (chainFault !== undefined)
    return because("cert_untrusted", { ...facts, code: chainFault, why: whyUntrusted(chainFault, chain) });
  return to - now < soon ? because("cert_expires_soon", facts) : ok("tls_ok", facts);
}

/**
 * The leaf's own dates have been judged before, so that dates speak of another. A leaf alone needs the certificate
 * between; a whole chain that is not believed ends at an unknown authority.
 */
function whyUntrusted(code: string, chain: number): string {
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return "intermediate_dates";
  return chain === 1 && /UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)/.test(code)
    ? "missing_intermediate"
    : "unknown_root";
}

const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : "");

/** What else is known of a server with which no handshake came about. */
export interface Instead {
  /** What it answers to plain HTTP: `http`, or its first words. */
  readonly plain?: string | undefined;
  /** The protocol that it speaks with somebody who takes old ones. */
  readonly protocol?: string | undefined;
}

export const isTooOld = (code: string): boolean => /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code);

/** `code`: as BoringSSL and Bun name it. */
export function judgeTlsFailure(code: string, { plain, protocol }: Instead): Outcome {
  if (isTooOld(code)) return because("tls_too_old", known({ code, protocol }));
  if (/CERTIFICATE_REQUIRED|NO_CERTIFICATE/.test(code)) return because("tls_client_cert", { code });
  if (/NO_APPLICATION_PROTOCOL/.test(code)) return because("http2_only", { code });
  if (plain === "http") return because("tls_on_plain_port", { code });
  return because("tls_failed", known({ code, banner: plain }));
}
