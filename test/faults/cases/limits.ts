import type { Options } from "../../../src/doctor/options.ts";
import { FakeClock } from "../../kit/clock.ts";
import { outsideAddress } from "../../kit/program.ts";
import { broken, type FaultCase, healthy, type SetUp, warns } from "../kit/case.ts";
import { closing, frame, opcodes, politeWebSocket, webSocket } from "../kit/frames.ts";
import { line } from "../kit/line.ts";
import { at, peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";

const test = "/ws/test/";

/** A Peyk with these settings. */
const withSettings =
  (flags: Readonly<Record<string, string>>, path: string, options: Options = {}): SetUp =>
  async (stack) => ({ url: at(await peyk(stack, flags), path), options });

/** Asks as if through a proxy, so that limits by address count: for loopback there are none. */
const fromAfar: Options = { headers: { "X-Forwarded-For": "203.0.113.9" } };
/** A browser says who it is. */
const asPageOf = (origin: string): Options => ({ origin, headers: { "User-Agent": "Mozilla/5.0" } });
const behindProxy = { "trust-proxy": "127.0.0.1" };
const origins = { "allowed-origins": "https://shop.example" };
const of = (cause: Parameters<typeof broken>[1], party: Parameters<typeof broken>[2], fix: RegExp) =>
  broken("auth", cause, party, fix);

export const limitCases: readonly FaultCase[] = [
  {
    name: "A page of https wants a plain socket of another machine",
    needs: ["outer address"],
    setUp: async (stack) => {
      const { port } = await peyk(stack, { host: "0.0.0.0" });
      return {
        url: `ws://${outsideAddress()}:${port}/ws/test/`,
        options: { origin: "https://shop.example" },
      };
    },
    expected: warns("url", "mixed_content", "you", /wss:/),
  },
  {
    name: "Peyk has no such path",
    setUp: withSettings({}, "/ws/no/such/path/"),
    expected: of("path_refused", "you", /path|\/docs/),
  },
  {
    name: "The page's origin is not in ALLOWED_ORIGINS",
    setUp: withSettings(origins, test, asPageOf("https://evil.example")),
    expected: of("origin_refused", "server", /ALLOWED_ORIGINS/),
  },
  {
    name: "A message is bigger than Peyk takes",
    setUp: withSettings({ "max-message-bytes": "2000", "max-frame-bytes": "0" }, test, { payload: 100_000 }),
    expected: broken("payload", "message_too_big", "server", /MAX_MESSAGE_BYTES/),
  },
  {
    name: "The server takes new sockets at a lower rate",
    setUp: async (stack) => {
      // Its second never ends.
      const clock = new FakeClock(Date.now());
      const app = await peyk(stack, { ...behindProxy, "connect-rate-per-address": "1" }, { clock });
      await app.connect(test, { "X-Forwarded-For": "203.0.113.9" });
      return { url: at(app, test), options: fromAfar };
    },
    expected: of("rate_limited", "you", /wait|CONNECT_RATE/i),
  },
  {
    name: "This address has as many sockets as it may have",
    setUp: async (stack) => {
      const app = await peyk(stack, { ...behindProxy, "max-connections-per-address": "1" });
      const other = await app.connect(test, { "X-Forwarded-For": "203.0.113.9" });
      stack.defer(() => other.close());
      return { url: at(app, test), options: fromAfar };
    },
    expected: of("too_many_connections", "you", /MAX_CONNECTIONS_PER_ADDRESS|close/i),
  },
  {
    name: "This user has as many sockets as he may have",
    setUp: async (stack) => {
      const app = await peyk(stack, { "max-connections-per-user": "1" });
      const { token } = await app.user();
      const other = await app.connect(`/ws/one?token=${token}`);
      await other.next("connected");
      stack.defer(() => other.close());
      return { url: at(app, "/ws/two"), options: { token } };
    },
    expected: of("too_many_connections", "you", /MAX_CONNECTIONS_PER_USER|close/i),
  },
  {
    name: "The user may have three sockets, and wants ten",
    setUp: async (stack) => {
      const app = await peyk(stack, { "max-connections-per-user": "3" });
      return {
        url: at(app, "/ws/conversations/"),
        options: { token: (await app.user()).token, parallel: 10 },
      };
    },
    expected: broken("parallel", "few_sockets", "server", /MAX_CONNECTIONS_PER_USER/),
  },
  {
    name: "The server is full",
    setUp: async (stack) => {
      const app = await peyk(stack, { "max-connections": "1" });
      const other = await app.connect(test);
      stack.defer(() => other.close());
      return { url: at(app, test) };
    },
    expected: of("server_full", "server", /MAX_CONNECTIONS/),
  },
  {
    name: "Another connection holds the client's id",
    setUp: async (stack) => {
      const app = await peyk(stack);
      const other = await app.connect(`/ws/taken?token=${(await app.user()).token}`);
      await other.next("connected");
      stack.defer(() => other.close());
      return { url: at(app, "/ws/taken") };
    },
    expected: of("place_taken", "you", /another|id/i),
  },
  {
    name: "The server's clock goes two hours wrong",
    setUp: async (stack) => {
      const date = new Date(Date.now() + 7_200_000).toUTCString();
      const port = await politeWebSocket(stack, () => {}, { headers: { Date: date } });
      return { url: `ws://127.0.0.1:${port}/` };
    },
    expected: warns("auth", "clock_skew", "server", /clock|timedatectl/i),
  },
  {
    name: "The server's clock goes two seconds wrong",
    setUp: async (stack) => {
      const date = new Date(Date.now() - 2_000).toUTCString();
      const port = await politeWebSocket(stack, () => {}, { headers: { Date: date } });
      return { url: `ws://127.0.0.1:${port}/` };
    },
    expected: healthy,
  },
  {
    name: "Peyk ends a device that says nothing for five seconds",
    setUp: async (stack) => {
      const app = await peyk(stack, { "device-idle-timeout": "5" });
      const { token } = await app.user("admin");
      const made = await app.json(app.post("/api/devices", { kind: "pico", id: "kitchen" }, token));
      return { url: at(app, "/ws/pico"), options: { token: made.token, idle: 8 } };
    },
    expected: broken("idle", "ended_by_server", "server", /ping/),
  },
  {
    name: "A client's id in Persian",
    setUp: withSettings({}, "/ws/سلام"),
    expected: healthy,
  },
  {
    name: "Peyk stops while one connects",
    setUp: async (stack) => {
      const port = await webSocket(
        stack,
        (socket) => void socket.end(frame(opcodes.close, closing(1012, "the server restarts [r_abcdef]"))),
      );
      return { url: `ws://127.0.0.1:${port}/ws/test/` };
    },
    expected: of("server_restarts", "server", /again|second/),
  },
  { name: "Peyk, asked by `ws://`", setUp: withSettings({}, test), expected: healthy },
  {
    name: "Peyk, asked by `http://`",
    setUp: async (stack) => ({ url: at(await peyk(stack), test).replace("ws:", "http:") }),
    expected: healthy,
  },
  {
    name: "Peyk with silence, big messages and many sockets",
    setUp: withSettings({}, test, { idle: 2, payload: 60_000, parallel: 20 }),
    expected: healthy,
  },
  {
    name: "Peyk, asked from a page that may connect",
    setUp: withSettings(origins, test, asPageOf("https://shop.example")),
    expected: healthy,
  },
  {
    name: "Peyk, asked by a client of any app, without a token",
    setUp: withSettings({}, "/ws/my-client"),
    expected: healthy,
  },
  {
    name: "Peyk at the other end of the world: everything takes 300 ms each way",
    setUp: async (stack) => {
      const port = await line(stack, (await peyk(stack)).port, { delay: 300 });
      return { url: `ws://127.0.0.1:${port}${test}`, options: { idle: 1, payload: 50_000, parallel: 5 } };
    },
    expected: healthy,
  },
  {
    name: "Peyk behind a line of 40 KB a second",
    setUp: async (stack) => {
      const port = await line(stack, (await peyk(stack)).port, { rate: 40_000 });
      return { url: `ws://127.0.0.1:${port}${test}` };
    },
    expected: healthy,
  },
  {
    name: "Peyk on version 6 of loopback",
    setUp: async (stack) => {
      const app = await peyk(stack, { host: "::1", port: String(await freePort()) });
      return { url: `ws://[::1]:${app.port}${test}` };
    },
    expected: healthy,
  },
  {
    name: "Peyk by the name localhost, which has two addresses, on one of which it listens",
    setUp: async (stack) => ({ url: `ws://localhost:${(await peyk(stack)).port}${test}` }),
    expected: healthy,
  },
];
