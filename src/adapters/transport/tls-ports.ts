import type { Server } from "bun";
import type { Cancel, Clock } from "../../core/clock.ts";
import type { Events } from "../../core/events.ts";
import type { SocketHandler } from "../../core/transport.ts";
import { preferNewestListener } from "../system/newest-listener.ts";
import { type Certificate, type CertificateFiles, readCertificate, stampOf } from "./certificate.ts";

export interface TlsOptions extends CertificateFiles {
  /** 0: any free port. */
  readonly ports: readonly number[];
  /** The setting that the ports come from. */
  readonly setting: string;
  readonly clock: Clock;
  readonly events: Events;
}

/** Serves a port with a certificate. `shared`: other sockets of ours may listen there, too. */
export type Listen = (port: number, certificate: Certificate, shared: boolean) => Server<SocketHandler>;

/** Milliseconds between looks at the files. They count as written when two looks in a row see the same. */
const lookEvery = 5_000;
/**
 * Milliseconds that the old server stays after the new one has taken its place. Handshakes that it has begun would
 * break if it stopped at once; Bun's `idleTimeout` ends the last of them sooner than this.
 */
const retireAfter = 15_000;

/**
 * The ports that speak TLS. Bun cannot change a server's certificate, so a changed one gets a second server on the same
 * port. New connections go there; what is open stays with the old server, until it ends by itself.
 */
export class TlsPorts {
  readonly #options: TlsOptions;
  readonly #listen: Listen;
  readonly #old = new Set<Server<SocketHandler>>();
  #servers: Server<SocketHandler>[] = [];
  #certificate: Certificate;
  #seen: string;
  #used: string;
  #cancels: Cancel[] = [];

  /** Throws a sentence where the files are no certificate with its key. */
  constructor(options: TlsOptions, listen: Listen) {
    this.#options = options;
    this.#listen = listen;
    this.#seen = this.#used = stampOf(options);
    this.#certificate = readCertificate(options);
  }

  get certificate(): Certificate {
    return this.#certificate;
  }

  async start(): Promise<readonly URL[]> {
    for (const port of this.#options.ports) this.#servers.push(await this.#claim(port));
    this.#cancels.push(this.#options.clock.every(lookEvery, () => this.#look()));
    return this.#servers.map(({ url }) => url);
  }

  /** A port that is shared would be shared with a second Peyk, too: so see first that nobody is there. */
  async #claim(port: number): Promise<Server<SocketHandler>> {
    const alone = this.#listen(port, this.#certificate, false);
    const claimed = alone.port ?? port;
    await alone.stop(true);
    const server = this.#listen(claimed, this.#certificate, true);
    preferNewestListener(claimed);
    return server;
  }

  #look(): void {
    const stamp = stampOf(this.#options);
    const isQuiet = stamp === this.#seen;
    this.#seen = stamp;
    if (!isQuiet || stamp === this.#used) return;
    this.#used = stamp;
    this.#reload();
  }

  #reload(): void {
    const { events } = this.#options;
    try {
      this.#replace(readCertificate(this.#options));
      const { names, expires } = this.#certificate;
      events.emit("tls.reloaded", { names, expires: expires.toISOString() });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      events.emit("tls.reload_failed", { detail: `The old certificate stays in use. ${why}` });
    }
  }

  #replace(certificate: Certificate): void {
    // Two on one port at most: the newest of three would not be the second.
    for (const server of this.#old) this.#retire(server);
    for (const [i, server] of this.#servers.entries()) {
      this.#servers[i] = this.#listen(server.port ?? 0, certificate, true);
      this.#old.add(server);
      this.#cancels.push(this.#options.clock.after(retireAfter, () => this.#retire(server)));
    }
    this.#certificate = certificate;
  }

  /** It listens no more, and has gone when its last connection has. */
  #retire(server: Server<SocketHandler>): void {
    void server.stop(false).then(() => this.#old.delete(server));
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel();
    const servers = [...this.#servers.splice(0), ...this.#old];
    await Promise.all(servers.map((server) => server.stop(true)));
  }
}
