import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { Outcome } from "../outcome.ts";
import type { Walk } from "../walk.ts";
import { Line, LineFault } from "../wire/line.ts";
import { type Attempt, type Here, isLoopback, judgeReach, type Reach } from "./reach.ts";

/** Milliseconds that the others get once one address is open: browsers wait 250 ms (RFC 8305 8), others for ever. */
const grace = 1_000;
/** Milliseconds in which somebody who accepts only to hang up has done so. */
const resetPatience = 30;
/** Milliseconds. */
const slowestRefusal = 2_000;

export async function tcpStage(walk: Walk): Promise<Outcome> {
  const attempts = await tryAll(walk);
  walk.address = attempts.find(({ reach }) => reach === "open")?.address ?? "";
  return judgeReach(attempts, walk.address === "" ? await lookAround(walk) : { openElsewhere: [] });
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

/** Somebody refuses. If this machine was asked: is the port open on another address of it? */
async function lookAround(walk: Walk): Promise<Here> {
  const { addresses, target } = walk;
  const mine = own();
  if (!addresses.some((address) => isLoopback(address) || mine.includes(address)))
    return { openElsewhere: [] };
  const others = ["127.0.0.1", "::1", ...mine].filter(
    (address) => !addresses.includes(address) && !address.startsWith("fe80:"),
  );
  const reached = await Promise.all(
    others.map(async (address) => ({ address, reach: await reachOf(walk, address, target.port, 500) })),
  );
  return {
    openElsewhere: reached.filter(({ reach }) => reach === "open").map(({ address }) => address),
  };
}
