import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { because, known, type Outcome, ok } from "../outcome.ts";
import type { Facts } from "../report.ts";
import type { Walk } from "../walk.ts";
import { Line, LineFault } from "../wire/line.ts";

/** `filtered`: no answer at all. `unreachable`: some router, or this machine, says that there is no way. */
export type Reach = "open" | "refused" | "filtered" | "unreachable" | "reset";

export interface Attempt {
  readonly address: string;
  readonly reach: Reach;
  readonly ms: number;
}

/** What this machine is, as far as the judgement needs it. */
export interface Here {
  /** Addresses of this machine's own, without loopback. */
  readonly own: readonly string[];
  /** Of the addresses beside the asked one, where on this machine the port is open. */
  readonly openElsewhere: readonly string[];
}

/** Milliseconds that the others get once one address is open: browsers wait 250 ms (RFC 8305 8), others for ever. */
const grace = 1_000;
/** Milliseconds in which somebody who accepts only to hang up has done so. */
const resetPatience = 30;
/** Milliseconds. */
const slowestRefusal = 2_000;

export async function tcpStage(walk: Walk): Promise<Outcome> {
  const attempts = await tryAll(walk);
  walk.address = attempts.find(({ reach }) => reach === "open")?.address ?? "";
  return judgeReach(
    attempts,
    walk.address === "" ? await lookAround(walk) : { own: own(), openElsewhere: [] },
  );
}

/** All at once; when one is open, the others get a little more time. */
async function tryAll(walk: Walk): Promise<Attempt[]> {
  const { clock, timeout, addresses, target } = walk;
  const started = clock.monotonic();
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const attempts = new Map<string, Attempt>();
  const running = addresses.map(async (address) => {
    const reach = await reachOf(walk, address, target.port, timeout);
    attempts.set(address, { address, reach, ms: clock.monotonic() - started });
    if (reach === "open" && attempts.size < addresses.length) clock.after(grace, end);
  });
  await Promise.race([Promise.all(running), isOver]);
  const late = (address: string): Attempt => ({
    address,
    reach: "filtered",
    ms: clock.monotonic() - started,
  });
  return addresses.map((address) => attempts.get(address) ?? late(address));
}

async function reachOf({ clock }: Walk, address: string, port: number, ms: number): Promise<Reach> {
  const started = clock.monotonic();
  try {
    const line = await Line.open({ address, port }, ms, clock);
    await line.read(resetPatience);
    const { ending } = line;
    line.close();
    return ending?.how === "failure" ? "reset" : "open";
  } catch (error) {
    return toReach(error instanceof LineFault ? error.code : "", address, port, clock.monotonic() - started);
  }
}

async function toReach(code: string, address: string, port: number, ms: number): Promise<Reach> {
  if (code === "timeout" || code === "ETIMEDOUT") return "filtered";
  if (code === "ECONNRESET") return "reset";
  if (unreachable.includes(code)) return "unreachable";
  // A refusal comes with the first packet; only who looks for a neighbour in vain (ARP) takes so long.
  if (ms > slowestRefusal) return "unreachable";
  return (await isUnreachable(address, port)) ? "unreachable" : "refused";
}

/** EACCES: a rule of this machine's own forbids it (a route of type `prohibit`). */
const unreachable = [
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "EACCES",
  "EPERM",
  "EADDRNOTAVAIL",
];

/**
 * Bun 1.4.5's sockets say ECONNREFUSED where the system says EHOSTUNREACH or ENETUNREACH; its `fetch` passes on what the
 * system said. Who refuses is asked once more, then, by fetch.
 */
async function isUnreachable(address: string, port: number): Promise<boolean> {
  const host = isIP(address) === 6 ? `[${address}]` : address;
  try {
    const signal = AbortSignal.timeout(1_000);
    await fetch(`http://${host}:${port}/`, { method: "HEAD", redirect: "manual", signal });
    return false;
  } catch (error) {
    return unreachable.includes(String((error as { code?: unknown }).code));
  }
}

const own = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address.replace(/%.*$/, ""));

const isLoopback = (address: string): boolean => address === "::1" || /^127\./.test(address);

/** Somebody refuses. If this machine was asked: is the port open on another address of it? */
async function lookAround(walk: Walk): Promise<Here> {
  const { addresses, target } = walk;
  const mine = own();
  if (!addresses.some((address) => isLoopback(address) || mine.includes(address)))
    return { own: mine, openElsewhere: [] };
  const others = ["127.0.0.1", "::1", ...mine].filter(
    (address) => !addresses.includes(address) && !address.startsWith("fe80:"),
  );
  const reached = await Promise.all(
    others.map(async (address) => ({ address, reach: await reachOf(walk, address, target.port, 500) })),
  );
  return {
    own: mine,
    openElsewhere: reached.filter(({ reach }) => reach === "open").map(({ address }) => address),
  };
}

export function judgeReach(attempts: readonly Attempt[], here: Here): Outcome {
  const facts = { addresses: attempts.map(describe) };
  const open = attempts.find(({ reach }) => reach === "open");
  if (open !== undefined) return judgeOpen(attempts, open, here, facts);
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

function judgeOpen(attempts: readonly Attempt[], open: Attempt, here: Here, facts: Facts): Outcome {
  const found = { ...facts, address: open.address };
  const dead = attempts.filter((each) => each.reach !== "open" && isFelt(each, here));
  return dead.length === 0
    ? ok("tcp_ok", found)
    : because("address_dead", { ...found, dead: dead.map(({ address }) => address), why: dead[0]!.reach });
}

/**
 * Not where the name stands for this very machine: the next address is tried at once. Not where this machine has no
 * IPv6 at all: then no program here tries it.
 */
function isFelt({ address, reach }: Attempt, { own }: Here): boolean {
  if (isLoopback(address)) return false;
  const hasIpv6 = own.some((each) => isIP(each) === 6 && !each.startsWith("fe80:"));
  return !(isIP(address) === 6 && reach === "unreachable" && !hasIpv6);
}

const describe = ({ address, reach, ms }: Attempt): string => `${address} ${reach} ${Math.round(ms)} ms`;
