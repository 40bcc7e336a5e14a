import type { BlockList } from "node:net";
import type { Server, ServerWebSocket } from "bun";
import type {
  Peer,
  SendStatus,
  Socket,
  SocketHandler,
  Transport,
  TransportHandlers,
} from "../../core/transport.ts";
import { Fault, faults } from "../../protocol/faults.ts";
import { portOwner } from "../system/port-owner.ts";
import type { Certificate } from "./certificate.ts";
import { peerOf, trustedProxies } from "./peer.ts";
import { type TlsOptions, TlsPorts } from "./tls-ports.ts";

export interface BunTransportOptions {
  readonly host: string;
  /** Plain ones; 0: any free port. */
  readonly ports: readonly number[];
  /** Ports that speak TLS. */
  readonly tls?: TlsOptions | undefined;
  readonly maxMessageBytes: number;
  readonly trustProxy: readonly string[];
}

/** How a TLS port is served, beyond what is the same for all. */
interface ServeOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly reusePort?: boolean;
  readonly setting?: string;
}

/** Bytes that an HTTP request's body may have. */
const maxBodyBytes = 1024 * 1024;
/** Seconds that a connection without a complete request may idle: half-open handshakes end here. */
const idleSeconds = 10;
/** Subprotocols that we may select. Bun would echo the client's first offer, which may be a token. */
const subprotocols = ["peyk", "json", "arduino"];

/** `Bun.serve`: HTTP and WebSocket on the same ports. */
export class BunTransport implements Transport {
  readonly #options: BunTransportOptions;
  readonly #trusted: BlockList;
  #servers: Server<SocketHandler>[] = [];
  #tls: TlsPorts | undefined;

  constructor(options: BunTransportOptions) {
    this.#options = options;
    this.#trusted = trustedProxies(options.trustProxy);
  }

  async start(handlers: TransportHandlers): Promise<readonly URL[]> {
    try {
      for (const port of this.#options.ports) this.#servers.push(this.#serve(port, handlers));
      return [...this.#servers.map(({ url }) => url), ...(await this.#startTls(handlers))];
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #startTls(handlers: TransportHandlers): Promise<readonly URL[]> {
    const { tls } = this.#options;
    if (tls === undefined) return [];
    this.#tls = new TlsPorts(tls, (port, { cert, key }, shared) => {
      const more = { tls: { cert, key }, reusePort: shared, setting: tls.setting };
      return this.#serve(port, handlers, more);
    });
    return this.#tls.start();
  }

  /** What the TLS ports show now. */
  get certificate(): Certificate | undefined {
    return this.#tls?.certificate;
  }

  #serve(port: number, handlers: TransportHandlers, more: ServeOptions = {}): Server<SocketHandler> {
    const { setting = "PORT", ...options } = more;
    const hostname = this.#options.host;
    try {
      return Bun.serve<SocketHandler>({
        hostname,
        port,
        // With `development: false` Bun would share a port with whoever holds it, and each would get half of the clients.
        reusePort: false,
        ...options,
        idleTimeout: idleSeconds,
        maxRequestBodySize: maxBodyBytes,
        development: false,
        fetch: (request, server) => this.#fetch(request, server, handlers),
        error: () => new Response("internal error\n", { status: 500 }),
        websocket: {
          ...socketHandlers,
          maxPayloadLength: this.#options.maxMessageBytes,
          idleTimeout: 0,
          sendPings: false,
          perMessageDeflate: false,
        },
      });
    } catch (error) {
      throw listenError(error, hostname, `${setting}=${port}`, port);
    }
  }

  #fetch(request: Request, server: Server<SocketHandler>, handlers: TransportHandlers) {
    const { headers } = request;
    const peer = peerOf(server.requestIP(request)?.address ?? "", headers, this.#trusted);
    // Bun builds the URL from it: a Host of `x/metrics?` would change the path.
    if (!hostPattern.test(headers.get("host") ?? "")) {
      const fault = new Fault("bad_request", "The Host header is no host name.");
      return plain(400, fault.message, handlers.refused(request, "", peer, fault, "host"));
    }
    if (headers.get("upgrade")?.toLowerCase() !== "websocket") return handlers.http(request, peer);
    if (headers.get("sec-websocket-version") !== "13") return this.#refuseVersion(request, peer, handlers);
    return this.#upgrade(request, server, peer, handlers);
  }

  #refuseVersion(request: Request, peer: Peer, handlers: TransportHandlers): Response {
    const fault = new Fault("upgrade_required", `${faults.upgrade_required.message}, version 13`);
    const receipt = handlers.refused(request, new URL(request.url).pathname, peer, fault, "handshake");
    const headers = { "Sec-WebSocket-Version": "13", Upgrade: "websocket" };
    return plain(426, `${fault.message}. ${fault.row.hint}`, receipt, headers);
  }

  #upgrade(request: Request, server: Server<SocketHandler>, peer: Peer, handlers: TransportHandlers) {
    const { headers } = request;
    const { pathname: path, searchParams: query } = new URL(request.url);
    const host = hostOf(headers);
    // Headers are copied: Bun's own end with the request, and identifying may take longer.
    const data = handlers.accept({ path, query, headers: new Headers(headers), host, peer });
    const protocol = selectProtocol(headers.get("sec-websocket-protocol"));
    if (server.upgrade(request, { data, headers: { "Sec-WebSocket-Protocol": protocol } })) return undefined;
    const fault = new Fault("bad_request", badKey);
    return plain(400, badKey, handlers.refused(request, path, peer, fault, "handshake"));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#servers.map((server) => server.stop(true)), this.#tls?.stop()]);
    this.#servers = [];
  }
}

const plain = (status: number, text: string, receipt: string, headers: Record<string, string> = {}) =>
  new Response(`${text} [${receipt}]\n`, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
  });

const badKey = "This is no WebSocket handshake (RFC 6455 4.1): Sec-WebSocket-Key must be 16 bytes in base64.";

const hostPattern = /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i;

const hostOf = (headers: Headers): string => (headers.get("host") ?? "").toLowerCase().replace(/:\d+$/, "");

const selectProtocol = (offered: string | null): string =>
  (offered ?? "")
    .split(",")
    .map((each) => each.trim())
    .find((each) => subprotocols.includes(each)) ?? "";

/** `where`: the setting with its port, as `PORT=8000`. */
function listenError(error: unknown, host: string, where: string, port: number): Error {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "EADDRINUSE") {
    const who = portOwner(port) ?? "another process";
    const other = where.replace(/\d+$/, String(port + 1));
    return new Error(`${where}: ${who} listens there already. End it, or choose another port: ${other}`);
  }
  if (code === "EACCES") return new Error(`${where}: this user may not listen there. Use a port above 1023.`);
  return new Error(`HOST=${host} ${where}: cannot listen there (${message ?? String(error)}).`);
}

type Ws = ServerWebSocket<SocketHandler>;

const socketHandlers = {
  open(ws: Ws) {
    ws.data.opened(new BunSocket(ws));
  },
  message(ws: Ws, data: string | Uint8Array) {
    ws.data.received(data);
  },
  ping(ws: Ws) {
    ws.data.alive("ping");
  },
  pong(ws: Ws) {
    ws.data.alive("pong");
  },
  drain(ws: Ws) {
    ws.data.drained();
  },
  close(ws: Ws, code: number, reason: string) {
    // Bun tells its own handler 1006 where it has told the client 1009.
    if (code === 1006 && reason === "Received too big message")
      ws.data.closed(1009, faults.message_too_big.message);
    else ws.data.closed(code, reason);
  },
};

class BunSocket implements Socket {
  readonly #ws: Ws;

  constructor(ws: Ws) {
    this.#ws = ws;
  }

  send(frame: string | Uint8Array): SendStatus {
    const status =
      typeof frame === "string"
        ? this.#ws.sendText(frame)
        : this.#ws.sendBinary(frame as Uint8Array<ArrayBuffer>);
    return status > 0 ? "sent" : status === -1 ? "buffered" : "gone";
  }

  cork(write: () => void): void {
    this.#ws.cork(write);
  }

  ping(): void {
    this.#ws.ping();
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#ws.terminate();
  }
}
