import { Fault } from "../protocol/faults.ts";
import type { LiveConnection } from "./connection.ts";

/** The open connections of this node, by id and by identity. */
export class Connections {
  readonly #byId = new Map<string, LiveConnection>();
  readonly #byIdentity = new Map<string, Set<LiveConnection>>();
  readonly #maxPerUser: number;

  constructor(maxPerUser: number) {
    this.#maxPerUser = maxPerUser;
  }

  /** Throws `too_many_connections` where the identity has as many as it may. Anonymous ones are counted by address. */
  add(connection: LiveConnection): void {
    const { id } = connection.identity;
    if (id !== "") {
      const mine = this.#byIdentity.get(id) ?? new Set();
      if (connection.identity.shared !== true && mine.size >= this.#maxPerUser)
        throw new Fault("too_many_connections", "too many open connections of this user", {
          expected: { setting: "MAX_CONNECTIONS_PER_USER", value: this.#maxPerUser },
        });
      this.#byIdentity.set(id, mine.add(connection));
    }
    this.#byId.set(connection.id, connection);
  }

  remove(connection: LiveConnection): void {
    if (!this.#byId.delete(connection.id)) return;
    const mine = this.#byIdentity.get(connection.identity.id);
    if (mine?.delete(connection) && mine.size === 0) this.#byIdentity.delete(connection.identity.id);
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): IterableIterator<LiveConnection> {
    return this.#byId.values();
  }

  ids(): IterableIterator<string> {
    return this.#byId.keys();
  }

  byId(id: string): LiveConnection | undefined {
    return this.#byId.get(id);
  }

  of(identity: string): readonly LiveConnection[] {
    return [...(this.#byIdentity.get(identity) ?? [])];
  }
}
