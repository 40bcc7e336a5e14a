import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../kit/temp.ts";
import { broken, type FaultCase, healthy } from "../kit/case.ts";
import { freePort } from "../kit/port.ts";
import { answer } from "../kit/raw.ts";
import { says } from "../kit/says.ts";
import { startServer } from "../kit/server.ts";

const url = (port: number, path = "/ws/test/") => `ws://127.0.0.1:${port}${path}`;

/** Runs a program of Python that listens on the port that is its argument. */
const python =
  (program: string, path?: string): FaultCase["setUp"] =>
  async (stack) => {
    const { path: cwd } = stack.use(tempDir());
    writeFileSync(join(cwd, "program.py"), program);
    const port = await freePort();
    await startServer(stack, ["python3", "program.py", String(port)], port, { cwd });
    return { url: url(port, path) };
  };

/** A program of Node, which knows of no upgrade unless it listens for one. */
const node =
  (program: string, path?: string): FaultCase["setUp"] =>
  async (stack) => {
    const port = await freePort();
    await startServer(stack, ["node", "-e", program.replace("PORT", `${port}, "127.0.0.1"`)], port);
    return { url: url(port, path) };
  };

const wsgi = (status: string, body: string) => `
import sys
from wsgiref.simple_server import make_server
def app(environ, start_response):
    start_response("${status}", [("Content-Type", "text/html")])
    return [b"${body}"]
make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
`;

/** An application of ASGI that knows HTTP alone, as FastAPI is without a WebSocket route. */
const asgi = `
async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        return await send({"type": "websocket.close"})
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"detail":"Not Found"}'})
`;

const uvicorn =
  (...words: readonly string[]): FaultCase["setUp"] =>
  async (stack) => {
    const { path: cwd } = stack.use(tempDir());
    writeFileSync(join(cwd, "program.py"), asgi);
    const port = await freePort();
    const command = ["python3", "-m", "uvicorn", "program:app", "--lifespan", "off", "--port", String(port)];
    await startServer(stack, [...command, ...words], port, { cwd });
    return { url: url(port) };
  };

const httpOnly = broken("upgrade", "http_only", "server", /ASGI|uvicorn|WebSocket|path/i);
const json = { "Content-Type": "application/json" };
const notFound = '{"detail":"Not Found"}';

export const applicationCases: readonly FaultCase[] = [
  {
    name: "Python's file server",
    needs: ["python"],
    setUp: python(
      `import sys, http.server\nhttp.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")`,
    ),
    expected: httpOnly,
  },
  {
    name: "A WSGI application, as Django and Flask are without ASGI",
    needs: ["python"],
    setUp: python(wsgi("200 OK", "<h1>hello</h1>")),
    expected: httpOnly,
  },
  {
    name: "A WSGI application that says 404",
    needs: ["python"],
    setUp: python(wsgi("404 Not Found", "<h1>Not Found</h1>")),
    expected: httpOnly,
  },
  {
    name: "uvicorn without a WebSocket library",
    needs: ["uvicorn"],
    setUp: uvicorn("--ws", "none"),
    expected: httpOnly,
  },
  {
    name: "gunicorn with workers that speak WSGI",
    setUp: says(answer("200 OK", { Server: "gunicorn" }, "<h1>hi</h1>")),
    expected: httpOnly,
  },
  {
    name: "An ASGI application has no WebSocket at this path, behind uvicorn",
    setUp: says(
      answer("403 Forbidden", { "Content-Type": "text/plain", Connection: "close" }),
      answer("404 Not Found", { ...json, server: "uvicorn" }, notFound),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /path|accept|routing|token/i),
  },
  {
    name: "Django Channels refuses before it accepts, behind daphne",
    setUp: says(
      "HTTP/1.1 403 Access denied\r\n\r\n",
      answer("404 Not Found", { ...json, Server: "daphne" }, notFound),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /path|accept|routing|token|origin/i),
  },
  {
    name: "Node's http without a listener for upgrades",
    setUp: node(`require("http").createServer((_, r) => r.end("hello")).listen(PORT)`),
    expected: httpOnly,
  },
  {
    name: "Node's http closes every upgrade",
    setUp: node(
      `require("http").createServer((_, r) => r.end("hello")).on("upgrade", (_, s) => s.destroy()).listen(PORT)`,
    ),
    expected: broken("upgrade", "bad_handshake", "server", /path|log|WebSocket/i),
  },
  {
    name: "Express without WebSocket",
    setUp: says(answer("404 Not Found", { "X-Powered-By": "Express" }, "<pre>Cannot GET /ws/test/</pre>")),
    expected: httpOnly,
  },
  {
    name: "The library ws, asked for a path that it does not serve",
    setUp: says(
      answer("400 Bad Request", { Connection: "close" }, "Bad Request"),
      answer("426 Upgrade Required", { "Content-Type": "text/plain" }, "Upgrade Required"),
    ),
    expected: broken("upgrade", "bad_request", "server", /path|Origin|version|log/i),
  },
  {
    name: "Traefik without a router for this path or host",
    setUp: says(
      answer("404 Not Found", { "Content-Type": "text/plain; charset=utf-8" }, "404 page not found\n"),
    ),
    expected: broken("upgrade", "wrong_path", "you", /path|router|rule/i),
  },
  {
    name: "Socket.IO, asked at its path without its query",
    setUp: says(
      answer("400 Bad Request", { Connection: "close" }, "Transport unknown"),
      answer("400 Bad Request", json, '{"code":0,"message":"Transport unknown"}'),
      "/socket.io/",
    ),
    expected: broken("upgrade", "bad_request", "server", /EIO=4/),
  },
  {
    name: "Tornado refuses the page's origin",
    setUp: says(
      answer("403 Forbidden", { Server: "TornadoServer/6.4" }, "Cross origin websockets not allowed"),
      answer("400 Bad Request", { Server: "TornadoServer/6.4" }, 'Can "Upgrade" only to "WebSocket".'),
    ),
    expected: broken("auth", "origin_refused", "server", /origin/i),
  },
  {
    name: "Python's websockets refuses the page's origin",
    setUp: says(
      answer(
        "403 Forbidden",
        { Server: "Python/3.11 websockets/13.1", "Content-Type": "text/plain" },
        "Failed to open a WebSocket connection: invalid Origin header: https://page.example.\n",
      ),
      answer("426 Upgrade Required", { Upgrade: "websocket", Server: "Python/3.11 websockets/13.1" }),
    ),
    expected: broken("auth", "origin_refused", "server", /origin/i),
  },
  {
    name: "Jupyter asks for its token",
    setUp: says(
      answer(
        "403 Forbidden",
        { Server: "TornadoServer/6.4", ...json },
        '{"message": "Forbidden", "reason": null}',
      ),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /token/i),
  },
  {
    name: "Node's http with a WebSocket of its own making",
    setUp: node(`
      require("http").createServer((_, r) => r.end("hello")).on("upgrade", ({ headers }, socket) => {
        const accept = require("crypto").createHash("sha1")
          .update(headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
        socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n" +
          "Sec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
        socket.on("data", (frame) => {
          const mask = frame.subarray(2, 6), body = frame.subarray(6).map((byte, i) => byte ^ mask[i % 4]);
          if (frame[0] === 0x89) socket.write(Buffer.concat([Buffer.from([0x8a, body.length]), body]));
          if (frame[0] === 0x88) socket.end(Buffer.concat([Buffer.from([0x88, body.length]), body]));
        }).on("error", () => {});
      }).listen(PORT)`),
    expected: healthy,
  },
];
