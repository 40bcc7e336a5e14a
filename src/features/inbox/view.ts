import { type Conversation, type Customer, iso, isoOrNull, type Message, toUserId } from "./messages.ts";
import { type ConversationRow, type CustomerRow, type MessageRow, suspected } from "./repo.ts";
import { noticed } from "./spam-watch.ts";

export interface TagOf {
  readonly conversation_id: string;
  readonly id: number;
  readonly name: string;
  readonly created_by: string;
  readonly created_at: number;
}

export const toCustomer = (
  row: CustomerRow,
  source: ConversationRow["source"],
  tags: readonly TagOf[],
): Customer => ({
  id: row.id,
  first_name: row.first_name,
  last_name: row.last_name,
  source,
  username: row.username,
  email: row.email,
  phone_number: row.phone_number,
  description: row.description,
  source_id: row.source_id,
  profile_picture: row.picture === null ? null : `/api/customers/${row.id}/picture`,
  unreachable: row.unreachable,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
  tag: tags.map(({ id, name, created_by, created_at }) => ({
    id,
    name,
    created_by,
    created_at: iso(created_at),
  })),
});

export const toConversation = (
  row: ConversationRow,
  customer: CustomerRow,
  tags: readonly TagOf[],
): Conversation => ({
  id: row.id,
  title: row.title,
  status: row.status,
  source: row.source,
  inbox_id: row.inbox_id,
  customer: toCustomer(customer, row.source, tags),
  last_message: lastOf(row),
  unread_count: row.unread,
  priority: row.priority,
  is_active: row.status !== "closed",
  suspected: row.suspected === suspected.yes,
  assigned_to: row.assigned_to === null ? null : toUserId(row.assigned_to),
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
});

function lastOf({
  last_id,
  last_content,
  last_type,
  last_at,
}: ConversationRow): Conversation["last_message"] {
  if (last_id === null || last_type === null || last_at === null) return null;
  return { id: last_id, content: last_content ?? "", type: last_type, created_at: iso(last_at) };
}

type Named = Pick<CustomerRow, "id" | "first_name" | "last_name">;

export function toMessage(row: Omit<MessageRow, "seq">, { id, first_name, last_name }: Named): Message {
  const media = row.media === null ? null : JSON.parse(row.media);
  const message: Message = {
    id: row.id,
    conversation_id: row.conversation_id,
    content: row.content,
    type: row.type,
    customer: { id, first_name, last_name },
    created_at: iso(row.created_at),
    message_type: row.kind,
    media_url: media === null || media.reference === undefined ? null : `/api/messages/${row.id}/media`,
    media: media === null ? null : withoutReference(media),
    is_answered: row.is_answered === 1,
    is_ai_response: row.type === "AI",
    processing_status: "completed",
    state: row.state,
    error: row.error,
    author: row.author === null ? null : { id: toUserId(row.author), name: row.author_name ?? "" },
    client_message_id: row.client_message_id,
    edited_at: isoOrNull(row.edited_at),
    deleted: row.deleted_at !== null,
  };
  if (row.suspicions !== null) message.suspicions = noticed(row);
  return message;
}

/** What the platform's `media` takes is for the server alone. */
function withoutReference({ reference: _, ...media }: Record<string, unknown>): Record<string, unknown> {
  return media;
}

export function pagination(count: number, limit: number, offset: number) {
  const pages = Math.ceil(count / limit);
  return {
    count,
    page_count: pages,
    page_size: limit,
    page: Math.floor(offset / limit) + 1,
    total_pages: pages,
    has_next: offset + limit < count,
    has_previous: offset > 0,
    offset,
    limit,
  };
}
