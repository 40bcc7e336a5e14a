import { type Fit, opposite } from "./rules.ts";

/** Of libnftables-json(5). */
export type Json = { readonly [key: string]: unknown };

const neutral = ["counter", "log", "comment", "mangle", "notrack", "set", "ct helper", "flow"];

/** Whether one condition of a rule fits a new connection to this port, from an outsider. */
export function fitOf(expression: Json, port: number): Fit {
  if ("match" in expression) return matchFit(expression.match as Json, port);
  if (neutral.some((name) => name in expression)) return "yes";
  return "limit" in expression || "quota" in expression || "ct count" in expression ? "some" : "unclear";
}

/** A comparison, as it stands in a rule or as a key and its entry in a map. */
export function matchFit({ op, left, right }: Json, port: number): Fit {
  const fit = leftFit(left as Json, right, port);
  return op === "!=" ? opposite(fit) : fit;
}

function leftFit(left: Json, right: unknown, port: number): Fit {
  const { payload, meta, ct, fib } = left as { payload?: Json; meta?: Json; ct?: Json; fib?: Json };
  if (payload !== undefined) return payloadFit(payload, right, port);
  if (meta !== undefined) return metaFit(String(meta.key), right);
  if (ct?.key === "state") return contains(right, (each) => each === "new") ? "yes" : "no";
  if (ct?.key === "status") return "no";
  if (fib?.result === "type") return contains(right, (each) => each === "local") ? "yes" : "no";
  // Flags of TCP, marks, where it came from: a connection may have them.
  return fib !== undefined || "&" in left || ct !== undefined ? "some" : "unclear";
}

function payloadFit({ protocol, field }: Json, right: unknown, port: number): Fit {
  if (field === "dport" && (protocol === "tcp" || protocol === "th")) return portFit(right, port);
  if (field === "protocol" || field === "nexthdr") return protocolFit(right);
  if (field === "saddr") return contains(right, (each) => String(each).startsWith("127.")) ? "no" : "some";
  if (["udp", "icmp", "icmpv6", "sctp", "igmp", "ip6", "ether", "arp"].includes(String(protocol)))
    return "no";
  return protocol === "ip" || protocol === "tcp" ? "some" : "unclear";
}

/** A named set may hold it. */
const portFit = (right: unknown, port: number): Fit =>
  typeof right === "string" && right.startsWith("@")
    ? "unclear"
    : contains(right, (each) => isPort(each, port))
      ? "yes"
      : "no";

function isPort(value: unknown, port: number): boolean {
  const range = (value as { range?: [number, number] } | null)?.range;
  return range === undefined ? Number(value) === port : range[0] <= port && port <= range[1];
}

const protocolFit = (right: unknown): Fit =>
  contains(right, (each) => each === "tcp" || each === 6) ? "yes" : "no";

function metaFit(key: string, right: unknown): Fit {
  if (key === "l4proto") return protocolFit(right);
  if (key === "nfproto") return contains(right, (each) => each === "ipv4") ? "yes" : "no";
  if (key === "protocol") return contains(right, (each) => each === "ip") ? "yes" : "no";
  if (key === "pkttype") return contains(right, (each) => each === "host") ? "yes" : "no";
  if (key !== "iif" && key !== "iifname") return "some";
  const names = valuesOf(right);
  return names.every((each) => each === "lo") ? "no" : "some";
}

/** One value, a list of flags, or `{ set: […] }`. */
const valuesOf = (right: unknown): unknown[] => {
  const set = (right as { set?: unknown } | null)?.set;
  return Array.isArray(set) ? set : Array.isArray(right) ? right : [right];
};

const contains = (right: unknown, fits: (value: unknown) => boolean): boolean => valuesOf(right).some(fits);
