import { z } from "zod";
import { durable, latest } from "../../core/channel.ts";
import { randomId } from "../../core/id.ts";
import { platformNames } from "./platform.ts";
import { messageTypes, statuses } from "./repo.ts";
import { suspicionReasons } from "./suspicion.ts";

/** Longest message (seed 002's original: 1,000 characters). */
export const maxContent = 1_000;

const at = z.iso.datetime();
/** Numbers where our accounts are numbers, as the seed has them; other issuers' users are texts. */
const userId = z.union([z.number(), z.string()]);

export const CustomerTag = z.object({
  id: z.number(),
  name: z.string(),
  created_by: z.string(),
  created_at: at,
});

export const Customer = z.object({
  id: z.number(),
  first_name: z.string(),
  last_name: z.string(),
  source: z.enum(platformNames),
  username: z.string().nullable(),
  email: z.string().nullable(),
  phone_number: z.string().nullable(),
  description: z.string().nullable(),
  source_id: z.string(),
  profile_picture: z.string().nullable(),
  /** Nothing reaches him any more, in the platform's words. */
  unreachable: z.string().nullable(),
  created_at: at,
  updated_at: at,
  tag: z.array(CustomerTag),
});
export type Customer = z.output<typeof Customer>;

export const Conversation = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(statuses),
  source: z.enum(platformNames),
  inbox_id: z.string(),
  customer: Customer,
  last_message: z
    .object({ id: z.string(), content: z.string(), type: z.enum(messageTypes), created_at: at })
    .nullable(),
  unread_count: z.number().int(),
  priority: z.number().int(),
  is_active: z.boolean(),
  /** One of its customer's messages looked like spam, and no agent has said that it is none. */
  suspected: z.boolean(),
  assigned_to: userId.nullable(),
  created_at: at,
  updated_at: at,
});
export type Conversation = z.output<typeof Conversation>;

export const ExternalSendResult = z
  .object({
    success: z.boolean(),
    platform: z.enum(platformNames),
    message_id: z.string().optional(),
    error: z.string().optional(),
  })
  .nullable();
export type ExternalSendResult = z.output<typeof ExternalSendResult>;

export const Message = z.object({
  id: z.string(),
  conversation_id: z.string(),
  content: z.string(),
  type: z.enum(messageTypes),
  customer: z.object({ id: z.number(), first_name: z.string(), last_name: z.string() }),
  created_at: at,
  message_type: z.string(),
  media_url: z.string().nullable(),
  media: z.record(z.string(), z.unknown()).nullable(),
  is_answered: z.boolean(),
  is_ai_response: z.boolean(),
  processing_status: z.literal("completed"),
  /** queued → sent → read | failed; `received` for what the customer wrote. */
  state: z.enum(["received", "queued", "sent", "read", "failed"]),
  error: z.string().nullable(),
  author: z.object({ id: userId, name: z.string() }).nullable(),
  client_message_id: z.string().nullable(),
  edited_at: at.nullable(),
  deleted: z.boolean(),
  /** Why this customer's message looks like spam; missing where it does not. */
  suspicions: z.array(z.enum(suspicionReasons)).optional(),
});
export type Message = z.output<typeof Message>;

export const Pagination = z.object({
  count: z.number().int(),
  page_count: z.number().int(),
  page_size: z.number().int(),
  page: z.number().int(),
  total_pages: z.number().int(),
  has_next: z.boolean(),
  has_previous: z.boolean(),
  offset: z.number().int(),
  limit: z.number().int(),
});

const count = z.number().int();
const messagesByType = { customer: count, support: count, marketing: count, AI: count };

export const InboxStats = z.object({
  inbox_id: z.string(),
  from: z.iso.date(),
  to: z.iso.date(),
  /** `opened` within the days; `open` and `closed` now. */
  conversations: z.object({ opened: count, open: count, closed: count }),
  messages: z.object(messagesByType),
  /** Messages of these days that did not reach their customer, and were not sent again since. */
  failed_sends: count,
  /** From a conversation's beginning to the first message of an agent, for those that began within the days. */
  first_response: z.object({
    conversations: count,
    median_ms: z.number().nullable(),
    p95_ms: z.number().nullable(),
  }),
  /** What each one said, the busiest first. */
  agents: z.array(z.object({ user_id: userId, name: z.string(), messages: count })),
  days: z.array(z.object({ day: z.iso.date(), opened: count, ...messagesByType, failed_sends: count })),
});
export type InboxStats = z.output<typeof InboxStats>;

const loose = z.record(z.string().max(60), z.unknown());

export const conversationsIncoming = {
  get_conversations: z.object({ filters: loose.optional() }),
  refresh_conversations: z.object({ filters: loose.optional() }),
  search_conversations: z.object({ search_term: z.string().max(200).default(""), filters: loose.optional() }),
  filter_conversations: z.object({ filters: loose.optional() }),
  get_conversation_filter_options: z.object({}),
  ping: z.object({}),
};

const option = z.object({ value: z.string(), label: z.string() });

export const conversationsOutgoing = {
  conversations_list: z.object({
    conversations: z.array(Conversation),
    timestamp: at,
    pagination: Pagination,
    filters: loose,
    count: z.number().int(),
    page_count: z.number().int(),
    /** Hand it back as `?since=`. */
    cursor: z.string().optional(),
  }),
  conversation_filter_options: z.object({
    options: z.object({
      statuses: z.array(option),
      sources: z.array(option),
      priorities: z.array(option),
      tags: z.array(option),
      order_options: z.array(option),
    }),
    timestamp: at,
  }),
  new_customer_message: durable(
    z.object({
      conversation_id: z.string(),
      message: Message,
      timestamp: at,
      unread_count: z.number().int(),
    }),
  ),
  conversation_updated: durable(
    z.object({
      conversation_id: z.string(),
      status: z.enum(statuses).optional(),
      assigned_to: userId.nullable().optional(),
      /** An agent has said that it is spam, or that it is none. */
      suspected: z.boolean().optional(),
      unread_count: z.number().int().optional(),
    }),
  ),
  /** You became a member of an inbox, or are none any more; the list follows. */
  membership_changed: durable(z.object({ inbox_id: z.string(), is_member: z.boolean() })),
  pong: z.object({}),
};

export const chatIncoming = {
  chat_message: z.object({
    content: z.string().max(100_000).default(""),
    message_type: z.string().optional(),
    client_message_id: z.string().min(1).max(100).optional(),
  }),
  typing: z.object({ is_typing: z.boolean() }),
  mark_read: z.object({ message_id: z.string().max(60).optional() }),
  get_messages: z.object({ filters: loose.optional() }),
  load_more_messages: z.object({ filters: loose.optional() }),
  ping: z.object({}),
};

export const chatOutgoing = {
  recent_messages: z.object({
    messages: z.array(Message),
    timestamp: at,
    pagination: Pagination,
    count: z.number().int(),
    page_count: z.number().int(),
    cursor: z.string().optional(),
  }),
  chat_message: durable(z.object({ message: Message, external_send_result: ExternalSendResult })),
  /** What became of a message whose `chat_message` could not wait for it. */
  external_send_result: durable(
    z.object({ conversation_id: z.string(), message_id: z.string(), result: ExternalSendResult }),
  ),
  message_updated: durable(z.object({ message: Message })),
  messages_read: durable(
    z.object({ user_id: userId, conversation_id: z.string(), unread_count: z.number().int() }),
  ),
  /** The customer has seen them. */
  messages_seen: durable(z.object({ conversation_id: z.string(), message_ids: z.array(z.string()) })),
  note_added: durable(
    z.object({
      note: z.object({
        id: z.string(),
        conversation_id: z.string(),
        author: z.object({ id: userId, name: z.string() }),
        content: z.string(),
        created_at: at,
      }),
    }),
  ),
  typing_indicator: latest(
    z.object({
      user_id: userId,
      username: z.string(),
      is_typing: z.boolean(),
      conversation_id: z.string(),
      timestamp: at,
    }),
    ({ user_id }) => String(user_id),
  ),
  user_presence: z.object({ user_id: userId, username: z.string(), is_online: z.boolean(), timestamp: at }),
  pong: z.object({}),
};

const WidgetMessage = z.object({
  id: z.string(),
  from: z.enum(["you", "support"]),
  content: z.string(),
  created_at: at,
  /** Of your own messages: the id that you gave them. */
  client_message_id: z.string().nullable(),
});

/** What the visitor's widget hears. */
export const widgetOutgoing = {
  welcome: z.object({
    visitor: z.string(),
    name: z.string(),
    messages: z.array(WidgetMessage),
    cursor: z.string(),
  }),
  /** Not in the journal: who was away reads the messages themselves in `welcome`. */
  message: WidgetMessage,
  typing: latest(z.object({ is_typing: z.boolean() })),
  pong: z.object({}),
};

export const widgetIncoming = {
  message: {
    body: z.object({
      content: z.string().max(100_000),
      client_message_id: z.string().min(1).max(100).optional(),
    }),
    rate: { perSecond: 1, burst: 10 },
  },
  typing: { body: z.object({ is_typing: z.boolean() }), rate: { perSecond: 2, burst: 10 } },
  name: { body: z.object({ name: z.string().trim().min(1).max(100) }), rate: { perSecond: 0.2, burst: 5 } },
  /** Up to this message; without one, all that was told until now. */
  seen: { body: z.object({ message_id: z.string().max(60).optional() }), rate: { perSecond: 2, burst: 20 } },
  ping: z.object({}),
};

/** Ids of one time stand side by side in the index: a random one would touch a page of its own (bench I5). */
export const newMessageId = (now: number): string => `msg_${now.toString(36)}${randomId(12)}`;

export const chatTopic = (conversation: string): string => `chat:${conversation}`;
export const listTopic = (inbox: string): string => `conversations:${inbox}`;
/** What a user is a member of. */
export const memberTopic = (user: string): string => `member:${user}`;
export const visitorTopic = (inbox: string, visitor: string): string => `visitor:${inbox}:${visitor}`;

/** Told to every node: an inbox came, went, changed, or has other members. */
export const inboxesTopic = "inboxes";
export const InboxChanged = z.object({
  inbox_id: z.string(),
  /** Members who came or went. */
  added: z.array(z.string()),
  removed: z.array(z.string()),
  /** Conversations that were theirs who went. */
  unassigned: z.array(z.string()).default([]),
  /** It is new, or its settings are: start its platform anew. `gone`: stop it. */
  platform: z.enum(["same", "changed", "gone"]),
});
export type InboxChanged = z.output<typeof InboxChanged>;
export const inboxEvents = { inbox_changed: durable(InboxChanged) };

/** Counts characters as people do, not UTF-16's halves of an emoji; most texts are too short to be counted. */
export const isLongerThan = (text: string, characters: number): boolean =>
  text.length > characters && [...text].length > characters;

export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));
export const toUserId = (id: string): number | string => (/^\d{1,15}$/.test(id) ? Number(id) : id);
