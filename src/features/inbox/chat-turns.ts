import { Turns } from "../../core/turns.ts";

/**
 * Lanes of one inbox. A busy moment then costs as many waits for the disk as its longest lane is long, and not as there
 * are messages; and no more than so many are read and judged before everybody else has his turn.
 */
const lanes = 32;

/** Work of an inbox: what concerns one chat one after the other, in the order of the calls; chats side by side, in lanes. */
export class ChatTurns {
  readonly #turns = new Turns();

  run<T>(inbox: string, chat: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(`${inbox}:${laneOf(chat)}`, work);
  }
}

/** FNV-1a: ids that count up, and ids that end alike, are spread over all lanes. */
function laneOf(chat: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < chat.length; i++) hash = Math.imul(hash ^ chat.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % lanes;
}
