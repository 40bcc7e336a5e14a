import type { Socket } from "node:net";
import { outsideAddress } from "../../kit/program.ts";
import { broken, type FaultCase } from "../kit/case.ts";
import { switching } from "../kit/frames.ts";
import { answer, answering, onRequest, rawServer } from "../kit/raw.ts";

/** As `says`, on this machine's outer address: nobody's hotel is loopback. */
const saysOutside =
  (text: string): FaultCase["setUp"] =>
  async (stack) => {
    const host = outsideAddress()!;
    const accept = (socket: Socket) => onRequest(socket, () => void socket.end(text));
    return { url: `ws://${host}:${await rawServer(stack, accept, { host })}/ws` };
  };

const says =
  (upgrade: string, plain = upgrade): FaultCase["setUp"] =>
  async (stack) => {
    const port = await answering(stack, ({ isUpgrade }) => (isUpgrade ? upgrade : plain));
    return { url: `ws://127.0.0.1:${port}/ws` };
  };

const page = (text: string) =>
  `<!DOCTYPE html><html><head><title>${text}</title></head><body>${text}</body></html>`;
const portal = `<html><head><title>Hotel Wi-Fi: log in</title></head><body><form action="/login"><input name="room"></form></body></html>`;
const cloudflare = { Server: "cloudflare", "CF-RAY": "8a1b2c3d4e5f6789-FRA" };

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
    name: "A hotel's network sends everybody to its own login",
    needs: ["outer address"],
    setUp: saysOutside(answer("302 Found", { Location: "http://wifi.hotel.example/login?orig=127.0.0.1" })),
    expected: broken("http", "login_page", "network", /log in|login|browser/i),
  },
  {
    name: "A hotel's network answers everything with its login page",
    needs: ["outer address"],
    setUp: saysOutside(answer("200 OK", {}, portal)),
    expected: broken("http", "login_page", "network", /log in|login|browser/i),
  },
  {
    name: "511 Network Authentication Required",
    setUp: says(answer("511 Network Authentication Required", {}, portal)),
    expected: broken("http", "login_page", "network", /log in|login|browser/i),
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
    name: "Cloudflare's 521: the origin refuses",
    setUp: says(answer("521 ", cloudflare, "error code: 521")),
    expected: broken("upgrade", "bad_gateway", "proxy", /server behind it/),
  },
  {
    name: "Cloudflare's 522: the origin does not answer",
    setUp: says(answer("522 ", cloudflare, "error code: 522")),
    expected: broken("upgrade", "gateway_timeout", "proxy", /server behind it/),
  },
  {
    name: "Cloudflare's 525: no TLS with the origin",
    setUp: says(answer("525 ", cloudflare, "error code: 525")),
    expected: broken("upgrade", "bad_gateway", "proxy", /server behind it/),
  },
  {
    name: "Cloudflare's 526: the origin's certificate is not valid",
    setUp: says(answer("526 ", cloudflare, "error code: 526")),
    expected: broken("upgrade", "bad_gateway", "proxy", /server behind it/),
  },
  {
    name: "Amazon's balancer has no healthy target",
    setUp: says(answer("503 Service Temporarily Unavailable", { Server: "awselb/2.0" }, page("503"))),
    expected: broken("upgrade", "gateway_unavailable", "server", /server|upstream|target/i),
  },
  {
    name: "Amazon's balancer answers 502",
    setUp: says(answer("502 Bad Gateway", { Server: "awselb/2.0" }, page("502 Bad Gateway"))),
    expected: broken("upgrade", "bad_gateway", "proxy", /server|upstream|target/i),
  },
  {
    name: "A proxy of Envoy's has no healthy upstream",
    setUp: says(
      answer(
        "503 Service Unavailable",
        { server: "envoy", "Content-Type": "text/plain" },
        "no healthy upstream",
      ),
    ),
    expected: broken("upgrade", "gateway_unavailable", "server", /server behind|health/),
  },
  {
    name: "Envoy without `upgrade_configs` refuses the upgrade",
    setUp: says(answer("403 Forbidden", { server: "envoy" }), answer("200 OK", { server: "envoy" }, "hello")),
    expected: broken("upgrade", "http_forbidden", "token", /upgrade_configs|proxy|path|token/),
  },
  {
    name: "Varnish without `pipe`: its own 503",
    setUp: says(
      answer(
        "503 Backend fetch failed",
        { Server: "Varnish", "X-Varnish": "32770" },
        page("503 Backend fetch failed"),
      ),
    ),
    expected: broken("upgrade", "gateway_unavailable", "server", /server behind|pipe|health/),
  },
  {
    name: "IIS without its WebSocket module, in front of an application",
    setUp: says(answer("200 OK", { Server: "Microsoft-IIS/10.0", "X-Powered-By": "ASP.NET" }, page("hello"))),
    expected: broken("upgrade", "http_only", "server", /WebSocket/),
  },
  {
    name: "IIS answers 502.3",
    setUp: says(
      answer(
        "502 Bad Gateway",
        { Server: "Microsoft-IIS/10.0" },
        page("502 - Web server received an invalid response while acting as a gateway or proxy server."),
      ),
    ),
    expected: broken("upgrade", "bad_gateway", "proxy", /server behind/),
  },
  {
    name: "Cloudflare asks whether one is human",
    setUp: says(
      answer("403 Forbidden", { ...cloudflare, "cf-mitigated": "challenge" }, page("Just a moment...")),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /Cloudflare|proxy|challenge|token/i),
  },
  {
    name: "ngrok has no tunnel of this name",
    setUp: says(
      answer(
        "404 Not Found",
        { "Ngrok-Error-Code": "ERR_NGROK_3200" },
        page("The endpoint shop.ngrok.app is offline. ERR_NGROK_3200"),
      ),
    ),
    expected: broken("upgrade", "wrong_path", "you", /path|ngrok/),
  },
  {
    name: "Heroku's router: the application crashed (H10)",
    setUp: says(answer("503 Service Unavailable", { Server: "Cowboy" }, page("Application error"))),
    expected: broken("upgrade", "gateway_unavailable", "server", /server|application|log/i),
  },
  {
    name: "Amazon's API gateway does not know the path",
    setUp: says(
      answer("403 Forbidden", { "x-amzn-ErrorType": "ForbiddenException" }, '{"message":"Forbidden"}'),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /path|token/),
  },
  {
    name: "Kubernetes' ingress has no rule for this name",
    setUp: says(
      answer("404 Not Found", { "Content-Type": "text/plain; charset=utf-8" }, "default backend - 404"),
    ),
    expected: broken("upgrade", "wrong_path", "you", /path|ingress|name/i),
  },
  {
    name: "Tomcat has nothing at this path",
    setUp: says(
      answer(
        "404 ",
        { "Content-Type": "text/html;charset=utf-8" },
        '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body><h1>HTTP Status 404 – Not Found</h1><h3>Apache Tomcat/9.0.70</h3></body></html>',
      ),
    ),
    expected: broken("upgrade", "wrong_path", "you", /path/),
  },
  {
    name: "Django does not know the host name",
    setUp: says(
      answer(
        "400 Bad Request",
        { Server: "daphne" },
        page(
          "DisallowedHost at /ws: Invalid HTTP_HOST header: '127.0.0.1'. You may need to add '127.0.0.1' to ALLOWED_HOSTS.",
        ),
      ),
    ),
    expected: broken("upgrade", "bad_request", "server", /ALLOWED_HOSTS/),
  },
  {
    name: "Squid refuses to go on",
    setUp: says(
      answer(
        "403 Forbidden",
        { Server: "squid/5.7", "X-Squid-Error": "ERR_ACCESS_DENIED 0" },
        page("ERROR: The requested URL could not be retrieved"),
      ),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /proxy|Squid|token/i),
  },
  {
    name: "A company's filter blocks the category",
    setUp: says(
      answer(
        "403 Forbidden",
        { Server: "FortiGate" },
        page("Web Page Blocked! FortiGuard Intrusion Prevention"),
      ),
    ),
    expected: broken("upgrade", "http_forbidden", "token", /filter|network|proxy|token/i),
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
