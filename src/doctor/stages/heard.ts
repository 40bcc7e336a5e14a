import { known } from "../outcome.ts";
import type { Facts } from "../report.ts";
import type { TokenReading } from "../token.ts";
import type { FrameFault } from "../wire/frames.ts";

/** Seconds by which two clocks may differ before somebody is told. The `Date` header has whole seconds, and travels. */
export const maxSkew = 60;

/** What came on the open socket before anything but a token was sent. */
export interface Heard {
  /** Text messages in their order. */
  readonly texts: readonly string[];
  readonly close?: { readonly code: number; readonly reason: string };
  /** The bytes stopped without a close frame. */
  readonly ended?: "end" | "failure";
  readonly broken?: FrameFault;
  /** Hexadecimal: the first bytes of the frame that broke the rules. */
  readonly bytes?: string;
}

/** What the judgement needs to know of us. */
export interface Asker {
  readonly isPeyk: boolean;
  /** Absent: no token was sent. */
  readonly token?: TokenReading & { readonly from: string };
  readonly origin?: string | undefined;
  /** Seconds that the server's clock is ahead. */
  readonly skew?: number | undefined;
}

/** What may be told of a token: nothing of its own characters. */
export function tokenFacts({ token, skew }: Asker): Facts {
  if (token === undefined) return {};
  const { kind, from, form, alg, issuer, audience, type } = token;
  return known({
    token_kind: kind,
    token_in: from,
    form,
    alg,
    issuer,
    audience,
    token_type: type,
    expired_seconds: positive(token.expired_seconds),
    expired_seconds_server: isApart(skew) ? positive(token.expired_seconds_server) : undefined,
    starts_in_seconds: token.starts_in_seconds,
    starts_in_seconds_server: isApart(skew) ? token.starts_in_seconds_server : undefined,
    skew_seconds: skew,
  });
}

/** Whether it matters whose clock one reads. */
const isApart = (skew: number | undefined): boolean => skew !== undefined && Math.abs(skew) > maxSkew / 2;

const positive = (seconds: number | undefined): number | undefined =>
  seconds !== undefined && seconds > 0 ? seconds : undefined;
