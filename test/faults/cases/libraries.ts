import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "../../../src/doctor/options.ts";
import { tempDir } from "../../kit/temp.ts";
import { broken, healthy, needing, type SetUp } from "../kit/case.ts";
import { freePort } from "../kit/port.ts";
import { startServer } from "../kit/server.ts";

/** A server of Python's websockets with these words for `serve`, and a handler. */
const websockets =
  (words: string, handler: string, options: Options = {}): SetUp =>
  async (stack) => {
    const { path: cwd } = stack.use(tempDir());
    const port = await freePort();
    const program = `
import asyncio, sys, websockets
async def handler(socket):
${handler}
async def main():
    async with websockets.serve(handler, "127.0.0.1", ${port}, ${words}):
        await asyncio.Event().wait()
asyncio.run(main())
`;
    writeFileSync(join(cwd, "program.py"), program);
    await startServer(stack, ["python3", "program.py"], port, { cwd });
    return { url: `ws://127.0.0.1:${port}/`, options };
  };

const echo = "    async for message in socket: await socket.send(message)";

/** uvicorn with the library websockets, and what the application does with a socket. */
const uvicorn =
  (handle: string, { words = [] as readonly string[], options = {} as Options } = {}): SetUp =>
  async (stack) => {
    const { path: cwd } = stack.use(tempDir());
    const port = await freePort();
    const program = `
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        return await send({"type": "http.response.body", "body": b"Not Found"})
    await receive()
${handle}
`;
    writeFileSync(join(cwd, "program.py"), program);
    const command = ["python3", "-m", "uvicorn", "program:app", "--lifespan", "off", "--port", String(port)];
    await startServer(stack, [...command, ...words], port, { cwd });
    return { url: `ws://127.0.0.1:${port}/ws/`, options };
  };

const accept = '    await send({"type": "websocket.accept"})';
const forEver = `${accept}\n    while (await receive())["type"] != "websocket.disconnect": pass`;

/** What the libraries themselves do, not what they are believed to do. */
export const libraryCases = needing(
  ["websockets", "uvicorn"],
  [
    {
      name: "Python's websockets with a list of origins, asked by a page of another",
      setUp: websockets('origins=["https://shop.example"]', echo, { origin: "https://evil.example" }),
      expected: broken("auth", "origin_refused", "server", /origin/i),
    },
    {
      name: "Python's websockets takes messages of 1,000 bytes",
      setUp: websockets("max_size=1000", echo, { payload: 5000 }),
      expected: broken("payload", "message_too_big", "server", /max/i),
    },
    {
      name: "The handler breaks at once: 1011",
      setUp: websockets("close_timeout=1", "    raise ValueError()"),
      expected: broken("auth", "server_unwell", "server", /log/i),
    },
    {
      name: "The handler returns at once: 1000",
      setUp: websockets("close_timeout=1", "    return"),
      expected: broken("auth", "closed_at_once", "server", /log/i),
    },
    {
      name: "The handler blocks the event loop",
      setUp: websockets("close_timeout=1", "    import time\n    time.sleep(30)"),
      expected: broken("heartbeat", "no_pong", "server", /blocks the server/),
    },
    {
      name: "An application behind uvicorn closes before it accepts",
      setUp: uvicorn('    await send({"type": "websocket.close", "code": 4001})'),
      expected: broken("upgrade", "http_forbidden", "token", /token|path/),
    },
    {
      name: "An application behind uvicorn breaks before it accepts",
      setUp: uvicorn("    raise ValueError()"),
      expected: broken("upgrade", "server_error", "server", /log/),
    },
    {
      name: "An application behind uvicorn breaks after it accepts",
      setUp: uvicorn(`${accept}\n    raise ValueError()`),
      expected: broken("auth", "closed_at_once", "server", /log/),
    },
    {
      name: "An application behind uvicorn accepts, then closes with 1008",
      setUp: uvicorn(`${accept}\n    await send({"type": "websocket.close", "code": 1008})`),
      expected: broken("auth", "refused_by_policy", "token", /token|log/i),
    },
    {
      name: "An application behind uvicorn accepts with a subprotocol that nobody asked for",
      setUp: uvicorn(
        '    await send({"type": "websocket.accept", "subprotocol": "chat"})\n    await receive()',
      ),
      expected: broken("upgrade", "bad_handshake", "server", /protocol/i),
    },
    {
      name: "Python's websockets",
      setUp: websockets("ping_interval=1", echo, { idle: 3 }),
      expected: healthy,
    },
    {
      name: "Python's websockets with compression, big messages and many sockets",
      setUp: websockets("ping_interval=None", echo, { payload: 500_000, parallel: 20 }),
      expected: healthy,
    },
    { name: "An application behind uvicorn", setUp: uvicorn(forEver), expected: healthy },
  ],
);
