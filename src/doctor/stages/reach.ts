import { isIP } from "node:net";
import { because, known, type Outcome, ok } from "../outcome.ts";
import type { Facts } from "../report.ts";

/** `filtered`: no answer at all. `unreachable`: some router, or this machine, says that there is no way. */
export type Reach = "open" | "refused" | "filtered" | "unreachable" | "reset";

export interface Attempt {
  readonly address: string;
  readonly reach: Reach;
  readonly ms: number;
}

/** Milliseconds within which an answer is no wait. */
const quick = 300;

/** What this machine is, as far as the judgement needs it. */
export interface Here {
  /** Of the addresses beside the asked one, where on this machine the port is open. */
  readonly openElsewhere: readonly string[];
}

export const isLoopback = (address: string): boolean => address === "::1" || /^127\./.test(address);

export function judgeReach(attempts: readonly Attempt[], here: Here): Outcome {
  const facts = { addresses: attempts.map(describe) };
  const open = attempts.find(({ reach }) => reach === "open");
  if (open !== undefined) return judgeOpen(attempts, open, facts);
  const worst = order.flatMap((reach) => attempts.find((each) => each.reach === reach) ?? [])[0];
  if (worst === undefined) return because("unreachable", facts);
  return judgeClosed(worst, here, { ...facts, address: worst.address, seconds: Math.round(worst.ms / 1000) });
}

/** Which of several failures says most: somebody who answers knows more than silence. */
const order: readonly Reach[] = ["reset", "refused", "filtered", "unreachable"];

const causeOf = {
  refused: "refused",
  filtered: "filtered",
  unreachable: "unreachable",
  reset: "tcp_reset",
} as const;

function judgeClosed({ address, reach }: Attempt, { openElsewhere }: Here, facts: Facts): Outcome {
  const elsewhere = openElsewhere[0];
  if (reach === "refused" && !isLoopback(address) && openElsewhere.some(isLoopback))
    return because("loopback_only", { ...facts, elsewhere: openElsewhere.find(isLoopback)! });
  return because(causeOf[reach as Exclude<Reach, "open">], known({ ...facts, elsewhere }));
}

function judgeOpen(attempts: readonly Attempt[], open: Attempt, facts: Facts): Outcome {
  const found = { ...facts, address: open.address };
  const dead = attempts.filter((each) => each.reach !== "open" && isFelt(each));
  return dead.length === 0
    ? ok("tcp_ok", found)
    : because("address_dead", { ...found, dead: dead.map(({ address }) => address), why: dead[0]!.reach });
}

/**
 * Not where the name stands for this very machine: the next address is tried at once. Not where somebody says at once
 * that there is no way to an IPv6 address: as a rule this machine's own network has none, and no client waits.
 */
function isFelt({ address, reach, ms }: Attempt): boolean {
  if (isLoopback(address)) return false;
  return !(isIP(address) === 6 && reach === "unreachable" && ms < quick);
}

const describe = ({ address, reach, ms }: Attempt): string => `${address} ${reach} ${Math.round(ms)} ms`;
