import type { CauseName } from "../causes.ts";
import type { LineName } from "../lines.ts";
import type { Party, Stage } from "../report.ts";
import type { FrameFault } from "../wire/frames.ts";

/**
 * Sentences of one language. `{fact}` is replaced by a fact, `{fact:kind}` by its form for people: `list`, `duration`
 * (of seconds), `bytes`, or `term` (one of `terms`). `[[ … ]]` is left out where a fact in it is not known,
 * `[[?fact … ]]` where that fact is not.
 */
export interface Words {
  readonly stages: Readonly<Record<Stage, string>>;
  readonly parties: Readonly<Record<Party, string>>;
  readonly lines: Readonly<Record<LineName, string>>;
  readonly causes: Readonly<Record<CauseName, CauseWords>>;
  readonly terms: Readonly<Record<Term, string>>;
  readonly frame: Readonly<Record<FrameWord, string>>;
  readonly direction: "ltr" | "rtl";
  /** Between the parts of a list. */
  readonly comma: string;
  duration(seconds: number): string;
}

export interface CauseWords {
  /** What was seen; the headline. */
  readonly title: string;
  readonly means: string;
  /** The one thing to do. */
  readonly next: string;
}

/** Values of facts that people should not have to read as they are. */
export type Term =
  | FrameFault
  // url: which part is wrong
  | "no_url"
  | "scheme"
  | "host"
  | "port"
  | "space"
  // tcp: why an address is dead
  | "refused"
  | "filtered"
  | "unreachable"
  | "reset"
  // tls: why a chain is not believed
  | "missing_intermediate"
  | "unknown_root"
  | "intermediate_dates"
  // upgrade, heartbeat: what is done in place of an answer
  | "hangs_up_at_upgrade"
  | "ends_half_way"
  | "hangs_up_at_ping"
  | "no_json_pong"
  // token: where it was put
  | "header"
  | "query"
  | "message"
  // token: what is wrong with its form
  | "empty"
  | "bearer"
  | "quotes"
  | "placeholder"
  | "spaces"
  | "line_end"
  | "parts"
  | "unreadable"
  // token: its problem
  | "malformed"
  | "expired"
  | "future"
  | "refresh";

/** Words around the findings. */
export type FrameWord =
  | "examines"
  | "means"
  | "party"
  | "next"
  | "verdict_ok"
  | "verdict_warning"
  | "verdict_broken"
  | "more_remedies"
  | "receipt"
  /** Stands for who answers, where nobody says so. */
  | "somebody";
