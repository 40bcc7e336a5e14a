import type { Socket } from "node:net";
import type { Options } from "../../../src/doctor/options.ts";
import { broken, type FaultCase, healthy, type SetUp, warns } from "../kit/case.ts";
import { closing, frame, onFrame, opcodes, politely, politeWebSocket, webSocket } from "../kit/frames.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws`;

/** A healthy server but for what it does with one kind of frame. */
const taking =
  (take: (socket: Socket, opcode: number, payload: Buffer) => void, asked: Options = {}): SetUp =>
  async (stack) => ({
    url: url(
      await webSocket(stack, (socket) => onFrame(socket, (opcode, payload) => take(socket, opcode, payload))),
    ),
    options: asked,
  });

const noPong = broken("heartbeat", "no_pong", "server", /what blocks the server/);
const { text, binary, close, ping, pong } = opcodes;

/** How an open socket lives: pings, silence, sizes, many at once. */
export const sessionCases: readonly FaultCase[] = [
  {
    name: "The server answers no ping",
    setUp: taking((socket, opcode, payload) => {
      if (opcode !== ping) politely(socket, opcode, payload);
    }),
    expected: noPong,
  },
  {
    name: "The server answers pings with the wrong payload",
    setUp: taking((socket, opcode, payload) => {
      if (opcode === ping) socket.write(frame(pong, "something else"));
      else politely(socket, opcode, payload);
    }),
    expected: noPong,
  },
  {
    name: "The server hangs up at the first ping",
    setUp: taking((socket, opcode, payload) => {
      if (opcode === ping) socket.end();
      else politely(socket, opcode, payload);
    }),
    expected: noPong,
  },
  {
    name: "The server takes three seconds for a pong",
    setUp: taking((socket, opcode, payload) => {
      setTimeout(() => politely(socket, opcode, payload), opcode === ping ? 3000 : 0);
    }),
    expected: warns("heartbeat", "slow_pong", "network", /ping 127/),
  },
  {
    name: "A proxy holds everything back until 4 KB have come together",
    setUp: async (stack) => ({
      url: url(
        await webSocket(stack, (socket) => {
          let held = Buffer.alloc(0);
          const later = (bytes: Buffer) => {
            held = Buffer.concat([held, bytes]);
            if (held.length < 4096) return;
            socket.write(held);
            held = Buffer.alloc(0);
          };
          onFrame(socket, (opcode, payload) => {
            if (opcode === ping) later(frame(pong, payload));
            if (opcode === text || opcode === binary) later(frame(opcode, payload));
          });
        }),
      ),
    }),
    expected: broken("heartbeat", "proxy_buffers", "proxy", /buffer/i),
  },
  {
    name: "A server or proxy cuts what is silent for two seconds, by hanging up",
    setUp: async (stack) => ({
      url: url(
        await webSocket(stack, (socket) => {
          onFrame(socket, (opcode, payload) => politely(socket, opcode, payload));
          socket.setTimeout(2000, () => socket.destroy());
        }),
      ),
      options: { idle: 4 },
    }),
    expected: broken("idle", "cut_when_idle", "proxy", /time-?out/i),
  },
  {
    name: "The server itself ends what is silent for two seconds, with 1001",
    setUp: async (stack) => ({
      url: url(
        await webSocket(stack, (socket) => {
          onFrame(socket, (opcode, payload) => politely(socket, opcode, payload));
          socket.setTimeout(2000, () => socket.end(frame(close, closing(1001, "idle"))));
        }),
      ),
      options: { idle: 4 },
    }),
    expected: broken("idle", "ended_by_server", "server", /ping|idle|time-?out/i),
  },
  {
    name: "Messages of more than 16 KB end the connection without a close frame",
    setUp: taking(
      (socket, opcode, payload) => {
        if (payload.length > 16_384) socket.destroy();
        else politely(socket, opcode, payload);
      },
      { payload: 65536 },
    ),
    expected: broken("payload", "cut_by_size", "proxy", /size|proxy|limit/i),
  },
  {
    name: "Messages of more than 16 KB end the connection with 1009",
    setUp: taking(
      (socket, opcode, payload) => {
        if (payload.length > 16_384) socket.end(frame(close, closing(1009, "too big")));
        else politely(socket, opcode, payload);
      },
      { payload: 65536 },
    ),
    expected: broken("payload", "message_too_big", "server", /MAX_MESSAGE_BYTES|max|limit/i),
  },
  {
    name: "Five sockets at once are the most",
    setUp: async (stack) => {
      let open = 0;
      const port = await politeWebSocket(stack, (socket) => {
        open += 1;
        socket.on("close", () => {
          open -= 1;
        });
        if (open > 5) socket.end(frame(close, closing(1013, "too many")));
      });
      return { url: url(port), options: { parallel: 10 } };
    },
    expected: broken("parallel", "few_sockets", "server", /limit|descriptor|ulimit|MAX_CONNECTIONS/i),
  },
  {
    name: "After two seconds of silence nothing comes any more, not even an end, as behind a NAT that forgets",
    setUp: async (stack) => ({
      url: url(
        await webSocket(stack, (socket) => {
          let last = Date.now();
          onFrame(socket, (opcode, payload) => {
            if (Date.now() - last > 2000) return;
            last = Date.now();
            politely(socket, opcode, payload);
          });
        }),
      ),
      options: { idle: 4 },
    }),
    expected: broken("idle", "cut_when_idle", "proxy", /time-?out|NAT/i),
  },
  {
    name: "Socket.IO, asked as its clients ask",
    setUp: async (stack) => {
      const open =
        '0{"sid":"pKZyj9UmCfz6GPkpAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
      const port = await webSocket(stack, (socket) => {
        socket.write(frame(text, open));
        onFrame(socket, (opcode, payload) => {
          // engine.io ends what it cannot read.
          if (opcode === text && !/^[0-6]/.test(payload.toString())) socket.end(frame(close, closing(1000)));
          else if (opcode !== text) politely(socket, opcode, payload);
        });
      });
      return { url: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket` };
    },
    expected: healthy,
  },
  {
    name: "A server that speaks ten times a second",
    setUp: async (stack) => ({
      url: url(
        await politeWebSocket(stack, (socket) => {
          const timer = setInterval(() => socket.write(frame(text, '{"type":"tick"}')), 100);
          socket.on("close", () => clearInterval(timer));
        }),
      ),
      options: { idle: 2 },
    }),
    expected: healthy,
  },
  {
    name: "A server that takes no text, and answers pings",
    setUp: taking(
      (socket, opcode, payload) => {
        if (opcode !== text && opcode !== binary) politely(socket, opcode, payload);
      },
      { payload: 1000 },
    ),
    expected: healthy,
  },
  {
    name: "A server that demands an answer to its own pings within a second",
    setUp: async (stack) => ({
      url: url(
        await webSocket(stack, (socket) => {
          let answered = true;
          onFrame(socket, (opcode, payload) => {
            if (opcode === pong) answered = true;
            politely(socket, opcode, payload);
          });
          const timer = setInterval(() => {
            if (!answered) return void socket.destroy();
            answered = false;
            return void socket.write(frame(ping, "?"));
          }, 1000);
          socket.on("close", () => clearInterval(timer));
        }),
      ),
      options: { idle: 4 },
    }),
    expected: healthy,
  },
];
