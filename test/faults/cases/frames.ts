import type { Socket } from "node:net";
import type { Options } from "../../../src/doctor/options.ts";
import { broken, type FaultCase, healthy, type SetUp } from "../kit/case.ts";
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
];
