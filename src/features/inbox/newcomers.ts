import { Bucket } from "../../core/bucket.ts";
import type { Clock } from "../../core/clock.ts";
import { networkOf } from "../../core/network.ts";
import type { Peer } from "../../core/transport.ts";
import { Fault } from "../../protocol/faults.ts";

/** New conversations per hour; 0: no limit. */
export interface NewcomerLimits {
  readonly perAddress: number;
  readonly perInbox: number;
}

const hour = 3_600;
/** Addresses that are remembered at once; a stranger can have more of them than memory has room for. */
const maxNames = 10_000;

/**
 * How many conversations strangers may begin through web widgets. Loopback peers are exempt from the limit by address:
 * such a peer is the operator, or a proxy that stands for everybody.
 */
export class Newcomers {
  readonly #limits: NewcomerLimits;
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Bucket>();
  readonly #inboxes = new Map<string, Bucket>();

  constructor(limits: NewcomerLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one. Throws `too_many_conversations`; one address past its limit takes no place of the inbox's. */
  take(inbox: string, { address, loopback }: Peer): void {
    const { perAddress, perInbox } = this.#limits;
    if (!loopback) this.#count(this.#addresses, networkOf(address), perAddress, "from this address");
    this.#count(this.#inboxes, inbox, perInbox, "with this inbox");
  }

  #count(buckets: Map<string, Bucket>, name: string, perHour: number, where: string): void {
    if (perHour === 0) return;
    const now = this.#clock.monotonic();
    const bucket = buckets.get(name) ?? new Bucket(perHour / hour, perHour, now);
    // Re-inserted, so that the map's first key is the one that was not asked for longest.
    buckets.delete(name);
    buckets.set(name, bucket);
    if (buckets.size > maxNames) buckets.delete(buckets.keys().next().value!);
    if (bucket.take(now)) return;
    const retry_after = Math.ceil(hour / perHour);
    const message = `too many new conversations ${where}; try again in ${retry_after} s`;
    throw new Fault("too_many_conversations", message, { fields: { retry_after } });
  }
}
