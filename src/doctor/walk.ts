import type { Clock } from "../core/clock.ts";
import { defaultTimeout, type Options } from "./options.ts";
import { known } from "./outcome.ts";
import { Pace } from "./pace.ts";
import type { Facts } from "./report.ts";
import { authorityOf, pathOnly, schemeOf, type Target, urlOf } from "./target.ts";
import type { Answer } from "./wire/http.ts";
import { type Endpoint, Line } from "./wire/line.ts";
import type { Session } from "./wire/session.ts";

/** One examination on its way: each stage leaves here what later ones need. */
export class Walk {
  readonly target: Target;
  readonly options: Options;
  readonly clock: Clock;
  readonly timeout: number;
  readonly pace: Pace;
  /** What the name resolves to, in the resolver's order. */
  addresses: readonly string[] = [];
  /** The address that is used from the TCP stage on. */
  address = "";
  /** What the handshake was answered with. */
  answer: Answer | undefined;
  /** The key of the handshake, for which the answer must prove that it was read. */
  key = "";
  /** The line on which the answer came; open while the session lives. */
  line: Line | undefined;
  session: Session | undefined;
  /** Who answers, and the proxy in front of it, as far as the answer tells. */
  who: string | undefined;
  proxy: string | undefined;
  /** Whether a Peyk answers here; not known before the HTTP stage. */
  isPeyk: boolean | undefined;
  /** Resolves when it is known as well as its health page tells; that may be later than the stage that asks. */
  recognised: Promise<void> = Promise.resolve();

  constructor(target: Target, options: Options, clock: Clock) {
    this.target = target;
    this.options = options;
    this.clock = clock;
    this.timeout = options.timeout ?? defaultTimeout;
    this.pace = new Pace(this.timeout);
  }

  /** Everything that was opened: what still waits for an answer at the end need not wait. */
  readonly #lines = new Set<Line>();
  /** An open line that nobody has written to: some servers take one connection and no second. */
  #spare: Line | undefined;

  /** Keeps a line for the next who opens one. */
  keep(line: Line): void {
    this.#spare?.close();
    this.#spare = line;
  }

  /** The line that was kept, or a new one. Rejects with a LineFault. */
  async open(): Promise<Line> {
    const spare = this.#spare;
    this.#spare = undefined;
    const line = spare !== undefined && spare.ending === undefined ? spare : await this.dial();
    this.#lines.add(line);
    return line;
  }

  /** Opens a line, and notes how long that took. Rejects with a LineFault. */
  async dial(endpoint = this.endpoint, ms = this.timeout): Promise<Line> {
    const started = this.clock.monotonic();
    const line = await Line.open(endpoint, ms, this.clock);
    this.pace.saw(this.clock.monotonic() - started);
    return line;
  }

  get endpoint(): Endpoint {
    const { host, port, secure } = this.target;
    return secure
      ? { address: this.address, port, tls: host === this.address ? {} : { servername: host } }
      : { address: this.address, port };
  }

  markAsPeyk(): void {
    this.isPeyk = true;
    this.who = this.proxy === undefined ? "Peyk" : `Peyk (${this.proxy})`;
  }

  /** What every sentence may name. */
  get facts(): Facts {
    const { target, address, isPeyk, who, proxy } = this;
    return {
      ...known({ who, proxy, is_peyk: isPeyk }),
      http: target.secure ? "https" : "http",
      url: urlOf(target),
      swapped_url: urlOf({ ...target, secure: !target.secure }),
      scheme: schemeOf(target),
      host: target.host,
      port: target.port,
      authority: authorityOf(target),
      path: pathOnly(target),
      address: address === "" ? target.host : address,
    };
  }

  close(): void {
    this.#spare?.close();
    // Its last word must go out first, so that the server's log knows a goodbye.
    this.session?.close();
    for (const line of this.#lines) line.close();
  }
}
