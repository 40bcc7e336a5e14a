import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { found, type LocalCheck, type Outcome, type OutcomeName } from "../catalogue.ts";
import type { ConfiguredPort, Situation } from "../situation.ts";
import { namesOf } from "./certificate-files.ts";
import { isLoopback, isPrivate } from "./network.ts";

type Interfaces = ReturnType<typeof networkInterfaces>;

/** What others could type to reach this server, and how far each address carries. */
export const addressesCheck = (
  situation: Situation,
  interfaces: () => Interfaces = networkInterfaces,
): LocalCheck => ({
  group: "addresses",
  async run() {
    const { config, ports } = situation;
    const port = ports.find(({ tls }) => !tls) ?? ports[0]!;
    if (isLoopback(config.host)) return [found("address_loopback", { url: url(port, "127.0.0.1") })];
    const named = namedAddresses(situation);
    const own = ownAddresses(config.host, interfaces());
    const outcomes = own.map((each) => found(each.kind, { url: url(port, each.address), ...each }));
    const isPublic = own.some(({ kind }) => kind === "address_public");
    return [...named, ...outcomes, ...(isPublic ? [] : [found("address_not_public")])];
  },
});

const url = ({ port, tls }: ConfiguredPort, host: string): string =>
  `${tls ? "wss" : "ws"}://${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** PUBLIC_URL, and the names of the certificate. */
function namedAddresses({ config, ports }: Situation): Outcome[] {
  const given = config.publicUrl === undefined ? [] : [config.publicUrl.replace(/^http/, "ws")];
  const tlsPort = ports.find(({ tls }) => tls);
  const names = tlsPort === undefined ? [] : namesOf(config.tlsCert).filter(isHandedOut);
  const urls = [...given, ...names.map((name) => url(tlsPort!, name))];
  return urls.map((each) => found("address_named", { url: each }));
}

const isHandedOut = (name: string): boolean => !name.startsWith("*") && !isLoopback(name);

/** Addresses of a link alone are left out: they need the name of an interface, which differs at the other end. */
function ownAddresses(host: string, interfaces: Interfaces) {
  const all = Object.entries(interfaces).flatMap(([name, each]) =>
    (each ?? []).map(({ address, internal }) => ({ name, address, internal })),
  );
  const carried = all.filter(
    ({ internal, address }) => !internal && !/^(fe[89ab]|169\.254\.)/i.test(address),
  );
  return carried.flatMap(({ name, address }) => {
    const kind = kindOf(address, name);
    const facts = { address, interface: name };
    if (host === "::" || host === address || (host === "0.0.0.0" && !isIPv6(address)))
      return [{ ...facts, kind }];
    // Names often lead to it, and then half of the clients knock there first.
    const isMissed = host === "0.0.0.0" && kind === "address_public";
    return isMissed ? [{ ...facts, kind: "address_ipv6_unserved" as const }] : [];
  });
}

/** Bridges that container engines and virtual machines make: who comes by them is on this machine already. */
const bridge = /^(docker|br-|veth|cni|podman|virbr|lxc|lxd|vmnet|vboxnet|flannel|cali|kube)/;
const tunnel = /^(tun|tap|wg|tailscale|zt|utun|ppp|nebula)/;

/**
 * How far an address carries: RFC 1918 and RFC 4193 (a network of one's own), RFC 6598 (100.64.0.0/10, shared by the
 * customers of one provider; tunnels such as Tailscale's use it too), else the internet.
 */
export function kindOf(address: string, name: string): OutcomeName {
  if (bridge.test(name)) return "address_container";
  if (tunnel.test(name)) return "address_tunnel";
  if (/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address)) return "address_cgnat";
  return isPrivate(address) ? "address_lan" : "address_public";
}
