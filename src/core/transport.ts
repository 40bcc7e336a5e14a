import type { Fault } from "../protocol/faults.ts";

/** The far end of a socket. Behind a trusted proxy the address is the one the proxy saw. */
export interface Peer {
  readonly address: string;
  /** The socket's own peer is this machine: the operator, or a proxy beside us. */
  readonly loopback: boolean;
  /** A forwarding header is present, trusted or not: there is a proxy between us. */
  readonly forwarded: boolean;
  /** It is there, and not believed: the address is that of a proxy, or of somebody who passes for one. */
  readonly doubted?: true;
}

/** A request to become a WebSocket, as any runtime can describe it. */
export interface Upgrade {
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Host header without its port, lower case. */
  readonly host: string;
  readonly peer: Peer;
}

/** `sent`: on its way. `buffered`: accepted, but the peer reads slowly; `drained` will follow. `gone`: not accepted. */
export type SendStatus = "sent" | "buffered" | "gone";

/** The runtime's edge of one open socket. */
export interface Socket {
  send(frame: string | Uint8Array): SendStatus;
  /** Runs `write`; what it sends leaves in as few system calls as the runtime can. */
  cork(write: () => void): void;
  ping(): void;
  /** Starts the closing handshake, behind what is already buffered. */
  close(code: number, reason: string): void;
  /** Ends it without a handshake. */
  terminate(): void;
}

/** What a transport calls; one per socket. */
export interface SocketHandler {
  opened(socket: Socket): void;
  received(data: string | Uint8Array): void;
  /** A control frame came: a sign of life. The runtime answers pings by itself. */
  alive(frame: "ping" | "pong"): void;
  drained(): void;
  /** Always the last call, exactly once. `code` is 1006 where no close frame came. */
  closed(code: number, reason: string): void;
}

export interface TransportHandlers {
  /** Called before the handshake is answered; refusals happen after it, where a browser can read them. */
  accept(upgrade: Upgrade): SocketHandler;
  /** Every request that is no upgrade. */
  http(request: Request, peer: Peer): Response | Promise<Response>;
  /** What is no handshake, and no request either, was refused for this. Returns the receipt for the answer's body. */
  refused(request: Request, path: string, peer: Peer, fault: Fault, check: "host" | "handshake"): string;
}

export interface Transport {
  /** Resolves when every port listens; rejects with a sentence that says what to do. */
  start(handlers: TransportHandlers): Promise<readonly URL[]>;
  /** Stops listening, then ends what is still open. */
  stop(): Promise<void>;
}
