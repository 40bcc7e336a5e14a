import type { Clock } from "../../core/clock.ts";
import type { Member, Presence } from "../../core/presence.ts";

interface Entry {
  readonly member: Member;
  /** Shared by all entries of a connection, so that a touch is one assignment. */
  readonly lease: { until: number };
}

/** Presence of one node, in memory. Entries of a connection that nobody touches end with its lease. */
export class MemoryPresence implements Presence {
  readonly ttl: number;
  readonly #clock: Clock;
  readonly #topics = new Map<string, Map<string, Entry>>();
  readonly #leases = new Map<string, { until: number; topics: number }>();

  constructor(clock: Clock, ttl = 60_000) {
    this.#clock = clock;
    this.ttl = ttl;
  }

  async put(topic: string, member: Member): Promise<void> {
    const members = this.#topics.get(topic) ?? new Map<string, Entry>();
    this.#topics.set(topic, members);
    const lease = this.#leases.get(member.connection) ?? { until: 0, topics: 0 };
    lease.until = this.#clock.now() + this.ttl;
    if (!members.has(member.connection)) lease.topics++;
    this.#leases.set(member.connection, lease);
    members.set(member.connection, { member, lease });
  }

  async remove(topic: string, connection: string): Promise<void> {
    const members = this.#topics.get(topic);
    if (!members?.delete(connection)) return;
    if (members.size === 0) this.#topics.delete(topic);
    const lease = this.#leases.get(connection);
    if (lease !== undefined && --lease.topics === 0) this.#leases.delete(connection);
  }

  async touch(connections: Iterable<string>): Promise<void> {
    const until = this.#clock.now() + this.ttl;
    for (const connection of connections) {
      const lease = this.#leases.get(connection);
      if (lease !== undefined) lease.until = until;
    }
  }

  async list(topic: string): Promise<Member[]> {
    const now = this.#clock.now();
    const present: Member[] = [];
    for (const { member, lease } of this.#topics.get(topic)?.values() ?? [])
      if (lease.until > now) present.push(member);
      else await this.remove(topic, member.connection);
    return present;
  }

  async count(topic: string): Promise<{ connections: number; identities: number }> {
    const members = await this.list(topic);
    const identities = new Set(members.map(({ identity }) => identity).filter((id) => id !== ""));
    return { connections: members.length, identities: identities.size };
  }

  async close(): Promise<void> {
    this.#topics.clear();
    this.#leases.clear();
  }
}
