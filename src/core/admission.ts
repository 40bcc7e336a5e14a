import { Fault } from "../protocol/faults.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Clock } from "./clock.ts";
import { networkOf } from "./network.ts";
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
  readonly #newByNetwork = new Map<string, number>();

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Lets a socket in, or throws the limit that it is past. Who is past a limit of its own address costs nobody else a
   * place: neither the node's rate nor its total counts it. Who was let in calls `leave` once, when it ends.
   */
  enter({ address, loopback }: Peer): void {
    const network = networkOf(address);
    if (!loopback) this.#checkAddress(network, address);
    this.#checkNode();
    this.#total++;
    this.#open.set(network, (this.#open.get(network) ?? 0) + 1);
  }

  #checkAddress(network: string, address: string): void {
    this.#turnSecond();
    const attempts = (this.#newByNetwork.get(network) ?? 0) + 1;
    this.#newByNetwork.set(network, attempts);
    const { connectRatePerAddress, maxConnectionsPerAddress } = this.#limits;
    if (attempts > connectRatePerAddress)
      throw new Fault("connecting_too_fast", undefined, {
        expected: { setting: "CONNECT_RATE_PER_ADDRESS", value: connectRatePerAddress },
      });
    if ((this.#open.get(network) ?? 0) >= maxConnectionsPerAddress)
      throw new Fault("too_many_connections", `too many open connections from ${address}`, {
        expected: { setting: "MAX_CONNECTIONS_PER_ADDRESS", value: maxConnectionsPerAddress },
      });
  }

  #checkNode(): void {
    this.#turnSecond();
    const { connectRate, maxConnections } = this.#limits;
    if (++this.#new > connectRate)
      throw new Fault("connecting_too_fast", undefined, {
        expected: { setting: "CONNECT_RATE", value: connectRate },
      });
    if (this.#total >= maxConnections)
      throw new Fault("server_full", undefined, {
        expected: { setting: "MAX_CONNECTIONS", value: maxConnections },
      });
  }

  #turnSecond(): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#new = 0;
    this.#newByNetwork.clear();
  }

  leave({ address }: Peer): void {
    const network = networkOf(address);
    const left = this.#open.get(network)! - 1;
    if (left === 0) this.#open.delete(network);
    else this.#open.set(network, left);
    this.#total--;
  }
}
