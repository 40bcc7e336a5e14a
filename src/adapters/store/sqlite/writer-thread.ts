import type { Change, Committed } from "../../../core/store.ts";
import { Fault } from "../../../protocol/faults.ts";
import { type Pending, settle, toUnit, type UnitOutcome } from "../unit.ts";
import type { FromWriter, ToWriter, WriterOptions } from "./messages.ts";
import { packUnits, unpackOutcomes } from "./packing.ts";
import { threadUrl } from "./threads.ts";

/** So many changes need not wait for the end of the turn: the writer works on them while we take on the others. */
const enough = 64;
/**
 * Batches under way: the writer has its next one at hand when it finishes one, and the rest gather here meanwhile, so
 * that many are told at once. A third goes only where much waits.
 */
const maxInFlight = (waiting: number): number => (waiting >= enough ? 3 : 2);
/**
 * As many changes go together, or a quarter of what waits where a slow disk lets much of it gather. One batch of all
 * would be cheaper, and would leave one thread idle while the other works on it (bench I5).
 */
const batchOf = (waiting: number): number => Math.max(128, waiting >> 2);

/** Our side of the writer's thread: gathers the changes of one moment into a batch, and hands out the outcomes. */
export class WriterThread {
  readonly #worker: Worker;
  #waiting: Pending[] = [];
  readonly #inFlight: Pending[][] = [];
  #scheduled = false;
  #broken: string | undefined;
  #onIdle: (() => void) | undefined;
  #onClosed: (() => void) | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWriter>) => this.#answered(data);
    worker.onerror = (event) => this.#break(event.message);
  }

  static async start(options: WriterOptions): Promise<WriterThread> {
    const worker = new Worker(threadUrl("writer.ts"), { smol: true });
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromWriter>) =>
        "broken" in data ? reject(new Error(data.broken)) : resolve();
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage({ open: options, checkpointer: threadUrl("checkpointer.ts") } satisfies ToWriter);
    });
    return new WriterThread(worker);
  }

  commit(change: Change): Promise<Committed> {
    if (this.#broken !== undefined)
      return Promise.reject(new Fault("unavailable", undefined, { cause: this.#broken }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit: toUnit(change), resolve, reject });
      if (this.#waiting.length >= enough) this.#post();
      else this.#schedule();
    });
  }

  /** At the end of the turn, so that the changes of one moment go together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#post();
    });
  }

  #post(): void {
    while (this.#waiting.length > 0 && this.#inFlight.length < maxInFlight(this.#waiting.length)) {
      const batch = this.#waiting.splice(0, batchOf(this.#waiting.length));
      if (this.#hand(batch)) this.#inFlight.push(batch);
    }
  }

  /** `false`: a parameter that no thread can be handed, a mistake of ours; its batch fails, the next ones go on. */
  #hand(batch: readonly Pending[]): boolean {
    try {
      this.#worker.postMessage({ packed: packUnits(batch.map(({ unit }) => unit)) } satisfies ToWriter);
      return true;
    } catch (cause) {
      for (const { reject } of batch) reject(new Fault("internal", undefined, { cause }));
      return false;
    }
  }

  #answered(message: FromWriter): void {
    if ("packed" in message) this.#settle(unpackOutcomes(message.packed));
    else if ("broken" in message) this.#break(message.broken);
    else if ("closed" in message) this.#onClosed?.();
  }

  #settle(outcomes: readonly UnitOutcome[]): void {
    const batch = this.#inFlight.shift()!;
    for (let i = 0; i < batch.length; i++) settle(batch[i]!, outcomes[i]!);
    this.#post();
    if (this.#inFlight.length === 0) this.#onIdle?.();
  }

  #break(detail: string): void {
    this.#broken = detail;
    for (const { reject } of [...this.#inFlight.flat(), ...this.#waiting])
      reject(new Fault("unavailable", undefined, { cause: new Error(detail) }));
    this.#inFlight.length = 0;
    this.#waiting = [];
    this.#onIdle?.();
    this.#onClosed?.();
  }

  /** Lets what was handed in finish. */
  async close(): Promise<void> {
    const isBroken = this.#broken !== undefined;
    this.#broken ??= "the store is closed";
    if (this.#inFlight.length + this.#waiting.length > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    if (!isBroken)
      await new Promise<void>((resolve) => {
        this.#onClosed = resolve;
        this.#worker.postMessage({ close: true } satisfies ToWriter);
      });
    this.#worker.terminate();
  }
}
