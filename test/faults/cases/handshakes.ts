import { broken, type FaultCase, healthy, type SetUp } from "../kit/case.ts";
import { acceptOf, onFrame, politely, politeWebSocket, switching, webSocket } from "../kit/frames.ts";
import { answer, answering, onRequest, type Request, rawServer } from "../kit/raw.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws`;

/** Plain requests are answered as by a server that has a WebSocket here; an upgrade gets these bytes. */
const shaking =
  (upgrade: (request: Request) => string): SetUp =>
  async (stack) => ({
    url: url(
      await answering(stack, (request) =>
        request.isUpgrade ? upgrade(request) : answer("426 Upgrade Required", { Upgrade: "websocket" }),
      ),
    ),
  });

const wrong = (fix: RegExp) => broken("upgrade", "bad_handshake", "server", fix);

export const handshakeCases: readonly FaultCase[] = [
  {
    name: "The upgrade gets no answer, plain HTTP does",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, ({ isUpgrade }) => {
            if (!isUpgrade) socket.end(answer("200 OK", {}, "hello"));
          }),
        ),
      ),
    }),
    expected: broken("upgrade", "upgrade_hangs", "server", /log|proxy|worker/i),
  },
  {
    name: "The upgrade is answered by hanging up, plain HTTP is not",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(
            socket,
            ({ isUpgrade }) => void socket.end(isUpgrade ? "" : answer("200 OK", {}, "hello")),
          ),
        ),
      ),
    }),
    expected: wrong(/log|proxy|path|WebSocket/i),
  },
  {
    name: "Sec-WebSocket-Accept is wrong",
    setUp: shaking((request) => switching(request, { "Sec-WebSocket-Accept": acceptOf("another key") })),
    expected: broken("upgrade", "bad_accept", "server", /cache|proxy|library|Sec-WebSocket/i),
  },
  {
    name: "Sec-WebSocket-Accept is missing",
    setUp: shaking(
      () => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ),
    expected: wrong(/Sec-WebSocket-Accept|handshake/),
  },
  {
    name: "101 without `Upgrade: websocket`",
    setUp: shaking(
      ({ key }) =>
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
    ),
    expected: wrong(/Upgrade/),
  },
  {
    name: "101 without `Connection: Upgrade`",
    setUp: shaking(
      ({ key }) =>
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
    ),
    expected: wrong(/Connection|Upgrade/),
  },
  {
    name: "101 with a subprotocol that nobody asked for",
    setUp: shaking((request) => switching(request, { "Sec-WebSocket-Protocol": "mqtt" })),
    expected: wrong(/protocol/i),
  },
  {
    name: "101 with an extension that nobody asked for",
    setUp: shaking((request) => switching(request, { "Sec-WebSocket-Extensions": "x-shuffle" })),
    expected: wrong(/extension/i),
  },
  {
    name: "101 to another protocol",
    setUp: shaking((request) => switching(request, { Upgrade: "h2c" })),
    expected: wrong(/Upgrade/),
  },
  {
    name: "The connection ends in the middle of the 101",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, ({ isUpgrade }) =>
            socket.end(isUpgrade ? "HTTP/1.1 101 Switching Protocols\r\nUpgr" : answer("200 OK")),
          ),
        ),
      ),
    }),
    expected: wrong(/log|proxy|path|WebSocket/i),
  },
  {
    name: "101, then an HTTP error on the same connection, as Socket.IO with EIO=3",
    setUp: async (stack) => ({
      url: url(
        await webSocket(
          stack,
          (socket) =>
            void socket.end(
              answer("400 Bad Request", { Connection: "close" }, "Unsupported protocol version"),
            ),
        ),
      ),
    }),
    expected: broken("heartbeat", "bad_frames", "server", /RFC 6455|library|proxy/i),
  },
  {
    name: "The answer's head never ends",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, () => void socket.write("HTTP/1.1 101 Switching Protocols\r\nX-Slow: 1\r\n")),
        ),
      ),
    }),
    expected: broken("upgrade", "upgrade_hangs", "server", /log|proxy|worker/i),
  },
  {
    name: "An interim answer (103) comes before the 101",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, (request) => {
            if (!request.isUpgrade) return void socket.end(answer("404 Not Found"));
            onFrame(socket, (...each) => politely(socket, ...each));
            return void socket.write(
              `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${switching(request)}`,
            );
          }),
        ),
      ),
    }),
    expected: healthy,
  },
  {
    name: "The handshake takes two seconds",
    setUp: async (stack) => ({
      url: url(
        await rawServer(stack, (socket) =>
          onRequest(socket, (request) => {
            if (!request.isUpgrade) return void socket.end(answer("404 Not Found"));
            onFrame(socket, (...each) => politely(socket, ...each));
            return void setTimeout(() => socket.write(switching(request)), 2000);
          }),
        ),
      ),
    }),
    expected: healthy,
  },
  {
    name: "101 with `Content-Length: 0`, many headers and cookies, and another reason phrase",
    setUp: async (stack) => {
      const headers = {
        "Content-Length": "0",
        "Set-Cookie": `session=${"x".repeat(3000)}; Path=/`,
        Server: "odd",
      };
      return {
        url: url(
          await rawServer(stack, (socket) =>
            onRequest(socket, (request) => {
              if (!request.isUpgrade) return void socket.end(answer("404 Not Found"));
              onFrame(socket, (...each) => politely(socket, ...each));
              return void socket.write(
                switching(request, headers).replace("Switching Protocols", "Web Socket Protocol Handshake"),
              );
            }),
          ),
        ),
      };
    },
    expected: healthy,
  },
  {
    name: "A server that demands a subprotocol, and the header names it",
    setUp: async (stack) => ({
      url: url(
        await politeWebSocket(stack, () => {}, {
          headers: { "Sec-WebSocket-Protocol": "graphql-transport-ws" },
        }),
      ),
      options: { headers: { "Sec-WebSocket-Protocol": "graphql-transport-ws" } },
    }),
    expected: healthy,
  },
];
