import { repeatSpan } from "./suspicion.ts";

/** Conversations that are remembered at once: those in which somebody wrote last. */
const maxConversations = 10_000;
/** Texts that are remembered of each: the newest. */
const maxTexts = 16;

interface Heard {
  readonly id: string;
  readonly text: number;
  readonly at: number;
}

/** What customers have just said, in memory alone: after a restart, nobody has said anything before. */
export class RecentTexts {
  readonly #conversations = new Map<string, readonly Heard[]>();

  /**
   * How often this text was said in this conversation within a minute, this time counted; upper and lower case and
   * spaces make no difference. The same `id` again is the same message: a delivery that is repeated, an edit.
   * @param at milliseconds, as the platform tells: what waited there for a day was not said at once.
   */
  count(conversation: string, id: string, text: string, at: number): number {
    const heard = { id, text: fingerprint(text), at };
    const recent = (this.#conversations.get(conversation) ?? []).filter(
      (each) => each.id !== id && Math.abs(at - each.at) < repeatSpan,
    );
    this.#remember(conversation, [...recent.slice(1 - maxTexts), heard]);
    return recent.reduce((times, each) => (each.text === heard.text ? times + 1 : times), 1);
  }

  #remember(conversation: string, recent: readonly Heard[]): void {
    // Re-inserted, so that the map's first key is the one in which nobody wrote for longest.
    this.#conversations.delete(conversation);
    this.#conversations.set(conversation, recent);
    if (this.#conversations.size > maxConversations)
      this.#conversations.delete(this.#conversations.keys().next().value!);
  }

  /** Conversations that are remembered. */
  get size(): number {
    return this.#conversations.size;
  }
}

/** FNV-1a of the letters, and how many there are: texts of one conversation and minute do not share it by chance. */
function fingerprint(text: string): number {
  const letters = text.trim().toLowerCase().replace(/\s+/g, " ");
  let hash = 0x811c9dc5;
  for (let i = 0; i < letters.length; i++) hash = Math.imul(hash ^ letters.charCodeAt(i), 0x01000193);
  return (hash >>> 0) * 0x10000 + (letters.length & 0xffff);
}
