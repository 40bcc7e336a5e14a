import { broken, type FaultCase } from "../kit/case.ts";
import { answer } from "../kit/raw.ts";
import { page, says, saysOutside } from "../kit/says.ts";

const portal = `<html><head><title>Hotel Wi-Fi: log in</title></head><body><form action="/login"><input name="room"></form></body></html>`;
const cloudflare = { Server: "cloudflare", "CF-RAY": "8a1b2c3d4e5f6789-FRA" };

/** Who stands on the way and answers by himself: networks, clouds, gateways. */
export const gatewayCases: readonly FaultCase[] = [
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
];
