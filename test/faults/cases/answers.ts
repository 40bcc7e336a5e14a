import { broken, type FaultCase } from "../kit/case.ts";
import { switching } from "../kit/frames.ts";
import { answer, answering, onRequest, rawServer } from "../kit/raw.ts";
import { page, says } from "../kit/says.ts";

/** What one HTTP answer says, byte for byte, whoever gives it. */
export const answerCases: readonly FaultCase[] = [
  {
    name: "Only the slash at the end is missing: 301",
    setUp: says(answer("301 Moved Permanently", { Location: "/ws/" })),
    expected: broken("upgrade", "redirect", "you", /\/ws\//),
  },
  {
    name: "307 to another path",
    setUp: says(answer("307 Temporary Redirect", { Location: "/socket" })),
    expected: broken("upgrade", "redirect", "you", /\/socket/),
  },
  {
    name: "308 to https",
    setUp: says(answer("308 Permanent Redirect", { Location: "https://127.0.0.1/ws" })),
    expected: broken("upgrade", "redirect_to_https", "you", /wss:\/\//),
  },
  {
    name: "302 to a login page of the application",
    setUp: says(answer("302 Found", { Location: "/accounts/login/?next=/ws" })),
    expected: broken("upgrade", "redirect", "you", /login/),
  },

  {
    name: "400 without a reason",
    setUp: says(answer("400 Bad Request")),
    expected: broken("upgrade", "bad_request", "server", /log|header|Host|Origin/i),
  },
  {
    name: "401 with a Bearer challenge",
    setUp: says(answer("401 Unauthorized", { "WWW-Authenticate": "Bearer" })),
    expected: broken("upgrade", "http_unauthorized", "token", /--token/),
  },
  {
    name: "403",
    setUp: says(answer("403 Forbidden", {}, "Forbidden")),
    expected: broken("upgrade", "http_forbidden", "token", /token|origin|log/i),
  },
  {
    name: "404, and a WebSocket at another path of the same server",
    setUp: async (stack) => {
      const port = await rawServer(stack, (socket) =>
        onRequest(socket, (request) => {
          if (request.isUpgrade && request.path === "/ws/") socket.write(switching(request));
          else socket.end(answer("404 Not Found"));
        }),
      );
      return { url: `ws://127.0.0.1:${port}/ws` };
    },
    expected: broken("upgrade", "wrong_path", "you", /\/ws\//),
  },
  {
    name: "405 Method Not Allowed",
    setUp: says(answer("405 Method Not Allowed", { Allow: "POST" })),
    expected: broken("upgrade", "http_only", "server", /WebSocket/),
  },
  {
    name: "407: a proxy wants a password",
    setUp: says(
      answer("407 Proxy Authentication Required", { "Proxy-Authenticate": 'Basic realm="office"' }),
    ),
    expected: broken("upgrade", "proxy_auth", "proxy", /proxy/i),
  },
  {
    name: "410 Gone",
    setUp: says(answer("410 Gone")),
    expected: broken("upgrade", "wrong_path", "you", /path/),
  },
  {
    name: "418",
    setUp: says(answer("418 I'm a teapot")),
    expected: broken("upgrade", "odd_status", "server", /operates/),
  },
  {
    name: "421: the server does not know this name",
    setUp: says(answer("421 Misdirected Request")),
    expected: broken("upgrade", "odd_status", "server", /operates/),
  },
  {
    name: "426, though the doctor asked for an upgrade, with another version",
    setUp: says(answer("426 Upgrade Required", { "Sec-WebSocket-Version": "8", Upgrade: "websocket" })),
    expected: broken("upgrade", "upgrade_required", "server", /library/),
  },
  {
    name: "429 with Retry-After",
    setUp: says(answer("429 Too Many Requests", { "Retry-After": "30" })),
    expected: broken("upgrade", "http_rate_limited", "you", /30|wait/i),
  },
  {
    name: "431 Request Header Fields Too Large",
    setUp: says(answer("431 Request Header Fields Too Large")),
    expected: broken("upgrade", "odd_status", "server", /operates/),
  },
  {
    name: "451",
    setUp: says(answer("451 Unavailable For Legal Reasons")),
    expected: broken("upgrade", "odd_status", "server", /operates/),
  },
  {
    name: "500",
    setUp: says(answer("500 Internal Server Error", {}, page("Server Error (500)"))),
    expected: broken("upgrade", "server_error", "server", /log/i),
  },
  {
    name: "501 Not Implemented",
    setUp: says(answer("501 Not Implemented")),
    expected: broken("upgrade", "http_only", "server", /WebSocket/),
  },
  {
    name: "503 with Retry-After",
    setUp: says(answer("503 Service Unavailable", { "Retry-After": "120" })),
    expected: broken("upgrade", "gateway_unavailable", "server", /server|upstream|120/i),
  },
  {
    name: "505 HTTP Version Not Supported",
    setUp: says(answer("505 HTTP Version Not Supported")),
    expected: broken("upgrade", "server_error", "server", /log|version/i),
  },

  {
    name: "404 with a page of five megabytes",
    setUp: says(answer("404 Not Found", {}, page("x".repeat(5_000_000)))),
    expected: broken("upgrade", "http_only", "server", /WebSocket/),
  },
  {
    name: "200 with an empty body",
    setUp: says(answer("200 OK")),
    expected: broken("upgrade", "http_only", "server", /path|WebSocket|proxy/i),
  },
  {
    name: "204 No Content",
    setUp: says("HTTP/1.1 204 No Content\r\n\r\n"),
    expected: broken("upgrade", "http_only", "server", /path|WebSocket|proxy/i),
  },
  {
    name: "200 with a stream that never ends",
    setUp: says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello\n\n"),
    expected: broken("upgrade", "http_only", "server", /path|WebSocket|proxy/i),
  },
  {
    name: "An HTTP/1.0 server",
    setUp: says("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"),
    expected: broken("upgrade", "http_only", "server", /path|WebSocket|proxy/i),
  },
  {
    name: "A server that speaks HTTP/2 alone",
    setUp: async (stack) => {
      // RFC 9113: SETTINGS, then GOAWAY with PROTOCOL_ERROR, as a server says to a preface that is none.
      const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
      const goaway = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
      const port = await answering(stack, () => Buffer.concat([settings, goaway]));
      return { url: `ws://127.0.0.1:${port}/ws` };
    },
    expected: broken("http", "http2_only", "server", /HTTP\/1\.1/),
  },
  {
    name: "Nonsense instead of a status line",
    setUp: says("HTTP/1.1 abc\r\n\r\n"),
    expected: broken("http", "not_http", "you", /port/i),
  },
];
