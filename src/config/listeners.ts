import type { Config } from "./schema.ts";

/** Which ports speak what, and what those with TLS show. */
export interface Listeners {
  readonly ports: readonly number[];
  readonly tls: TlsListeners | undefined;
}

export interface TlsListeners {
  readonly ports: readonly number[];
  /** The setting that they come from, for sentences about them. */
  readonly setting: "PORT" | "TLS_PORT";
  readonly certFile: string;
  readonly keyFile: string;
}

type TlsConfig = Pick<Config, "port" | "tlsPort" | "tlsCert" | "tlsKey">;

/** A certificate makes PORT speak TLS; with TLS_PORT, PORT stays plain. Throws where the four do not go together. */
export function listenersOf({ port, tlsPort, tlsCert: certFile, tlsKey: keyFile }: TlsConfig): Listeners {
  if (certFile === undefined && keyFile === undefined) return plainListeners(port, tlsPort);
  if (keyFile === undefined) throw new Error(`TLS_CERT=${certFile}: TLS_KEY must name its private key, too.`);
  if (certFile === undefined) throw new Error(`TLS_KEY=${keyFile}: TLS_CERT must name its certificate, too.`);
  if (tlsPort === undefined) return { ports: [], tls: { ports: port, setting: "PORT", certFile, keyFile } };
  const both = tlsPort.find((each) => each !== 0 && port.includes(each));
  if (both !== undefined)
    throw new Error(`TLS_PORT=${both} is in PORT, too: a port is plain or speaks TLS. Take it out of one.`);
  return { ports: port, tls: { ports: tlsPort, setting: "TLS_PORT", certFile, keyFile } };
}

function plainListeners(ports: readonly number[], tlsPort: readonly number[] | undefined): Listeners {
  if (tlsPort === undefined) return { ports, tls: undefined };
  throw new Error(
    `TLS_PORT=${tlsPort}: there is no certificate. Set TLS_CERT and TLS_KEY, or unset TLS_PORT.`,
  );
}
