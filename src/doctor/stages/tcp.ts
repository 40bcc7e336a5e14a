import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { Outcome } from "../outcome.ts";
import type { Walk } from "../walk.ts";
import { type Line, LineFault } from "../wire/line.ts";
import { type Attempt, type Here, isLoopback, judgeReach, type Reach } from "./reach.ts";

/** Milliseconds that the others get at least once one address is open: browsers wait 250 ms (RFC 8305 8), others for ever. */
const grace = 1_000;
/** Milliseconds in which somebody who accepts only to hang up has done so. */
const resetPatience = 30;
/** Milliseconds. */
const slowestRefusal = 2_000;

export async function tcpStage(walk: Walk): Promise<Outcome> {
  const tries = await tryAll(walk);
  const open = tries.find(({ reach }) => reach === "open");
  walk.address = open?.address ?? "";
  for (const { line } of tries) if (line !== open?.line || walk.target.secure) line?.close();
  if (open?.line !== undefined && !walk.target.secure) walk.keep(open.line);
  return judgeReach(tries, open === undefined ? await lookAround(walk) : { openElsewhere: [] });
}

/** `line`: still open, where the address is. */
interface Try extends Attempt {
  readonly line?: Line;
}

/** All at once; when one is open, the others get a little more time. */
async function tryAll(walk: Walk): Promise<Try[]> {
  const { clock, timeout, addresses, pace } = walk;
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const tries = new Map<string, Try>();
  let isLate = false;
  const running = addresses.map(async (address) => {
    const tried = await tryOne(walk, address, timeout);
    if (isLate) return tried.line?.close();
    tries.set(address, tried);
    if (tried.reach === "open" && tries.size < addresses.length) clock.after(pace.patience(grace), end);
  });
  const started = clock.monotonic();
  await Promise.race([Promise.all(running), isOver]);
  isLate = true;
  const ms = clock.monotonic() - started;
  return addresses.map((address) => tries.get(address) ?? { address, reach: "filtered", ms });
}

async function tryOne(walk: Walk, address: string, patience: number): Promise<Try> {
  const { clock, target } = walk;
  const started = clock.monotonic();
  const after = () => clock.monotonic() - started;
  try {
    const line = await walk.dial({ address, port: target.port }, patience);
    await line.wait(resetPatience);
    if (line.ending?.how !== "failure") return { address, reach: "open", ms: after(), line };
    line.close();
    return { address, reach: "reset", ms: after() };
  } catch (error) {
    const code = error instanceof LineFault ? error.code : "";
    const ms = after();
    return { address, reach: await toReach(walk, code, address, ms), ms };
  }
}

async function toReach({ target, pace }: Walk, code: string, address: string, ms: number): Promise<Reach> {
  if (code === "timeout" || code === "ETIMEDOUT") return "filtered";
  if (code === "ECONNRESET") return "reset";
  if (unreachable.includes(code)) return "unreachable";
  // A refusal comes with the first packet; only who looks for a neighbour in vain (ARP) takes so long.
  if (ms > slowestRefusal) return "unreachable";
  pace.saw(ms);
  return (await isUnreachable(address, target.port, pace.patience(1_000))) ? "unreachable" : "refused";
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
async function isUnreachable(address: string, port: number, ms: number): Promise<boolean> {
  const host = isIP(address) === 6 ? `[${address}]` : address;
  try {
    const signal = AbortSignal.timeout(ms);
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
  const { addresses } = walk;
  const mine = own();
  if (!addresses.some((address) => isLoopback(address) || mine.includes(address)))
    return { openElsewhere: [] };
  const others = ["127.0.0.1", "::1", ...mine].filter(
    (address) => !addresses.includes(address) && !address.startsWith("fe80:"),
  );
  const tries = await Promise.all(others.map((address) => tryOne(walk, address, 500)));
  for (const { line } of tries) line?.close();
  return { openElsewhere: tries.filter(({ reach }) => reach === "open").map(({ address }) => address) };
}
