import type { Store } from "../../core/store.ts";
import * as repo from "./repo.ts";
import type { Session } from "./session.ts";

/** Writes that share one commit when many boards were heard of. */
const batch = 500;

/** When each device that is here was last heard of, as far as the store knows it. */
export class LastSeen {
  readonly #store: Store<repo.DeviceTables>;
  readonly #noted = new Map<string, number>();

  constructor(store: Store<repo.DeviceTables>) {
    this.#store = store;
  }

  isNoted(device: string, time: number): void {
    this.#noted.set(device, time);
  }

  forget(device: string): void {
    this.#noted.delete(device);
  }

  /** Writes what is newer than the store knows. */
  async write(sessions: Iterable<Session>): Promise<void> {
    const store = this.#store;
    const news = [...sessions]
      .map(({ device: id, connection }) => ({ id, last_seen: connection.lastSeen }))
      .filter(({ id, last_seen }) => this.#noted.has(id) && this.#noted.get(id) !== last_seen);
    for (let i = 0; i < news.length; i += batch) {
      const some = news.slice(i, i + batch);
      await store.commit({ writes: some.map((each) => repo.seenQuery(store.db, each)) });
      for (const { id, last_seen } of some) if (this.#noted.has(id)) this.#noted.set(id, last_seen);
    }
  }
}
