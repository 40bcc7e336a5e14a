import { z } from "zod";
import { defineChannel } from "../../../src/core/channel.ts";
import { Fault } from "../../../src/protocol/faults.ts";
import { broken, type FaultCase, type SetUp } from "../kit/case.ts";
import { closing, frame, onFrame, opcodes, politely, politeWebSocket, webSocket } from "../kit/frames.ts";
import { at, peyk } from "../kit/peyk.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws`;

/** It greets nobody, and its store is away whatever it is asked. */
const unwell = defineChannel({
  name: "unwell",
  path: "/ws/unwell/",
  summary: "Its store is away",
  auth: ["anonymous"],
  incoming: { ping: z.object({}) },
  outgoing: {},
  handle: {
    ping() {
      throw new Fault("unavailable");
    },
  },
});

/** How servers end a socket that has just opened, or show that they should. */
export const closeCases: readonly FaultCase[] = [
  {
    name: "A Peyk whose store is away answers with errors alone, and keeps the socket open",
    setUp: async (stack) => ({ url: at(await peyk(stack, {}, { channels: () => [unwell] }), "/ws/unwell/") }),
    expected: broken("auth", "server_unwell", "server", /log/i),
  },
  {
    name: "The server closes at once without a close frame",
    setUp: async (stack) => ({ url: url(await webSocket(stack, (socket) => void socket.end())) }),
    expected: broken("auth", "closed_at_once", "server", /log/i),
  },
  {
    name: "The server closes at once with 1000 and no reason",
    setUp: async (stack) => ({
      url: url(await webSocket(stack, (socket) => void socket.end(frame(opcodes.close, closing(1000))))),
    }),
    expected: broken("auth", "closed_at_once", "server", /log/i),
  },
  {
    name: "A close frame without a code",
    setUp: async (stack) => ({
      url: url(await webSocket(stack, (socket) => void socket.end(frame(opcodes.close)))),
    }),
    expected: broken("auth", "closed_at_once", "server", /log/i),
  },
  {
    name: "The server resets the connection after the 101",
    setUp: async (stack) => ({
      url: url(await webSocket(stack, (socket) => void setTimeout(() => socket.resetAndDestroy(), 20))),
    }),
    expected: broken("auth", "closed_at_once", "server", /log/i),
  },
  ...(
    [
      [1008, "policy", broken("auth", "refused_by_policy", "token", /token|log/i)],
      [1011, "unexpected condition", broken("auth", "server_unwell", "server", /log/i)],
      [1012, "service restart", broken("auth", "server_restarts", "server", /again|wait|second/i)],
      [1013, "try again later", broken("auth", "server_full", "server", /limit/i)],
      [1001, "going away", broken("auth", "server_restarts", "server", /again|wait|second/i)],
      [
        1002,
        "Subprotocol not acceptable",
        broken("auth", "closed_unknown", "server", /Sec-WebSocket-Protocol|protocol/i),
      ],
      [1003, "unsupported data", broken("auth", "closed_unknown", "server", /1003|log/i)],
      [3000, "unauthorized", broken("auth", "token_missing", "token", /--token/)],
      [4000, "no", broken("auth", "closed_unknown", "server", /4000|log|document/i)],
      [4401, "Unauthorized", broken("auth", "token_missing", "token", /--token/)],
      [4403, "Forbidden", broken("auth", "role_refused", "token", /role|token|account/i)],
      [
        4406,
        "Subprotocol not acceptable",
        broken("auth", "closed_unknown", "server", /Sec-WebSocket-Protocol|protocol/i),
      ],
      [4999, "", broken("auth", "closed_unknown", "server", /4999|log|document/i)],
    ] as const
  ).map(([code, reason, expected]) => ({
    name: `The server closes at once with ${code}${reason === "" ? "" : ` (${reason})`}`,
    setUp: (async (stack) => ({
      url: url(
        await webSocket(stack, (socket) => void socket.end(frame(opcodes.close, closing(code, reason)))),
      ),
    })) satisfies SetUp,
    expected,
  })),
  {
    name: "GraphQL wants its subprotocol",
    setUp: async (stack) => ({
      url: url(
        await webSocket(stack, (socket, { head }) => {
          if (head.includes("graphql-transport-ws")) onFrame(socket, (...each) => politely(socket, ...each));
          else socket.write(frame(opcodes.close, closing(4406, "Subprotocol not acceptable")));
        }),
      ),
    }),
    expected: broken("auth", "closed_unknown", "server", /Sec-WebSocket-Protocol|protocol/i),
  },
  {
    name: "A server closes after three seconds of silence, since it waits for a first message",
    setUp: async (stack) => ({
      url: url(
        await politeWebSocket(stack, (socket) => {
          const timer = setTimeout(
            () => socket.end(frame(opcodes.close, closing(4408, "Connection initialisation timeout"))),
            3000,
          );
          socket.on("close", () => clearTimeout(timer));
        }),
      ),
      options: { idle: 5 },
    }),
    expected: broken("idle", "ended_by_server", "server", /4408|first message|server/i),
  },
];
