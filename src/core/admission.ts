import { Fault } from "../protocol/faults.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Clock } from "./clock.ts";
import type { Peer } from "./transport.ts";

/**
 * Counts sockets, and says who may not open another. Loopback peers are exempt from the limits by address: such a
 * peer is the operator, or a proxy that stands for everybody.
 */
export class Admission {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #open = new Map<string, number>();
  #total = 0;
  #second = 0;
  #new = 0;
  readonly #newByAddress = new Map<string, number>();

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts the socket in, whatever the answer: `leave` must follow. Throws the limit that it is past. */
  enter(peer: Peer): void {
    const open = (this.#open.get(peer.address) ?? 0) + 1;
    this.#open.set(peer.address, open);
    this.#total++;
    this.#checkRate(peer);
    if (this.#total > this.#limits.maxConnections) throw new Fault("server_full");
    if (!peer.loopback && open > this.#limits.maxConnectionsPerAddress)
      throw new Fault("too_many_connections", `too many open connections from ${peer.address}`);
  }

  #checkRate({ address, loopback }: Peer): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#new = 0;
      this.#newByAddress.clear();
    }
    const fromAddress = (this.#newByAddress.get(address) ?? 0) + 1;
    this.#newByAddress.set(address, fromAddress);
    const { connectRate, connectRatePerAddress } = this.#limits;
    if (++this.#new > connectRate || (!loopback && fromAddress > connectRatePerAddress))
      throw new Fault("connecting_too_fast");
  }

  leave(peer: Peer): void {
    const left = (this.#open.get(peer.address) ?? 1) - 1;
    if (left === 0) this.#open.delete(peer.address);
    else this.#open.set(peer.address, left);
    this.#total--;
  }
}
