import { defineChannel } from "../../../core/channel.ts";
import { conversationsIncoming, conversationsOutgoing } from "../messages.ts";
import type { Inbox } from "../service.ts";
import { agentCloseCodes, agentErrors, agentRoles } from "./agents.ts";

/** An agent's list of conversations (seed 002): pushed when it opens, then what changes. */
export const conversationsChannel = (inbox: Inbox) =>
  defineChannel({
    name: "conversations",
    path: "/ws/conversations/",
    summary: "The conversations of an agent's inboxes: a list, then what changes",
    auth: agentRoles,
    firstMessageAuth: true,
    closeCodes: agentCloseCodes,
    errorFields: agentErrors,
    untyped: "get_conversations",
    ignoreUnknown: true,
    incoming: conversationsIncoming,
    outgoing: conversationsOutgoing,
    async open(connection) {
      inbox.watchers.addList(connection);
      const { id } = connection.identity;
      await inbox.watchers.follow(connection, () => inbox.access.inboxes(id));
    },
    close: (connection) => inbox.watchers.remove(connection),
    renewOn: ["membership_changed"],
    async snapshot(connection, db) {
      const inboxes = await inbox.access.inboxes(connection.identity.id, db);
      const list = await inbox.conversations.list(inboxes, {}, db);
      connection.send("conversations_list", { ...list, cursor: connection.cursor });
    },
    handle: {
      get_conversations: (connection, { filters = {} }) => inbox.showList(connection, filters),
      refresh_conversations: (connection, { filters = {} }) => inbox.showList(connection, filters),
      search_conversations: (connection, { search_term, filters = {} }) =>
        inbox.showList(connection, { ...filters, search: search_term }),
      filter_conversations: (connection, { filters = {} }) => inbox.showList(connection, filters),
      async get_conversation_filter_options(connection) {
        const inboxes = await inbox.access.inboxes(connection.identity.id);
        connection.send("conversation_filter_options", await inbox.conversations.options(inboxes));
      },
      ping: (connection) => connection.send("pong", {}),
    },
  });
