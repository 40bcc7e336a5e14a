import type { Socket } from "./transport.ts";

const never = Number.POSITIVE_INFINITY;
const jsonPing = '{"type":"ping"}';

/** The first turn after `now` in the rhythm of `due`: turns come late, which must not add up. */
const following = (due: number, interval: number, now: number): number =>
  due + interval * (Math.floor((now - due) / interval) + 1);

/**
 * Signs of life of one connection: when to ask for one, and when to give up. Times are the monotonic clock's: one that
 * is set back would end all pings, and one that is set forward all connections.
 */
export class Pulse {
  #socket: Socket;
  readonly #interval: number;
  #lastSeen: number;
  #jsonInterval = never;
  #nextPing: number;
  #nextJsonPing = never;
  #deadBy = never;
  #idleTimeout = never;
  #lastHeard: number;
  /** When the ping left that no pong has answered yet; 0: none. */
  #pingedAt = 0;
  /** Milliseconds from the last answered ping to its pong; negative: none was answered yet. */
  roundTrip = -1;

  constructor(socket: Socket, now: number, interval: number) {
    this.#socket = socket;
    this.#interval = interval;
    this.#lastSeen = now;
    this.#lastHeard = now;
    // Spread, so that 10,000 connections of one moment are not pinged in one moment.
    this.#nextPing = now + interval * (0.5 + Math.random() / 2);
  }

  /** Pings in JSON too, for clients that cannot see protocol pings. */
  pingInJson(now: number, interval: number): void {
    this.#jsonInterval = interval;
    this.#nextJsonPing = now + interval;
  }

  /** Wants a message at least this often: a board whose program hangs still answers protocol pings. */
  limitIdle(now: number, timeout: number): void {
    this.#idleTimeout = timeout;
    this.#lastHeard = now;
  }

  /** A message came. */
  heard(now: number): void {
    this.#lastHeard = now;
    this.seen(now);
  }

  /** When the last message came; at first, when the connection began. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** From now on, pings leave through this socket. */
  through(socket: Socket): void {
    this.#socket = socket;
  }

  isIdle(now: number): boolean {
    return now >= this.#lastHeard + this.#idleTimeout;
  }

  seen(now: number): void {
    this.#lastSeen = now;
    this.#deadBy = never;
  }

  ponged(now: number): void {
    if (this.#pingedAt > 0) this.roundTrip = now - this.#pingedAt;
    this.#pingedAt = 0;
    this.seen(now);
  }

  /** A second ping before the answer to the first must not make that look quick. */
  #ping(now: number): void {
    if (this.#pingedAt === 0) this.#pingedAt = now;
    this.#socket.ping();
  }

  /** Asks now; without an answer within `ms`, the peer is lost. */
  probe(now: number, ms: number): void {
    this.#deadBy = Math.min(this.#deadBy, now + ms);
    this.#ping(now);
  }

  /** Sends the pings that are due. `false`: two pings went by without a sign of life, or a probe did. */
  beat(now: number): boolean {
    if (now >= this.#deadBy || now >= this.#silentUntil) return false;
    if (now >= this.#nextPing) {
      this.#nextPing = following(this.#nextPing, this.#interval, now);
      this.#ping(now);
    }
    if (now >= this.#nextJsonPing) {
      this.#nextJsonPing = following(this.#nextJsonPing, this.#jsonInterval, now);
      this.#socket.send(jsonPing);
    }
    return true;
  }

  /** Two intervals, and two seconds for the turns of the wheel and the way: 52 s at the longest interval of 25 s. */
  get #silentUntil(): number {
    return this.#lastSeen + 2 * this.#interval + 2_000;
  }

  get due(): number {
    const idleAt = this.#lastHeard + this.#idleTimeout;
    return Math.min(this.#nextPing, this.#nextJsonPing, this.#deadBy, this.#silentUntil, idleAt);
  }
}
