/** What travels in both directions: one flat JSON object whose `type` names it. */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Types with a meaning of their own on every channel; a channel may not declare them as incoming.
 * `auth` hands in a token (`authenticated` answers a later one), `resume` asks for what was missed (`catch_up`
 * answers), `error` says why not.
 */
export const reservedTypes = ["auth", "authenticated", "resume", "catch_up", "error"] as const;
