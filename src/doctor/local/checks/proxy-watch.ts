import type { Clock } from "../../../core/clock.ts";
import type { Peer } from "../../../core/transport.ts";
import { found, type LocalCheck } from "../catalogue.ts";
import { isLoopback, isPrivate } from "./network.ts";

/** Requests that make it a habit: somebody who tries a header with curl is no proxy. */
const enough = 10;
/** Milliseconds after which a count begins anew: what was mended is forgotten. */
const memory = 3_600_000;
/** Proxies that are told apart; strangers cannot make this grow. */
const most = 100;

/**
 * Counts requests that come with a forwarding header from an address that TRUST_PROXY does not name. Behind such a
 * proxy everybody has one address, and shares its limits. Only what is near counts: a stranger may send any header.
 */
export class ProxyWatch {
  readonly #clock: Clock;
  readonly #trusts: boolean;
  readonly #seen = new Map<string, { since: number; count: number }>();

  constructor(clock: Clock, trustProxy: readonly string[]) {
    this.#clock = clock;
    this.#trusts = trustProxy.length > 0;
  }

  saw({ address, doubted }: Peer): void {
    if (doubted !== true || !(isLoopback(address) || isPrivate(address))) return;
    const now = this.#clock.monotonic();
    const entry = this.#seen.get(address);
    if (entry !== undefined && now - entry.since < memory) entry.count++;
    else if (entry !== undefined || this.#seen.size < most) this.#seen.set(address, { since: now, count: 1 });
  }

  get check(): LocalCheck {
    return { group: "proxy", run: async () => this.#found() };
  }

  #found() {
    const now = this.#clock.monotonic();
    const habits = [...this.#seen].filter(([, { since, count }]) => count >= enough && now - since < memory);
    if (habits.length > 0)
      return habits.map(([address, { count }]) => found("proxy_not_named", { address, count }));
    return [found(this.#trusts ? "proxy_named" : "proxy_none")];
  }
}
