import { defineChannel } from "../../../core/channel.ts";
import type { Identity } from "../../../core/identity.ts";
import type { Room } from "../access.ts";
import { widgetIncoming, widgetOutgoing } from "../messages.ts";
import type { Inbox } from "../service.ts";
import { type Visitor, Visitors } from "../visitors.ts";

/** The identity of a visitor holds both: see `Visitors.authenticate`. */
const visitorOf = ({ id, name }: Identity): Visitor => ({ id: id.slice("visitor:".length), token: name });

/** A visitor of a site with our widget, and the agents of its inbox. */
export function widgetChannel(inbox: Inbox) {
  const visitors = new Visitors(inbox);
  /** Names that were told before the first message: they alone are no conversation. */
  const names = new WeakMap<object, string>();
  /** Who types: whoever goes types no more. */
  const typing = new WeakMap<object, Room>();
  return defineChannel({
    name: "widget",
    path: "/ws/widget/:inbox",
    summary:
      "A visitor's side of a conversation; `?visitor=` with the token of `welcome` brings him back to it",
    auth: ["anonymous"],
    authenticate: visitors.authenticate,
    origins: ({ inbox: id }) => visitors.origins(id),
    incoming: widgetIncoming,
    outgoing: widgetOutgoing,
    async open(connection) {
      const { params, identity } = connection;
      inbox.watchers.addVisitor(connection as never, params.inbox);
      await visitors.requireWidget(params.inbox);
      const visitor = visitorOf(identity);
      // Followed before it is read: what comes in between comes twice, and by its id once.
      connection.follow(visitors.topic(params.inbox, visitor));
      const room = await visitors.room(params.inbox, visitor);
      connection.send("welcome", {
        visitor: visitor.token,
        name: room?.customer.first_name ?? "",
        messages: await visitors.history(room),
        cursor: connection.cursor,
      });
    },
    close(connection) {
      inbox.watchers.remove(connection as never);
      const room = typing.get(connection);
      if (room !== undefined) visitors.typing(room, false);
    },
    handle: {
      async message(connection, { content, client_message_id }) {
        const { params, identity } = connection;
        const visitor = visitorOf(identity);
        const { message, isNew } = await inbox.arrivals.inTurn(params.inbox, visitor.id, async () => {
          await visitors.requireWidget(params.inbox);
          const room = await visitors.ownRoom(params.inbox, visitor, connection.peer, names.get(connection));
          return inbox.arrivals.fromVisitor(room, content, client_message_id);
        });
        if (!isNew) connection.send("message", message);
      },
      async typing(connection, { is_typing }) {
        const room = await visitors.room(connection.params.inbox, visitorOf(connection.identity));
        // He may be gone by now.
        if (room === undefined || connection.ending !== undefined) return;
        if (is_typing) typing.set(connection, room);
        else typing.delete(connection);
        visitors.typing(room, is_typing);
      },
      async name(connection, { name }) {
        const { params, identity } = connection;
        const visitor = visitorOf(identity);
        await inbox.arrivals.inTurn(params.inbox, visitor.id, async () => {
          const room = await visitors.room(params.inbox, visitor);
          if (room === undefined) names.set(connection, name);
          else await visitors.rename(room, name);
        });
      },
      async seen({ params, identity }, { message_id }) {
        const room = await visitors.room(params.inbox, visitorOf(identity));
        if (room !== undefined) await visitors.seen(room, message_id);
      },
      ping: (connection) => connection.send("pong", {}),
    },
  });
}
