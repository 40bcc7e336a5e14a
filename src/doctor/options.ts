/** Where a token is put. A browser can send `query` and `message`, and no header. */
export const tokenPlaces = ["header", "query", "message"] as const;
export type TokenPlace = (typeof tokenPlaces)[number];

export interface Options {
  readonly token?: string | undefined;
  /** Default: where the URL has it, else the header. */
  readonly tokenIn?: TokenPlace | undefined;
  /** Further headers of the handshake; they win over the doctor's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: none is sent, as by a program that is no browser. */
  readonly origin?: string | undefined;
  /** Seconds of silence; absent: the idle stage is skipped. */
  readonly idle?: number | undefined;
  /** Size of a test message; absent: a Peyk's test channel gets small ones, other servers none. */
  readonly payload?: number | undefined;
  /** Sockets at once; absent: 3 on a Peyk, none on other servers. */
  readonly parallel?: number | undefined;
  /** Send the message `{"type":"ping"}` and wait for `{"type":"pong"}`; a Peyk's test channel gets one anyway. */
  readonly jsonPing?: boolean | undefined;
  /** Go on behind a certificate that nobody should believe. */
  readonly insecure?: boolean | undefined;
  /** PEM: further authorities to believe. */
  readonly ca?: string | undefined;
  /** Milliseconds that each step may take; default 5,000. */
  readonly timeout?: number | undefined;
}

export const defaultTimeout = 5_000;
