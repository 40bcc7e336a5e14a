import type { ChatMemberUpdated, Message, Update as TelegramUpdate } from "grammy/types";
import type { Contact, PlatformEvent, Update } from "../../features/inbox/platform.ts";
import { contentOf } from "./content.ts";

/** What we ask Telegram for; all else would only be thrown away. */
export const allowedUpdates = ["message", "edited_message", "my_chat_member"] as const;

/** Nothing more is known of what a webhook's request holds. */
export const isUpdate = (value: unknown): value is TelegramUpdate =>
  typeof value === "object" &&
  value !== null &&
  "update_id" in value &&
  Number.isSafeInteger(value.update_id);

/** Never throws: an update that cannot be read would otherwise come again for ever, and hold up the ones after it. */
export function readUpdate(update: TelegramUpdate): Update {
  const key = String(update.update_id);
  try {
    return { key, events: [eventOf(update)] };
  } catch {
    return { key, events: [ignored(`update ${key} is not built as the Bot API says`)] };
  }
}

function eventOf({ message, edited_message, my_chat_member, ...rest }: TelegramUpdate): PlatformEvent {
  if (message !== undefined) return written(message);
  if (edited_message !== undefined) return edited(edited_message);
  if (my_chat_member !== undefined) return membership(my_chat_member);
  const kind = Object.keys(rest).find((name) => name !== "update_id") ?? "nothing";
  return ignored(`update of the kind ${kind.slice(0, 50)}`);
}

function written(message: Message): PlatformEvent {
  if (message.chat.type !== "private") return elsewhere(message.chat.type);
  const content = contentOf(message);
  if (content === undefined) return ignored("message without anything that a customer said");
  return {
    kind: "message",
    platformId: messageId(message),
    from: contactOf(message.chat),
    ...content,
    at: message.date * 1000,
  };
}

function edited(message: Message): PlatformEvent {
  if (message.chat.type !== "private") return elsewhere(message.chat.type);
  const content = contentOf(message);
  if (content === undefined) return ignored("edit without anything that a customer said");
  return {
    kind: "edited",
    chat: String(message.chat.id),
    platformId: messageId(message),
    text: content.text,
    at: (message.edit_date ?? message.date) * 1000,
  };
}

function membership({ chat, new_chat_member }: ChatMemberUpdated): PlatformEvent {
  if (chat.type !== "private") return elsewhere(chat.type);
  const { status } = new_chat_member;
  return ignored(status === "kicked" ? blocked : `the customer's bot membership is ${status}`);
}

export const blocked = "the customer blocked the bot";

/** A bot that is added to a group stays silent there: nothing of it is shown, nothing is answered. */
const elsewhere = (type: string): PlatformEvent =>
  ignored(`message in a ${type}: the inbox talks in private chats only`);

const ignored = (reason: string): PlatformEvent => ({ kind: "ignored", reason });

/** Message ids count within a chat, so that the chat's id makes them unique in an inbox. */
export const messageId = ({ chat, message_id }: { chat: { id: number }; message_id: number }): string =>
  `${chat.id}:${message_id}`;

const contactOf = (chat: Message["chat"]): Contact => ({
  id: String(chat.id),
  firstName: chat.first_name ?? "",
  lastName: chat.last_name ?? "",
  username: chat.username,
});
