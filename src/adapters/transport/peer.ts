import { BlockList, isIP } from "node:net";
import type { Peer } from "../../core/transport.ts";

/** Addresses and networks (`10.0.0.0/8`) whose `X-Forwarded-For` is believed. Throws for what is neither. */
export function trustedProxies(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/");
    const family = familyOf(address);
    if (family === undefined) throw new Error(`${entry} is no IP address and no network such as 10.0.0.0/8`);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

const familyOf = (address: string): "ipv4" | "ipv6" | undefined => {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
};

/** IPv4 addresses arrive as `::ffff:192.0.2.1` on a socket that listens for both families. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, "");

const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.");

const isTrusted = (trusted: BlockList, address: string): boolean => {
  const family = familyOf(address);
  return family !== undefined && trusted.check(address, family);
};

/** Headers that only a proxy adds; clients that send them pass for strangers, which harms nobody but them. */
const marks = [
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "forwarded",
  "x-real-ip",
  "via",
  "cf-connecting-ip",
];

/**
 * Who is at the other end. Behind trusted proxies it is the last address in `X-Forwarded-For` that is not one of
 * them: what stands before it is the client's own word.
 */
export function peerOf(socketAddress: string, headers: Headers, trusted: BlockList): Peer {
  const direct = plain(socketAddress);
  const forwardedFor = headers.get("x-forwarded-for");
  const forwarded = marks.some((name) => headers.has(name));
  if (!isTrusted(trusted, direct)) {
    const peer = { address: direct, loopback: isLoopback(direct), forwarded };
    return forwarded ? { ...peer, doubted: true } : peer;
  }
  // A proxy that does not say for whom it asks stands for a stranger.
  if (forwardedFor === null) return { address: direct, loopback: false, forwarded: true };
  const chain = forwardedFor.split(",").map((each) => plain(each.trim()));
  const client = chain.findLast((each) => !isTrusted(trusted, each)) ?? chain[0] ?? direct;
  return { address: isIP(client) === 0 ? direct : client, loopback: false, forwarded };
}
