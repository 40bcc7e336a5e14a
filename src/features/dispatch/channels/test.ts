import { z } from "zod";
import { defineChannel } from "../../../core/channel.ts";
import type { Clock } from "../../../core/clock.ts";
import { Echo, TestMessage } from "../messages.ts";

/** Proves that WebSocket works at all: no token, greets first, answers pings, says what you say (seed 004). */
export const testChannel = (clock: Clock) =>
  defineChannel({
    name: "test",
    path: "/ws/test/",
    summary: "A socket for everybody, to see whether WebSocket gets through",
    auth: ["anonymous"],
    incoming: { ping: z.object({}), echo: Echo },
    outgoing: { test_message: TestMessage, pong: z.object({}), echo_response: Echo },

    open(connection) {
      const timestamp = new Date(clock.now()).toISOString();
      connection.send("test_message", { message: "WebSocket connection successful!", timestamp });
    },

    handle: {
      ping: (connection) => connection.send("pong", {}),
      echo: (connection, { data }) => connection.send("echo_response", { data }),
    },
  });
