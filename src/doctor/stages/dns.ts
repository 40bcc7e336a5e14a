import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { because, type Outcome, ok } from "../outcome.ts";
import type { Walk } from "../walk.ts";

/** What the system's resolver said: addresses in its order, or its error's name. */
export type Resolved = { readonly addresses: readonly string[] } | { readonly code: string };

export async function dnsStage(walk: Walk): Promise<Outcome> {
  const { host } = walk.target;
  const resolved = isIP(host) === 0 ? await resolve(walk, host) : { addresses: [host] };
  if ("addresses" in resolved) walk.addresses = resolved.addresses;
  return judgeNames(host, resolved);
}

/** As the system resolves names for every program: /etc/hosts, mDNS, and what else it knows. */
async function resolve({ clock, timeout }: Walk, host: string): Promise<Resolved> {
  const { promise: late, resolve: giveUp } = Promise.withResolvers<Resolved>();
  const cancel = clock.after(timeout, () => giveUp({ code: "ETIMEOUT" }));
  try {
    return await Promise.race([addressesOf(host), late]);
  } finally {
    cancel();
  }
}

async function addressesOf(host: string): Promise<Resolved> {
  try {
    const found = await lookup(host, { all: true });
    return { addresses: [...new Set(found.map(({ address }) => address))] };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? "EAI_FAIL" };
  }
}

/** Resolvers say of a name that nobody has. Everything else is their own trouble. */
const unknownNames = ["ENOTFOUND", "ENODATA", "EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY"];

export function judgeNames(host: string, resolved: Resolved): Outcome {
  if (isIP(host) !== 0) return ok("dns_literal", { addresses: [host] });
  if ("code" in resolved)
    return because(unknownNames.includes(resolved.code) ? "name_unknown" : "resolver_failed", {
      code: resolved.code,
    });
  return resolved.addresses.length === 0
    ? because("name_unknown", { code: "ENODATA" })
    : ok("dns_ok", { addresses: resolved.addresses });
}
