import type { Generated, Kysely, Selectable } from "kysely";
import type { PlatformName } from "../platform.ts";

export const statuses = ["active", "support_active", "marketing_active", "closed"] as const;
export type Status = (typeof statuses)[number];
export const messageTypes = ["customer", "support", "marketing", "AI"] as const;
export type MessageType = (typeof messageTypes)[number];

/** Whether a conversation is suspected; one that an agent has cleared is not suspected again. */
export const suspected = { no: 0, yes: 1, cleared: 2 } as const;

/** Times are milliseconds since 1970; JSON is kept as text; booleans are 0 and 1. */
export interface InboxTables {
  inboxes: {
    id: string;
    kind: PlatformName;
    name: string;
    /** Encrypted JSON: tokens and secrets of the platform. */
    secrets: string;
    /** JSON that may be shown: bot name, mode. */
    info: string;
    auto_assign: number;
    /** The platform's account, of which there is one inbox; null where there may be many. */
    account_key: string | null;
    /** Counts inboxes: the search index is in its order. */
    number: Generated<number>;
    created_at: number;
    removed_at: number | null;
  };
  inbox_members: { inbox_id: string; user_id: string };
  inbox_customers: {
    id: Generated<number>;
    inbox_id: string;
    /** The platform's id of this person. */
    source_id: string;
    first_name: string;
    last_name: string;
    username: string | null;
    email: string | null;
    phone_number: string | null;
    description: string | null;
    /** What the platform's `media` takes; shown to nobody. */
    picture: string | null;
    /** Since when nothing reaches him, in the platform's words. */
    unreachable: string | null;
    /** An agent gave him his name: the platform's does not count. */
    named_by_agent: number;
    created_at: number;
    updated_at: number;
  };
  inbox_conversations: {
    id: string;
    inbox_id: string;
    customer_id: number;
    title: string;
    source: PlatformName;
    status: Status;
    priority: number;
    assigned_to: string | null;
    unread: number;
    /** The newest message, kept here so that a list needs no look at the messages. */
    last_id: string | null;
    last_content: string | null;
    last_type: MessageType | null;
    last_at: number | null;
    last_customer_at: number | null;
    /** One of `suspected`. */
    suspected: number;
    /** When an agent first wrote in it; noted when messages are counted (repo/stats.ts), a moment later. */
    first_response_at: number | null;
    created_at: number;
    updated_at: number;
  };
  inbox_messages: {
    seq: Generated<number>;
    id: string;
    conversation_id: string;
    type: MessageType;
    content: string;
    author: string | null;
    author_name: string | null;
    client_message_id: string | null;
    /** text, or the kind of its media. */
    kind: string;
    media: string | null;
    state: "received" | "queued" | "sent" | "read" | "failed";
    error: string | null;
    is_answered: number;
    /** Its `chat_message` has been told; until then nobody is shown it. */
    announced: number;
    created_at: number;
    edited_at: number | null;
    deleted_at: number | null;
    /** JSON list of reasons to suspect it; null where there are none. Not written with the row: see `markMessage`. */
    suspicions: string | null;
  };
  /** The platform's ids of a message; one sent in parts has several. */
  inbox_message_refs: { inbox_id: string; platform_id: string; message_id: string };
  /** What is on its way to a platform. */
  inbox_outbox: {
    seq: Generated<number>;
    message_id: string;
    inbox_id: string;
    conversation_id: string;
    chat: string;
    /** JSON list of texts. */
    parts: string;
    next_part: number;
    attempts: number;
    due_at: number;
  };
  /** Deliveries that were taken: a platform's repeats change nothing. */
  inbox_updates: { inbox_id: string; key: string; at: number };
  /** Edits and, without a text, deletions of messages that have not come yet. */
  inbox_early_changes: { inbox_id: string; platform_id: string; text: string | null; at: number };
  inbox_tags: {
    id: Generated<number>;
    inbox_id: string;
    name: string;
    created_by: string;
    created_at: number;
  };
  inbox_conversation_tags: { conversation_id: string; tag_id: number };
  inbox_notes: {
    id: string;
    conversation_id: string;
    author: string;
    author_name: string;
    content: string;
    created_at: number;
  };
  inbox_canned_replies: { id: string; inbox_id: string; shortcut: string; content: string };
  /** Messages of each day (since 1970, UTC), type and author; customers together, under no name. */
  inbox_daily_messages: {
    inbox_id: string;
    day: number;
    type: MessageType;
    author: string;
    author_name: string | null;
    messages: number;
  };
  /** The last message that is counted in them. */
  inbox_counting: { id: number; counted: number };
  /** Where the search index has come to; SQLite alone, as the next two. */
  inbox_search_state: { id: number; indexed: number };
  /** A conversation's messages in one segment, which ends with `segment`: their seqs as a JSON list. */
  inbox_message_index: { conversation_id: string; segment: number; seqs: string };
  /** The last message of the newest segment. */
  inbox_filing: { id: number; filed: number };
}

export type Db = Kysely<InboxTables>;
export type InboxRow = Selectable<InboxTables["inboxes"]>;
export type NewInboxRow = Omit<InboxRow, "number">;
export type CustomerRow = Selectable<InboxTables["inbox_customers"]>;
export type ConversationRow = Selectable<InboxTables["inbox_conversations"]>;
export type MessageRow = Selectable<InboxTables["inbox_messages"]>;
export type OutboxRow = Selectable<InboxTables["inbox_outbox"]>;
export type NoteRow = Selectable<InboxTables["inbox_notes"]>;
export type CannedReplyRow = Selectable<InboxTables["inbox_canned_replies"]>;
