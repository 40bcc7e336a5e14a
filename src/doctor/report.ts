import type { CauseName } from "./causes.ts";
import type { LineName } from "./lines.ts";

/** The way of a connection, in the order in which it is walked. */
export const stages = [
  "url",
  "dns",
  "tcp",
  "tls",
  "http",
  "upgrade",
  "auth",
  "heartbeat",
  "idle",
  "payload",
  "parallel",
] as const;

export type Stage = (typeof stages)[number];

/**
 * `broken`: no connection can come about, or it cannot live; the walk ends here. `warning`: it works, but something is
 * wrong that somebody will feel. `skipped`: not asked for, or not possible here.
 */
export type Verdict = "ok" | "warning" | "broken" | "skipped";

/** Who can mend it: whoever typed the command, the network between, a proxy, the server, or who gave the token. */
export type Party = "you" | "network" | "proxy" | "server" | "token";

/** What was measured, for templates and for `--json`. Never a whole token. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface Finding {
  readonly stage: Stage;
  readonly verdict: Verdict;
  /** Named exactly where the verdict is `warning` or `broken`. */
  readonly cause?: CauseName;
  /** Which sentence says what was seen, where nothing is wrong: words.lines has it. */
  readonly line?: LineName;
  readonly facts: Facts;
  /** How long the stage took. */
  readonly ms: number;
}

/** What `peyk doctor --json` prints; docs/doctor.md documents it. Names and types here stay; new fields may come. */
export interface Report {
  readonly schema: "peyk-doctor/1";
  readonly url: string;
  /** ISO 8601. */
  readonly at: string;
  readonly verdict: Exclude<Verdict, "skipped">;
  /** Where it is broken, or the first warning. */
  readonly stage?: Stage;
  readonly cause?: CauseName;
  readonly party?: Party;
  readonly findings: readonly (Finding & {
    readonly party?: Party;
    readonly saw: string;
    readonly means: string;
    readonly next: string;
    readonly remedies: readonly Remedy[];
  })[];
}

/** A command to run or lines to write, as they are. */
export interface Remedy {
  /** Where it belongs: `nginx`, `Caddy`, `ufw`, `shell`, … */
  readonly where: string;
  readonly text: string;
  /** It fits who answered, or what he said. */
  readonly fits?: true;
}

/** Of `peyk doctor`: 0 where a connection works, else 10 and the place of the broken stage in `stages`; 2 is for wrong words. */
export const exitCode = ({ verdict, stage }: Pick<Report, "verdict" | "stage">): number =>
  verdict === "broken" ? 10 + stages.indexOf(stage!) : 0;
