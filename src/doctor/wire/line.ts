import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Clock } from "../../core/clock.ts";

/** Where a line goes: one address, already resolved. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly tls?: TlsWish;
}

export interface TlsWish {
  /** Name for SNI; absent for an address, which SNI does not know (RFC 6066 3). */
  readonly servername?: string;
  /** PEM. What else is believed than what Bun believes by itself. */
  readonly ca?: readonly string[];
  readonly minVersion?: "TLSv1";
}

/** How the other side ended: an orderly end of the stream, or a reset or another failure, with the system's code. */
export interface Ending {
  readonly how: "end" | "failure";
  readonly code: string;
}

/** Milliseconds in which a goodbye gets out. */
const lastWords = 50;

/** A connection that did not come about. `code` as the system or the TLS library calls it; `timeout`: nothing came. */
export class LineFault extends Error {
  readonly code: string;
  constructor(code: string, message = code) {
    super(message);
    this.name = "LineFault";
    this.code = code;
  }
}

/**
 * Bytes to and from one address, over TCP or TLS, with nothing in between: ready HTTP and WebSocket libraries hide what
 * a doctor must see. Certificates are looked at and not obeyed; the TLS stage judges them.
 */
export class Line {
  readonly socket: Socket | TLSSocket;
  readonly #clock: Clock;
  readonly #chunks: Uint8Array[] = [];
  #ending: Ending | undefined;
  #wake: () => void = () => {};
  #leaves = false;

  private constructor(socket: Socket, clock: Clock) {
    this.socket = socket;
    this.#clock = clock;
    socket.on("data", (data: Buffer) => {
      this.#chunks.push(new Uint8Array(data));
      this.#wake();
    });
    socket.on("error", (error) => this.#end({ how: "failure", code: codeOf(error) }));
    socket.on("end", () => this.#end({ how: "end", code: "" }));
    socket.on("close", () => this.#end({ how: "end", code: "" }));
  }

  /** Rejects with a LineFault; `timeout` after `ms` milliseconds. */
  static open(endpoint: Endpoint, ms: number, clock: Clock): Promise<Line> {
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    const socket = dial(endpoint);
    const line = new Line(socket, clock);
    const fail = (fault: LineFault) => {
      reject(fault);
      socket.destroy();
    };
    const cancel = clock.after(ms, () => fail(new LineFault("timeout")));
    socket.once(endpoint.tls === undefined ? "connect" : "secureConnect", () => resolve(line));
    socket.once("error", (error) => fail(new LineFault(codeOf(error), error.message)));
    socket.once("close", () => fail(new LineFault("ECONNRESET")));
    return promise.finally(cancel);
  }

  /** Set when the other side has ended, which may be before everything that came was read. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  write(bytes: Uint8Array | string): void {
    if (this.#ending === undefined && !this.socket.destroyed) this.socket.write(bytes);
  }

  /** Resolves when something came or the other side ended, or after `ms` milliseconds; nothing is taken away. */
  async wait(ms: number): Promise<void> {
    if (this.#chunks.length === 0 && this.#ending === undefined && ms > 0) await this.#change(ms);
  }

  /** What came next, all in one. `undefined`: nothing within `ms` milliseconds, or the end: `ending` tells. */
  async read(ms: number): Promise<Uint8Array | undefined> {
    await this.wait(ms);
    return this.#chunks.length === 0 ? undefined : join(this.#chunks.splice(0));
  }

  #change(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, resolve);
    this.#wake = resolve;
    return promise.finally(cancel);
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#wake();
  }

  /** Hangs up as soon as what was written is out. */
  leave(): void {
    this.#leaves = true;
    this.socket.end();
    this.#clock.after(lastWords, () => this.socket.destroy());
  }

  /** Hangs up now, unless it is leaving. */
  close(): void {
    if (!this.#leaves) this.socket.destroy();
  }
}

function dial({ address, port, tls }: Endpoint): Socket {
  if (tls === undefined) return connectTcp({ host: address, port });
  const { servername, ca, minVersion } = tls;
  return connectTls({
    host: address,
    port,
    rejectUnauthorized: false,
    // As browsers ask for WebSockets: RFC 6455 is HTTP/1.1 alone.
    ALPNProtocols: ["http/1.1"],
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(minVersion === undefined ? {} : { minVersion }),
  });
}

const codeOf = (error: Error): string => (error as { code?: string }).code ?? error.message;

export const join = (chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks));
