import type { Peer } from "./transport.ts";

const loopbackName = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * Whether a request comes from this very machine, and from nobody behind it: the socket's own peer is loopback, `Host`
 * is a loopback name, no forwarding header is present, and any `Origin` is loopback too (a page of another origin may
 * run in the operator's own browser). A proxy on this machine that hides all of this cannot be told apart: name it in
 * TRUST_PROXY.
 */
export function isThisMachine(headers: Headers, { loopback, forwarded }: Peer): boolean {
  if (!loopback || forwarded || !loopbackName.test(headers.get("host") ?? "")) return false;
  const origin = headers.get("origin");
  return origin === null || isLoopbackOrigin(origin);
}

const isLoopbackOrigin = (origin: string): boolean =>
  URL.canParse(origin) && loopbackName.test(new URL(origin).host);
