import { GrammyError, HttpError } from "grammy";
import type { Scrub } from "./scrub.ts";

/** Why a call to the Bot API came to nothing. `words` hold no secret. */
export type Failure =
  /** Telegram itself said no. */
  | {
      readonly kind: "refused";
      readonly code: number;
      readonly words: string;
      /** Milliseconds. */
      readonly retryAfter?: number;
      readonly migrateTo?: number;
    }
  /** Telegram certainly did not get the request. */
  | { readonly kind: "unreached"; readonly words: string }
  /** The request went out and nothing readable came back: it may have been carried out. */
  | { readonly kind: "unanswered"; readonly words: string }
  /** The caller gave up. */
  | { readonly kind: "stopped"; readonly words: string };

/** What answered does not speak as the Bot API does: a proxy, a page of a provider, a wrong api_root. */
export class Foreign extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status} without a Bot API answer`);
    this.status = status;
  }
}

export class Overdue extends Error {}

/** The connection never came about, or its certificate was refused before a byte of the request went out. */
const unreached: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "its name cannot be found in DNS",
  EAI_AGAIN: "DNS does not answer",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "the network cannot be reached",
  ConnectionRefused: "the connection was refused",
  FailedToOpenSocket: "no connection could be opened",
  CERT_HAS_EXPIRED: "its certificate has expired",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate cannot be verified",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate cannot be verified",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is self-signed",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

/** Whatever grammY throws, as a value. Nothing of the error but its code is kept: it carries the URL with the token. */
export function failureOf(thrown: unknown, host: string, scrub: Scrub): Failure {
  if (thrown instanceof GrammyError) return refused(thrown, scrub);
  const error = thrown instanceof HttpError ? thrown.error : thrown;
  if (error instanceof Foreign) return foreign(error, host);
  if (error instanceof Overdue)
    return { kind: "unanswered", words: `${host} did not answer: ${error.message}` };
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = unreached[code];
  if (known !== undefined) return { kind: "unreached", words: `${host} cannot be reached: ${known}` };
  return { kind: "unanswered", words: `the connection to ${host} broke off before the answer` };
}

function refused({ error_code, description, parameters }: GrammyError, scrub: Scrub): Failure {
  const { retry_after, migrate_to_chat_id } = parameters;
  return {
    kind: "refused",
    code: error_code,
    words: scrub(description),
    ...(retry_after === undefined ? {} : { retryAfter: retry_after * 1000 }),
    ...(migrate_to_chat_id === undefined ? {} : { migrateTo: migrate_to_chat_id }),
  };
}

/** A gateway that waited in vain, or an answer that says "done" in no known way, may have been preceded by the deed. */
function foreign({ status }: Foreign, host: string): Failure {
  const words = `${host} answered HTTP ${status}, but not as Telegram does: api_root may be wrong, or a proxy in between`;
  const uncertain = status < 300 || status === 504;
  return { kind: uncertain ? "unanswered" : "unreached", words };
}
