import { type Connection, defineChannel } from "../../../core/channel.ts";
import type { Room } from "../access.ts";
import { chatIncoming, chatOutgoing, chatTopic, iso, toUserId } from "../messages.ts";
import type { Inbox } from "../service.ts";
import { agentCloseCodes, agentErrors, agentRoles } from "./agents.ts";

/** Messages of a page that a client asks for without saying how many (wire of seed 002). */
const olderPage = 10;

type Chat = Connection<{ readonly conversation: string }, typeof chatOutgoing>;

/** One conversation with a customer (seed 002), for all agents who have it open. */
export function chatChannel(inbox: Inbox) {
  const rooms = new WeakMap<object, Room>();
  /** Who types: whoever goes types no more. */
  const typing = new WeakSet<object>();
  const room = (connection: object): Room => rooms.get(connection)!;
  const older = async (connection: Chat, filters: Readonly<Record<string, unknown>> = {}) => {
    const page = await inbox.conversations.messages(room(connection), filters, undefined, olderPage);
    connection.send("recent_messages", page);
  };

  return defineChannel({
    name: "chat",
    path: "/ws/chat/:conversation/",
    summary: "One conversation: its messages, who types, who is here",
    auth: agentRoles,
    firstMessageAuth: true,
    closeCodes: agentCloseCodes,
    errorFields: agentErrors,
    untyped: "chat_message",
    ignoreUnknown: true,
    incoming: chatIncoming,
    outgoing: chatOutgoing,
    presence: ({ params, identity }) => ({
      topic: chatTopic(params.conversation),
      info: { user_id: toUserId(identity.id), username: identity.name },
    }),
    async open(connection) {
      const { identity, params } = connection;
      const found = await inbox.access.room(identity.id, params.conversation);
      rooms.set(connection, found);
      inbox.watchers.addChat(connection as never, found.conversation.inbox_id);
      connection.follow(chatTopic(found.conversation.id));
      // Whoever was taken from the inbox meanwhile was not known to the watchers yet.
      await inbox.access.room(identity.id, params.conversation);
    },
    async ready(connection) {
      await showRoster(inbox, connection);
      await inbox.presence(connection as never, connection.params.conversation, true);
    },
    async close(connection) {
      if (!rooms.has(connection)) return;
      inbox.watchers.remove(connection as never);
      if (typing.has(connection)) inbox.typing(room(connection), connection as never, false);
      await inbox.presence(connection as never, connection.params.conversation, false);
    },
    async snapshot(connection, db) {
      const page = await inbox.conversations.messages(room(connection), {}, db);
      connection.send("recent_messages", { ...page, cursor: connection.cursor });
    },
    handle: {
      async chat_message(connection, { content, message_type: type, client_message_id: clientId }) {
        const said = await inbox.talk.say(room(connection), connection.identity, { content, type, clientId });
        // A repeat: everybody has heard of it, but the answer may be what its sender missed.
        if (!said.isNew && said.result !== undefined)
          connection.sendJson({
            type: "chat_message",
            message: said.message,
            external_send_result: said.result,
          });
      },
      typing(connection, { is_typing }) {
        if (is_typing) typing.add(connection);
        else typing.delete(connection);
        inbox.typing(room(connection), connection as never, is_typing);
      },
      async mark_read(connection, { message_id }) {
        const read = await inbox.talk.markRead(room(connection), connection.identity, message_id);
        // Nothing that the others had not heard; clients of seed 002 wait for an answer all the same.
        if (!read.isNew) connection.sendJson({ type: "messages_read", ...read.told });
      },
      get_messages: (connection, { filters }) => older(connection, filters),
      load_more_messages: (connection, { filters }) => older(connection, filters),
      ping: (connection) => connection.send("pong", {}),
    },
  });
}

/** Who is here already, told to him who comes. */
async function showRoster(inbox: Inbox, connection: Chat): Promise<void> {
  const timestamp = iso(inbox.deps.clock.now());
  const me = toUserId(connection.identity.id);
  for (const { user_id, username } of await inbox.conversations.viewers(connection.params.conversation))
    if (user_id !== me) connection.send("user_presence", { user_id, username, is_online: true, timestamp });
}
