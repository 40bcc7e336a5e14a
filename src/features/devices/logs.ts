import type { DeviceDependencies } from "./dependencies.ts";
import { devicesTopic } from "./events.ts";
import * as repo from "./repo.ts";
import type { Session } from "./session.ts";
import { toLogLine } from "./view.ts";

export interface NewLine {
  readonly message: string;
  readonly level?: string | undefined;
  /** The board's own time, as it sent it. */
  readonly time?: string | undefined;
}

/** Names that boards use for the same level. */
const levels: ReadonlyMap<string, string> = new Map([
  ["warn", "warning"],
  ["err", "error"],
  ["fatal", "critical"],
  ["trace", "debug"],
  ["", "info"],
]);

/** A level under its usual name; a board may have levels of its own. */
export function levelName(level: string): string {
  const name = level.trim().toLowerCase();
  return levels.get(name) ?? name;
}

const pruneStep = 5_000;

/** What boards log: stored, told to the operators, and forgotten after a while. */
export class Logs {
  readonly #deps: DeviceDependencies;
  #lastId = 0;

  constructor(deps: DeviceDependencies) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#lastId = await repo.newestLog(this.#deps.store.db);
  }

  /** Resolves when it is stored. */
  async add({ device, kind }: Session, { message, level = "info", time }: NewLine): Promise<void> {
    const { store, journal, publisher, clock } = this.#deps;
    const at = clock.now();
    const row = {
      id: this.#nextId(at),
      device_id: device,
      level: levelName(level),
      message,
      source: kind,
      device_time: time ?? null,
      at,
    };
    const event = publisher.draft(devicesTopic, "device_log", { device_id: device, log: toLogLine(row) });
    await journal.commit({ writes: [repo.insertLog(store.db, row)], events: [event] });
  }

  #nextId(at: number): number {
    this.#lastId = Math.max(this.#lastId + 1, at * 1000);
    return this.#lastId;
  }

  /** Newest first. */
  async page(filter: repo.LogFilter) {
    return (await repo.logsOf(this.#deps.store.db, filter)).map(toLogLine);
  }

  /** Removes what is older, or more, than is kept. */
  async prune(): Promise<void> {
    const { store, clock, options } = this.#deps;
    await this.#remove((clock.now() - options.logMaxAge) * 1000, Number.MAX_SAFE_INTEGER);
    const tooMany = (await repo.countLogs(store.db)) - options.logMaxRows;
    if (tooMany > 0) await this.#remove(Number.MAX_SAFE_INTEGER, tooMany);
  }

  /** All lines of one device. */
  async forget(device: string): Promise<void> {
    const { store } = this.#deps;
    for (let removed = pruneStep; removed === pruneStep; ) {
      const { results } = await store.commit({ writes: [repo.deleteLogsOf(store.db, device, pruneStep)] });
      removed = results[0]!.changed;
    }
  }

  /** The oldest lines up to this id, in steps that let other writes through. */
  async #remove(upToId: number, count: number): Promise<void> {
    const { store } = this.#deps;
    for (let left = count; left > 0; left -= pruneStep) {
      const step = Math.min(pruneStep, left);
      const { results } = await store.commit({ writes: [repo.deleteOldestLogs(store.db, upToId, step)] });
      if (results[0]!.changed < step) return;
    }
  }
}
