import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../kit/temp.ts";
import { freePort } from "./port.ts";
import { startServer } from "./server.ts";

/** Caddy with these lines in its site, without its administration port. Returns its port. */
export async function caddy(stack: AsyncDisposableStack, site: string, address = ""): Promise<number> {
  const { path: folder } = stack.use(tempDir());
  const port = await freePort();
  const file = join(folder, "Caddyfile");
  const where = address === "" ? `http://127.0.0.1:${port}` : `${address}:${port}`;
  writeFileSync(file, `{\n  admin off\n  auto_https off\n}\n${where} {\n  bind 127.0.0.1\n  ${site}\n}\n`);
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  await startServer(stack, ["caddy", "run", "--config", file, "--adapter", "caddyfile"], port, { env });
  return port;
}

export interface HaproxyOptions {
  readonly frontend?: string;
  readonly backend?: string;
  readonly defaults?: string;
  /** After the port: `ssl crt …`. */
  readonly bind?: string;
}

/** HAProxy in front of this port, with time-outs as its manual's examples have them. Returns its port. */
export async function haproxy(
  stack: AsyncDisposableStack,
  server: string,
  options: HaproxyOptions = {},
): Promise<number> {
  const { path: folder } = stack.use(tempDir());
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, haproxyConfiguration(port, server, options));
  await startServer(stack, ["haproxy", "-db", "-f", file], port);
  return port;
}

const haproxyConfiguration = (port: number, server: string, options: HaproxyOptions) => `
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
  ${options.defaults ?? ""}
frontend all
  bind 127.0.0.1:${port} ${options.bind ?? ""}
  ${options.frontend ?? ""}
  default_backend peyk
backend peyk
  ${options.backend ?? ""}
  ${server}
`;

const apacheModules = ["mpm_event", "authz_core", "proxy", "proxy_http", "rewrite"];

/** Apache with these modules beside its basic ones, and these lines in its one host. Returns its port. */
export async function apache(
  stack: AsyncDisposableStack,
  modules: readonly string[],
  host: string,
): Promise<number> {
  const { path: folder } = stack.use(tempDir());
  const port = await freePort();
  const file = join(folder, "apache.conf");
  const load = [...apacheModules, ...modules].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  );
  const lines = [
    `ServerName localhost`,
    `PidFile ${folder}/pid`,
    `Listen 127.0.0.1:${port}`,
    `ErrorLog ${folder}/log`,
  ];
  const whole = [...load, `DefaultRuntimeDir ${folder}`, ...lines, "User www-data", "Group www-data", host];
  writeFileSync(file, `${whole.join("\n")}\n`);
  await startServer(stack, ["apache2", "-D", "FOREGROUND", "-f", file], port);
  return port;
}
