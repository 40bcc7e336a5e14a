import type { DeviceDependencies } from "./dependencies.ts";
import { devicesTopic, iso } from "./events.ts";
import type { Session } from "./session.ts";
import { fitting } from "./words.ts";

/** Sensors of one board that are kept in mind. */
const maxSensors = 32;

export interface Reading {
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: string;
}

/** The newest reading of each sensor, in memory until its board is offline: what boards measure is told, not kept. */
export class Sensors {
  readonly #deps: DeviceDependencies;
  readonly #newest = new Map<string, Map<string, Reading>>();

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
  }

  add({ device }: Session, sensor_type: string, words: Readonly<Record<string, unknown>>): void {
    const data = fitting(words);
    const at = iso(this.#deps.clock.now());
    const mine = this.#newest.get(device) ?? new Map<string, Reading>();
    this.#newest.set(device, mine);
    if (mine.size < maxSensors || mine.has(sensor_type)) mine.set(sensor_type, { data, at });
    this.#deps.publisher.publish(devicesTopic, "sensor_data", { device_id: device, sensor_type, data, at });
  }

  forget(device: string): void {
    this.#newest.delete(device);
  }

  of(device: string): Record<string, Reading> {
    return Object.fromEntries(this.#newest.get(device) ?? []);
  }
}
