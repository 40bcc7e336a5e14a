import { BlockList, isIP } from "node:net";

/** Where a request from this machine gets in: a server on one address answers there alone. */
export const loopbackOf = (host: string): string =>
  host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host === "localhost" ? "127.0.0.1" : host;

export const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || address.startsWith("127.");

/** Whether TRUST_PROXY names an address, alone or by its network. */
export function believes(trustProxy: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const entry of trustProxy) {
    const [network = "", prefix] = entry.split("/");
    const version = isIP(network);
    if (version === 0) continue;
    list.addSubnet(network, Number(prefix ?? (version === 4 ? 32 : 128)), version === 4 ? "ipv4" : "ipv6");
  }
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** RFC 1918 and RFC 4193. */
export const isPrivate = (address: string): boolean =>
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address) || /^f[cd]/i.test(address);
