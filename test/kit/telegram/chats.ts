import type { User } from "grammy/types";
import { ApiError, badRequest } from "./answer.ts";
import type { Params } from "./params.ts";
import { checkText } from "./text.ts";

/** One message that a chat got from the bot. */
export interface Received {
  readonly chat: string;
  readonly messageId: number;
  readonly text: string;
  readonly at: number;
}

interface Chat {
  blocked: boolean;
  movedTo?: number;
}

const actions = [
  "typing",
  "upload_photo",
  "record_video",
  "upload_video",
  "record_voice",
  "upload_voice",
  "upload_document",
  "choose_sticker",
  "find_location",
  "record_video_note",
  "upload_video_note",
];

/** Private chats of the bot: who may be written to, and what arrived. */
export class Chats {
  readonly me: User;
  readonly received: Received[] = [];
  readonly #now: () => number;
  readonly #chats = new Map<string, Chat>();
  #nextMessage = 1;

  constructor(me: User, now: () => number) {
    this.me = me;
    this.#now = now;
  }

  /** Known from its first message on. */
  chat(id: number): Chat {
    const chat = this.#chats.get(String(id)) ?? { blocked: false };
    this.#chats.set(String(id), chat);
    return chat;
  }

  send({ chat_id, text, parse_mode }: Params): object {
    const chat = this.#reachable(chat_id);
    const taken = checkText(String(text), parse_mode);
    const envelope = { ...this.envelope(Number(chat), {}), from: this.me };
    this.received.push({ chat, messageId: envelope.message_id, text: taken, at: this.#now() });
    return { ...envelope, text: taken };
  }

  act({ chat_id, action }: Params): true {
    this.#reachable(chat_id);
    if (!actions.includes(String(action))) throw badRequest("wrong parameter action in request");
    return true;
  }

  /** All of a message but what it says. */
  envelope(id: number, from: Partial<User>) {
    this.chat(id);
    const { is_bot = false, language_code, ...names } = { first_name: "Sara", ...from };
    return {
      message_id: this.#nextMessage++,
      date: this.seconds(),
      chat: { ...names, id, type: "private" as const },
      from: { ...names, id, is_bot, ...(language_code && { language_code }) },
    };
  }

  seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #reachable(id: unknown): string {
    const chat = this.#chats.get(String(id));
    if (chat === undefined) throw badRequest("chat not found");
    if (chat.blocked) throw new ApiError(403, "Forbidden: bot was blocked by the user");
    const words = "Bad Request: group chat was upgraded to a supergroup chat";
    if (chat.movedTo !== undefined) throw new ApiError(400, words, { migrate_to_chat_id: chat.movedTo });
    return String(id);
  }
}
