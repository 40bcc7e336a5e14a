import { Turns } from "./turns.ts";

/** Readings at the same time: an embedded store does them on the thread that serves everybody, another one far away. */
const lanes = 4;

/**
 * What those read who come back. After a restart that is everybody at once: a few have their turn at a time, and between
 * two of them messages of all others go on.
 */
export class CatchUps {
  readonly #turns = new Turns();
  #next = 0;

  read<T>(work: () => Promise<T>): Promise<T> {
    const lane = this.#next++ % lanes;
    return this.#turns.run(String(lane), async () => {
      const found = await work();
      await othersTurn();
      return found;
    });
  }
}

const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
