import { networkInterfaces } from "node:os";
import type { App } from "../app.ts";
import { version } from "../version.ts";

export interface Login {
  readonly email: string;
  readonly password: string;
}

type Interfaces = ReturnType<typeof networkInterfaces>;
type Listening = Pick<App, "urls" | "certificate">;

/** What `peyk serve` prints when it listens: every address that answers, what to try, and the first login. */
export function banner(app: Listening, login?: Login, interfaces: Interfaces = networkInterfaces()): string {
  const pages = app.urls.flatMap((url) => reachable(url, app.certificate?.names ?? [], interfaces));
  const lines = [
    `Peyk ${version} is listening.`,
    "",
    ...addressRows(pages),
    "",
    ...hints(pages),
    ...certificateLine(app.certificate),
    ...loginLines(login),
  ];
  return `${lines.join("\n")}\n`;
}

const socketUrl = (page: URL, path: string): string => `${page.origin.replace(/^http/, "ws")}/ws/${path}`;

/** One row for each: the page, the socket, and where the documents are. */
function addressRows(pages: readonly URL[]): string[] {
  const rows = pages.map((page) => [page.href, socketUrl(page, "{client_id}")] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(
    ([page, socket]) => `  ${page.padEnd(widths[0]!)}  ${socket.padEnd(widths[1]!)}  documents at /docs`,
  );
}

/** An address to try at once, and one to type into a device: without TLS if it may be, which small boards lack. */
function hints(pages: readonly URL[]): string[] {
  const outside = pages.filter(({ hostname }) => !isLoopback(hostname));
  const forDevices = outside.find(({ protocol }) => protocol === "http:") ?? outside[0];
  const device = forDevices && `  for a device    ${socketUrl(forDevices, "pico")}`;
  return [`  to try it       ${socketUrl(pages[0]!, "test/")}`, ...(device === undefined ? [] : [device])];
}

function certificateLine(certificate: App["certificate"]): string[] {
  if (certificate === undefined) return [];
  const names = certificate.names.join(", ") || "no host name";
  return [`  certificate     for ${names}; until ${certificate.expires.toISOString().slice(0, 10)}`];
}

function loginLines(login: Login | undefined): string[] {
  if (login === undefined) return [];
  return [
    "",
    "First start: an administrator was made. This password is shown only now.",
    `  email     ${login.email}`,
    `  password  ${login.password}`,
  ];
}

/**
 * A server on all interfaces is reached at each of this machine's addresses, and by the names of its certificate.
 * Link-local addresses are left out: they need the name of an interface, which differs at the other end.
 */
function reachable(url: URL, names: readonly string[], interfaces: Interfaces): URL[] {
  const all = url.hostname === "[::]" ? ["IPv4", "IPv6"] : ["IPv4"];
  const isWildcard = ["0.0.0.0", "[::]"].includes(url.hostname);
  const found = Object.values(interfaces).flatMap((each) => each ?? []);
  const addresses = found
    .filter(
      ({ internal, family, address }) => !internal && all.includes(family) && !/^fe[89ab]/i.test(address),
    )
    .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  const named = url.protocol === "https:" && !isLoopback(url.hostname) ? names.filter(isHostName) : [];
  const hosts = isWildcard ? ["localhost", ...addresses, ...named] : [url.hostname, ...named];
  return [...new Set(hosts)].map((host) => at(url, host));
}

function at(url: URL, host: string): URL {
  const moved = new URL(url);
  moved.hostname = host;
  return moved;
}

/** `*.example.com` is no address. */
const isHostName = (name: string): boolean => !name.startsWith("*") && !isLoopback(name);

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host.startsWith("127.");
