import type { Socket } from "node:net";
import { outsideAddress } from "../../kit/program.ts";
import { broken, type FaultCase, healthy } from "../kit/case.ts";
import { at, peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { rawServer } from "../kit/raw.ts";

/** A server of raw TCP, asked for a WebSocket. */
const raw =
  (accept: (socket: Socket) => void, scheme = "ws"): FaultCase["setUp"] =>
  async (stack) => ({ url: `${scheme}://127.0.0.1:${await rawServer(stack, accept)}/ws/test/` });

export const tcpCases: readonly FaultCase[] = [
  {
    name: "The address is no address",
    setUp: () => ({ url: "ws://exa mple/ws" }),
    expected: broken("url", "bad_url", "you", /address/i),
  },
  {
    name: "The address begins with neither ws, wss, http nor https",
    setUp: () => ({ url: "mqtt://127.0.0.1/ws" }),
    expected: broken("url", "bad_url", "you", /address/i),
  },
  {
    name: "The port is none",
    setUp: () => ({ url: "ws://127.0.0.1:80000/ws/test/" }),
    expected: broken("url", "bad_url", "you", /address|port/i),
  },
  {
    name: "The address has a fragment, which WebSocket does not allow",
    setUp: async (stack) => ({ url: `${at(await peyk(stack), "/ws/test/")}#top` }),
    expected: broken("url", "url_fragment", "you", /Use ws:\/\/[^#]*$/),
  },
  {
    name: "The address has no scheme, which is `ws` then",
    setUp: async (stack) => ({ url: `127.0.0.1:${(await peyk(stack)).port}/ws/test/` }),
    expected: healthy,
  },
  {
    name: "The port is 0",
    setUp: () => ({ url: "ws://127.0.0.1:0/ws/test/" }),
    expected: broken("url", "bad_url", "you", /address/i),
  },
  {
    name: "The server listens on version 6 of loopback, and is asked by version 4",
    setUp: async (stack) => {
      const app = await peyk(stack, { host: "::1", port: String(await freePort()) });
      return { url: at(app, "/ws/test/") };
    },
    expected: broken("tcp", "refused", "server", /ss -|listen/i),
  },
  {
    name: "Nothing listens on the port",
    setUp: async () => ({ url: `ws://127.0.0.1:${await freePort()}/ws/test/` }),
    expected: broken("tcp", "refused", "server", /ss -|listen/i),
  },
  {
    name: "The server listens on 127.0.0.1 alone, and is asked by this machine's other address",
    needs: ["outer address"],
    setUp: async (stack) => ({ url: `ws://${outsideAddress()}:${(await peyk(stack)).port}/ws/test/` }),
    expected: broken("tcp", "loopback_only", "server", /0\.0\.0\.0/),
  },
  {
    name: "The connection is reset as soon as it is there",
    setUp: raw((socket) => socket.resetAndDestroy()),
    expected: broken("tcp", "tcp_reset", "network", /another network/),
  },
  {
    name: "The server takes the connection and says nothing",
    setUp: raw((socket) => socket.resume()),
    expected: broken("http", "silent", "server", /which program/),
  },
  {
    name: "The server hangs up without a word",
    setUp: raw((socket) => socket.once("data", () => socket.end())),
    expected: broken("http", "hung_up", "server", /log|proxy|port|process/i),
  },
  {
    name: "SSH listens there",
    setUp: raw((socket) => {
      socket.write("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
      socket.resume();
    }),
    expected: broken("http", "not_http", "you", /port/i),
  },
  {
    name: "A mail server listens there",
    setUp: raw((socket) => {
      socket.write("220 mail.example ESMTP Postfix\r\n");
      socket.once("data", () => socket.end("221 2.7.0 Error: I can break rules, too. Goodbye.\r\n"));
    }),
    expected: broken("http", "not_http", "you", /port/i),
  },
  {
    name: "Redis listens there",
    setUp: raw((socket) =>
      socket.once("data", () => socket.end("-ERR wrong number of arguments for 'get' command\r\n")),
    ),
    expected: broken("http", "not_http", "you", /port/i),
  },
  {
    name: "An MQTT broker listens there",
    setUp: raw((socket) => socket.once("data", () => socket.destroy())),
    expected: broken("http", "hung_up", "server", /log|proxy|port|process/i),
  },
];
