import { RecentTexts } from "./recent-texts.ts";
import { type ConversationRow, type MessageRow, suspected } from "./repo.ts";
import { type SuspicionReason, suspicionsOf } from "./suspicion.ts";

type Judged = Pick<MessageRow, "content" | "kind" | "created_at" | "edited_at" | "suspicions">;

/** Judges what customers write, from memory alone: a message waits for no query. */
export class SpamWatch {
  readonly #recent = new RecentTexts();

  /**
   * The row of a customer's message with what is suspicious about it; what had been noticed before stays. Where an
   * agent has cleared the conversation, nothing is suspected any more.
   * @param id what names the message also when it is delivered again.
   */
  judge<R extends Judged>({ id: conversation, suspected: state }: ConversationRow, row: R, id: string): R {
    if (state === suspected.cleared || row.content === "") return row;
    const at = row.edited_at ?? row.created_at;
    // Files all have one text, such as [Image]: five of them are an album.
    const times = row.kind === "text" ? this.#recent.count(conversation, id, row.content, at) : 1;
    const reasons = suspicionsOf(row.content, times);
    if (reasons.length === 0) return row;
    return { ...row, suspicions: JSON.stringify([...new Set([...noticed(row), ...reasons])]) };
  }
}

/** Reasons that are stored with a message. */
export const noticed = ({ suspicions }: Pick<MessageRow, "suspicions">): SuspicionReason[] =>
  suspicions === null ? [] : JSON.parse(suspicions);
