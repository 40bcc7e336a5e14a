import { broken, type FaultCase, healthy } from "../kit/case.ts";
import { closing, frame, onFrame, opcodes, politely, politeWebSocket, switching } from "../kit/frames.ts";
import { line } from "../kit/line.ts";
import { at, forge, peyk } from "../kit/peyk.ts";
import { answer, onRequest, rawServer } from "../kit/raw.ts";

/** A channel that waits for a first message `auth`. */
const agents = "/ws/conversations/";
/** A server's last words of this kind come late, and its pongs do not. */
const late = 1_500;

/** A back end that shows its keys so many milliseconds after it was asked. It has none that fits. */
const slowKeys = (stack: AsyncDisposableStack): Promise<number> =>
  rawServer(stack, (socket) =>
    onRequest(socket, () => {
      const keys = answer("200 OK", { "Content-Type": "application/json" }, '{"keys":[]}');
      setTimeout(() => socket.end(keys), late);
    }),
  );

/** What an answer of Peyk's to a plain GET of a socket's path looks like. */
const pathOfPeyk = answer(
  "426 Upgrade Required",
  { "Content-Type": "application/problem+json" },
  '{"type":"/docs#fault-upgrade_required","title":"this path speaks WebSocket","status":426}',
);

/** A lot of time, and nothing said in it: what is asked for must still be found. */
export const slowCases: readonly FaultCase[] = [
  {
    name: "Peyk wants a token, and everything takes 450 ms each way",
    setUp: async (stack) => {
      const port = await line(stack, (await peyk(stack)).port, { delay: 450 });
      return { url: `ws://127.0.0.1:${port}${agents}` };
    },
    expected: broken("auth", "token_missing", "token", /--token/),
  },
  {
    name: "Peyk waits for the keys of another back end, which come late and do not fit",
    setUp: async (stack) => {
      const shop = {
        name: "shop",
        issuer: "https://shop.example",
        algorithm: "RS256",
        jwks_url: `http://127.0.0.1:${await slowKeys(stack)}/keys`,
      };
      const app = await peyk(stack, { "jwt-issuers": JSON.stringify([shop]) });
      const { token } = await app.user();
      return {
        url: at(app, agents),
        options: { token: forge(token, { iss: shop.issuer }, { alg: "RS256" }) },
      };
    },
    expected: broken("auth", "token_wrong_key", "token", /JWT_ISSUERS/),
  },
  {
    name: "A busy server takes 700 ms for the handshake, and refuses after 1,500 ms more",
    setUp: async (stack) => {
      const port = await rawServer(stack, (socket) =>
        onRequest(socket, (request) => {
          if (!request.isUpgrade) return void socket.end(answer("426 Upgrade Required"));
          onFrame(socket, (opcode, payload) => politely(socket, opcode, payload));
          setTimeout(() => socket.write(switching(request)), 700);
          setTimeout(() => socket.end(frame(opcodes.close, closing(4001, "no session"))), 700 + late);
        }),
      );
      return { url: `ws://127.0.0.1:${port}/ws` };
    },
    expected: broken("auth", "token_missing", "token", /--token/),
  },
  {
    name: "A Peyk that answers pings of the protocol, and no message",
    setUp: async (stack) => {
      const port = await rawServer(stack, (socket) =>
        onRequest(socket, (request) => {
          if (!request.isUpgrade) return void socket.end(pathOfPeyk);
          socket.write(switching(request));
          onFrame(socket, (opcode, payload) => {
            if (opcode !== opcodes.text) politely(socket, opcode, payload);
          });
        }),
      );
      return { url: `ws://127.0.0.1:${port}${agents}`, options: { timeout: 1_000 } };
    },
    expected: broken("heartbeat", "no_pong", "server", /what blocks the server/),
  },
  {
    name: "A server that says nothing unasked, and everything takes 100 ms each way",
    setUp: async (stack) => {
      const port = await line(stack, await politeWebSocket(stack), { delay: 100 });
      return { url: `ws://127.0.0.1:${port}/ws` };
    },
    expected: healthy,
  },
];
