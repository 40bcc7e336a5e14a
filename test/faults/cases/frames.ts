import type { Socket } from "node:net";
import type { Options } from "../../../src/doctor/options.ts";
import { broken, type FaultCase, healthy, type SetUp, warns } from "../kit/case.ts";
import {
  closing,
  frame,
  onFrame,
  opcodes,
  politely,
  politeWebSocket,
  switching,
  webSocket,
} from "../kit/frames.ts";
import { onRequest, rawServer } from "../kit/raw.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws`;

/** A healthy server that says this first. */
const greetingWith =
  (...bytes: readonly Buffer[]): SetUp =>
  async (stack) => ({
    url: url(await politeWebSocket(stack, (socket) => void socket.write(Buffer.concat(bytes)))),
  });

/** A healthy server but for what it does with one kind of frame. */
const taking =
  (take: (socket: Socket, opcode: number, payload: Buffer) => void, asked: Options = {}): SetUp =>
  async (stack) => ({
    url: url(
      await webSocket(stack, (socket) => onFrame(socket, (opcode, payload) => take(socket, opcode, payload))),
    ),
    options: asked,
  });

const badFrames = broken("heartbeat", "bad_frames", "server", /RFC 6455|library|proxy/i);
const noPong = broken("heartbeat", "no_pong", "server", /event loop|ping/i);
const { text, binary, close, ping, pong } = opcodes;

export const frameCases: readonly FaultCase[] = [
  {
    name: "The server masks its frames",
    setUp: greetingWith(frame(text, "hello", { masked: true })),
    expected: badFrames,
  },
  {
    name: "The server sets a reserved bit",
    setUp: greetingWith(frame(text, "hello", { reserved: 4 })),
    expected: badFrames,
  },
  {
    name: "The server sends an opcode that does not exist",
    setUp: greetingWith(frame(3, "hello")),
    expected: badFrames,
  },
  {
    name: "The server's text is no UTF-8",
    setUp: greetingWith(frame(text, Buffer.from([0xc3, 0x28]))),
    expected: badFrames,
  },
  {
    name: "The server sends a ping that is too long",
    setUp: greetingWith(frame(ping, "x".repeat(126))),
    expected: badFrames,
  },
  {
    name: "The server sends half a ping",
    setUp: greetingWith(frame(ping, "x", { fin: false })),
    expected: badFrames,
  },
  {
    name: "The server goes on with a message that never began",
    setUp: greetingWith(frame(0, "more")),
    expected: badFrames,
  },
  {
    name: "The server begins a message inside another",
    setUp: greetingWith(frame(text, "one", { fin: false }), frame(text, "two")),
    expected: badFrames,
  },
  {
    name: "The server sends lines of text instead of frames",
    setUp: greetingWith(Buffer.from("hello, I am no WebSocket frame\n")),
    expected: badFrames,
  },
  {
    name: "The server masks its pongs alone",
    setUp: taking((socket, opcode, payload) => {
      if (opcode === ping) socket.write(frame(pong, payload, { masked: true }));
      else politely(socket, opcode, payload);
    }),
    expected: badFrames,
  },
  {
    name: "The close frame has a code that may not be sent",
    setUp: async (stack) => ({
      url: url(await webSocket(stack, (socket) => void socket.end(frame(close, closing(1006))))),
    }),
    expected: badFrames,
  },
  {
    name: "The close frame has one byte",
    setUp: async (stack) => ({
      url: url(await webSocket(stack, (socket) => void socket.end(frame(close, Buffer.from([3]))))),
    }),
    expected: badFrames,
  },
  {
    name: "The server announces a frame of 200 MB, and does not send it",
    setUp: greetingWith(frame(binary, "x", { length: 200_000_000 })),
    expected: badFrames,
  },
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
    name: "A server that greets in the same packet as the 101",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, (request) => {
            if (!request.isUpgrade)
              return void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            onFrame(socket, (opcode, payload) => politely(socket, opcode, payload));
            return void socket.write(Buffer.concat([Buffer.from(switching(request)), frame(text, "hello")]));
          }),
        ),
      ),
    }),
    expected: healthy,
  },
  {
    name: "A server whose handshake comes in single bytes, with headers in lower case and `keep-alive, Upgrade`",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, (request) => {
            if (!request.isUpgrade)
              return void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            onFrame(socket, (opcode, payload) => politely(socket, opcode, payload));
            const head = switching(request, { Upgrade: "WebSocket", Connection: "keep-alive, Upgrade" });
            socket.setNoDelay(true);
            for (const byte of Buffer.from(head.replace("Sec-WebSocket-Accept", "sec-websocket-accept")))
              socket.write(Buffer.from([byte]));
            return undefined;
          }),
        ),
      ),
    }),
    expected: healthy,
  },
  {
    name: "A server that sends a message in three parts, with a ping between them",
    setUp: greetingWith(
      frame(text, "hel", { fin: false }),
      frame(ping, "are you there"),
      frame(0, "l", { fin: false }),
      frame(0, "o"),
    ),
    expected: healthy,
  },
  {
    name: "A server that greets with two megabytes",
    setUp: greetingWith(frame(binary, Buffer.alloc(2_000_000))),
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
