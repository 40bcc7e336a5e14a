import { defineChannel } from "../../../core/channel.ts";
import type { Clock } from "../../../core/clock.ts";
import { Fault } from "../../../protocol/faults.ts";
import { incoming, outgoing } from "../messages.ts";
import { type Clients, clientsTopic, whoIs } from "../service.ts";

/** Longest client id; ids are the clients' own words. */
const maxClientId = 128;

/** A client of any app, anonymous or with a token, under an id that it chose itself (seed 003). */
export const clientChannel = (clients: Clients, clock: Clock, host: string) =>
  defineChannel({
    name: "client",
    path: "/ws/:clientId",
    summary: "One socket of an app's client, anonymous or with a token, found by its id or its user",
    host,
    auth: ["anonymous"],
    incoming,
    outgoing,
    presence: (connection) => ({
      topic: clientsTopic,
      info: clients.describe(connection, connection.params.clientId),
    }),

    open(connection) {
      const { clientId } = connection.params;
      if (clientId.length > maxClientId)
        throw new Fault("bad_request", `a client id may have ${maxClientId} characters at most`);
      clients.enter(connection, clientId);
      const server_time = new Date(clock.now()).toISOString();
      const { identity, cursor } = connection;
      connection.send("connected", { client_id: clientId, ...whoIs(identity), server_time, cursor });
    },

    close: (connection) => clients.leave(connection, connection.params.clientId),

    handle: {
      hello(connection, { message = "" }) {
        const { user_id } = whoIs(connection.identity);
        connection.send("hello", { message, client_id: connection.params.clientId, user_id });
      },
      ping: (connection) => connection.send("pong", {}),
    },
  });
