import type { Cancel } from "../../core/clock.ts";
import type { Turns } from "../../core/turns.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { devicesTopic, isoOrNull } from "./events.ts";
import * as repo from "./repo.ts";

/** Milliseconds until "offline" is written again where the store did not take it. */
const retryAfter = 5_000;

export interface Departure {
  readonly id: string;
  readonly reason: string;
  readonly lastSeen: number | null;
}

interface Surroundings {
  readonly turns: Turns;
  /** Whether a device is connected. */
  readonly isHere: (device: string) => boolean;
  /** It is offline now: what was kept in memory for it can go. */
  readonly onGone: (device: string) => void;
}

/** Devices on their way to `offline`, which is told exactly once, and sooner or later. */
export class Departures {
  readonly #deps: DeviceDependencies;
  readonly #around: Surroundings;
  readonly #waiting = new Map<string, Cancel>();
  #isOver = false;

  constructor(deps: DeviceDependencies, around: Surroundings) {
    this.#deps = deps;
    this.#around = around;
  }

  /** Offline after the grace period, unless it comes back. */
  later(departure: Departure, ms = this.#deps.options.grace): void {
    this.cancel(departure.id);
    if (this.#isOver) return;
    const cancel = this.#deps.clock.after(ms, () => {
      void this.#around.turns.run(departure.id, () => this.#offline(departure));
    });
    this.#waiting.set(departure.id, cancel);
  }

  has(device: string): boolean {
    return this.#waiting.has(device);
  }

  cancel(device: string): void {
    this.#waiting.get(device)?.();
    this.#waiting.delete(device);
  }

  stop(): void {
    this.#isOver = true;
    for (const cancel of this.#waiting.values()) cancel();
  }

  async #offline(departure: Departure): Promise<void> {
    // It came back while this waited for its turn.
    if (!this.#waiting.has(departure.id) || this.#around.isHere(departure.id)) return;
    try {
      await this.#commit(departure);
    } catch (error) {
      // A conflict: it is offline already, or was removed.
      if (!(error instanceof Fault && error.fault === "conflict")) return this.#again(departure, error);
    }
    this.#waiting.delete(departure.id);
    this.#around.onGone(departure.id);
  }

  async #commit({ id, reason, lastSeen }: Departure): Promise<void> {
    const { store, journal, publisher } = this.#deps;
    const offline = { device_id: id, reason, last_seen: isoOrNull(lastSeen) };
    await journal.commit({
      writes: [{ query: repo.offlineQuery(store.db, { id, reason }), rows: 1 }],
      events: [publisher.draft(devicesTopic, "device_offline", offline)],
    });
  }

  #again(departure: Departure, error: unknown): void {
    this.#deps.events.emit("failure", { where: "devices.offline", incident: departure.id, error });
    this.later(departure, retryAfter);
  }
}
