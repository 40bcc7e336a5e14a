import { Fault } from "../protocol/faults.ts";
import type { Clock } from "./clock.ts";

export interface RelayOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Milliseconds in which something must come once the reader wants more: a slow reader is nobody's fault. */
  readonly patience: number;
  readonly tooBig: () => Fault;
  /** What is said of an end before the end: the error itself may hold an address that is secret. */
  readonly broken: () => Fault;
}

export interface Relayed {
  /** The first bytes, by which a file is known. */
  readonly head: Uint8Array;
  /** All of it, these with it. */
  readonly data: ReadableStream<Uint8Array>;
}

const headBytes = 16;

/**
 * Passes a body on at the pace of its reader: what he has not taken yet is not read. Fifty files of 20 MB at once, held
 * here whole, took 2.6 GB.
 */
export async function relay(body: ReadableStream<Uint8Array>, options: RelayOptions): Promise<Relayed> {
  const source = new Source(body, options);
  const first: Uint8Array[] = [];
  for (let size = 0; size < headBytes; ) {
    const chunk = await source.next();
    if (chunk === undefined) break;
    size += chunk.byteLength;
    first.push(chunk);
  }
  const head = Uint8Array.from(first.flatMap((chunk) => [...chunk.subarray(0, headBytes)]));
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = first.shift() ?? (await source.next());
    if (chunk === undefined) controller.close();
    else controller.enqueue(chunk);
  };
  const data = new ReadableStream({ pull, cancel: () => source.end() }, { highWaterMark: 0 });
  return { head: head.subarray(0, headBytes), data };
}

/** Of a stream's reader as much as is needed here: Bun's and Node's types of it do not agree. */
interface Reader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** A body that is read piece by piece, within its limits. */
class Source {
  readonly #reader: Reader;
  readonly #options: RelayOptions;
  #bytes = 0;

  constructor(body: ReadableStream<Uint8Array>, options: RelayOptions) {
    this.#reader = body.getReader();
    this.#options = options;
  }

  /** `undefined`: that was all. */
  async next(): Promise<Uint8Array | undefined> {
    try {
      const { value } = await this.#read();
      this.#bytes += value?.byteLength ?? 0;
      if (this.#bytes > this.#options.maxBytes) throw this.#options.tooBig();
      return value;
    } catch (error) {
      void this.end();
      throw error instanceof Fault ? error : this.#options.broken();
    }
  }

  async #read() {
    const { clock, patience, broken } = this.#options;
    const overdue = Promise.withResolvers<never>();
    const cancel = clock.after(patience, () => overdue.reject(broken()));
    try {
      return await Promise.race([this.#reader.read(), overdue.promise]);
    } finally {
      cancel();
    }
  }

  /** Nobody wants the rest. */
  async end(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
