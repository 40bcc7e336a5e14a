import type { Options } from "../../../src/doctor/options.ts";
import { broken, type FaultCase, healthy, needing } from "../kit/case.ts";
import { handsOn, nginx } from "../kit/nginx.ts";
import { peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { apache, caddy, type HaproxyOptions, haproxy } from "../kit/proxies.ts";
import { answer, answering, rawServer } from "../kit/raw.ts";

const path = "/ws/test/";
const url = (port: number) => `ws://127.0.0.1:${port}${path}`;

const behindCaddy =
  (site: (port: number) => string): FaultCase["setUp"] =>
  async (stack) => ({ url: url(await caddy(stack, site((await peyk(stack)).port))) });

const behindHaproxy =
  (options: HaproxyOptions = {}, asked: Options = {}): FaultCase["setUp"] =>
  async (stack) => {
    const server = `server one 127.0.0.1:${(await peyk(stack)).port}`;
    return { url: url(await haproxy(stack, server, options)), options: asked };
  };

const behindApache =
  (modules: readonly string[], host: (port: number) => string): FaultCase["setUp"] =>
  async (stack) => ({ url: url(await apache(stack, modules, host((await peyk(stack)).port))) });

export const caddyCases = needing(
  ["caddy"],
  [
    {
      name: "Nothing listens behind Caddy",
      setUp: async (stack) => ({
        url: url(await caddy(stack, `reverse_proxy 127.0.0.1:${await freePort()}`)),
      }),
      expected: broken("upgrade", "bad_gateway", "proxy", /reverse_proxy/),
    },
    {
      name: "What is behind Caddy does not answer",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) => socket.resume());
        const site = `reverse_proxy 127.0.0.1:${port} {\n transport http {\n response_header_timeout 1s\n }\n }`;
        return { url: url(await caddy(stack, site)) };
      },
      expected: broken("upgrade", "gateway_timeout", "proxy", /reverse_proxy|upstream|server/i),
    },
    {
      name: "Caddy hands only other paths on",
      setUp: behindCaddy((port) => `reverse_proxy /socket/* 127.0.0.1:${port}`),
      expected: broken("upgrade", "http_only", "server", /reverse_proxy|path/),
    },
    {
      name: "Caddy says 404 to this path",
      setUp: behindCaddy((port) => `reverse_proxy /socket/* 127.0.0.1:${port}\n  respond 404`),
      expected: broken("upgrade", "wrong_path", "you", /reverse_proxy|path/),
    },
    {
      name: "Caddy removes the header `Upgrade`",
      setUp: behindCaddy((port) => `reverse_proxy 127.0.0.1:${port} {\n header_up -Upgrade\n }`),
      expected: broken("upgrade", "upgrade_stripped", "proxy", /Upgrade/),
    },
    {
      name: "Caddy sends everybody to https",
      setUp: behindCaddy(() => "redir https://{host}{uri} permanent"),
      expected: broken("upgrade", "redirect_to_https", "you", /wss:\/\//),
    },
    {
      name: "Caddy has no site of this name, and answers 200 with nothing",
      setUp: behindCaddy(() => ""),
      expected: broken("upgrade", "http_only", "server", /reverse_proxy|path|name/i),
    },
    {
      name: "Caddy in front of Peyk, as its manual says",
      setUp: behindCaddy((port) => `reverse_proxy 127.0.0.1:${port}`),
      expected: healthy,
    },
    {
      name: "Caddy with compression in front of Peyk",
      setUp: behindCaddy((port) => `encode gzip\n  reverse_proxy /ws/* 127.0.0.1:${port}`),
      expected: healthy,
    },
  ],
);

export const haproxyCases = needing(
  ["haproxy"],
  [
    {
      name: "HAProxy has no server that lives",
      setUp: async (stack) => {
        const server = `server one 127.0.0.1:${await freePort()} check inter 100ms`;
        return { url: url(await haproxy(stack, server, { backend: "retries 0" })) };
      },
      expected: broken("upgrade", "gateway_unavailable", "server", /backend|server/),
    },
    {
      name: "What is behind HAProxy does not answer",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) => socket.resume());
        return {
          url: url(await haproxy(stack, `server one 127.0.0.1:${port}`, { defaults: "timeout server 1s" })),
        };
      },
      expected: broken("upgrade", "gateway_timeout", "proxy", /server|upstream/),
    },
    {
      name: "HAProxy's time-out of the client is two seconds",
      setUp: behindHaproxy({ defaults: "timeout client 2s" }, { idle: 4 }),
      expected: broken("idle", "cut_when_idle", "proxy", /timeout (client|tunnel)/),
    },
    {
      name: "HAProxy's time-out of tunnels is two seconds",
      setUp: behindHaproxy({ defaults: "timeout tunnel 2s" }, { idle: 4 }),
      expected: broken("idle", "cut_when_idle", "proxy", /timeout tunnel/),
    },
    {
      name: "HAProxy removes the header `Upgrade`",
      setUp: behindHaproxy({ frontend: "http-request del-header Upgrade" }),
      expected: broken("upgrade", "upgrade_stripped", "proxy", /Upgrade/),
    },
    {
      name: "HAProxy refuses by a rule",
      setUp: behindHaproxy({ frontend: "http-request deny deny_status 403" }),
      expected: broken("upgrade", "http_forbidden", "token", /deny|proxy|token|log/i),
    },
    {
      name: "HAProxy in front of an application that speaks HTTP alone",
      setUp: async (stack) => {
        const port = await answering(stack, () => answer("200 OK", {}, "<h1>It works</h1>"));
        return { url: url(await haproxy(stack, `server one 127.0.0.1:${port}`)) };
      },
      expected: broken("upgrade", "http_only", "server", /WebSocket|path|uvicorn|ASGI/i),
    },
    {
      name: "HAProxy limits each address to one request, and says 429",
      setUp: async (stack) => {
        const rule =
          "http-request track-sc0 src\n  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1 }";
        const table = "stick-table type ip size 1k expire 60s store http_req_rate(60s)";
        const target = await behindHaproxy({ frontend: `${table}\n  ${rule}` })(stack);
        await fetch(target.url.replace("ws:", "http:"));
        return target;
      },
      expected: broken("upgrade", "http_rate_limited", "you", /wait|limit/i),
    },
    {
      name: "HAProxy with `option httpclose` in front of Peyk",
      setUp: behindHaproxy({ defaults: "option httpclose" }),
      expected: healthy,
    },
    {
      name: "HAProxy in front of Peyk",
      setUp: behindHaproxy({}, { idle: 3 }),
      expected: healthy,
    },
    {
      name: "HAProxy in mode tcp in front of Peyk",
      setUp: behindHaproxy({ defaults: "mode tcp" }),
      expected: healthy,
    },
    {
      name: "HAProxy before nginx before Peyk",
      needs: ["nginx"],
      setUp: async (stack) => {
        const inner = await nginx(stack, handsOn((await peyk(stack)).port));
        return { url: url(await haproxy(stack, `server one 127.0.0.1:${inner}`)) };
      },
      expected: healthy,
    },
  ],
);

export const apacheCases = needing(
  ["apache"],
  [
    {
      name: "Apache hands on plain HTTP alone",
      setUp: behindApache([], (port) => `ProxyPass / http://127.0.0.1:${port}/`),
      expected: broken("upgrade", "upgrade_stripped", "proxy", /proxy_wstunnel|upgrade=websocket/),
    },
    {
      name: "Nothing listens behind Apache",
      setUp: async (stack) => {
        const host = `ProxyPass / http://127.0.0.1:${await freePort()}/ upgrade=websocket`;
        return { url: url(await apache(stack, ["proxy_wstunnel"], host)) };
      },
      expected: broken("upgrade", "gateway_unavailable", "server", /ProxyPass/),
    },
    {
      name: "Apache cuts a socket that is silent for two seconds",
      setUp: async (stack) => ({
        ...(await behindApache(
          ["proxy_wstunnel"],
          (port) => `Timeout 2\nProxyPass / http://127.0.0.1:${port}/ upgrade=websocket`,
        )(stack)),
        options: { idle: 4 },
      }),
      expected: broken("idle", "cut_when_idle", "proxy", /upgrade=websocket timeout=75/),
    },
    {
      name: "Apache serves files there, and has no such file",
      setUp: async (stack) => ({ url: url(await apache(stack, [], "DocumentRoot /usr/share/doc")) }),
      expected: broken("upgrade", "wrong_path", "you", /path|ProxyPass/),
    },
    {
      name: "Apache refuses (`Require all denied`)",
      setUp: behindApache(
        ["proxy_wstunnel"],
        (port) => `<Location />\nRequire all denied\n</Location>\nProxyPass / ws://127.0.0.1:${port}/`,
      ),
      expected: broken("upgrade", "http_forbidden", "token", /token|log/i),
    },
    {
      name: "Apache with `upgrade=websocket` in front of Peyk",
      setUp: behindApache(
        ["proxy_wstunnel"],
        (port) => `ProxyPass / http://127.0.0.1:${port}/ upgrade=websocket`,
      ),
      expected: healthy,
    },
    {
      name: "Apache with `ws://` in front of Peyk",
      setUp: behindApache(["proxy_wstunnel"], (port) => `ProxyPass / ws://127.0.0.1:${port}/`),
      expected: healthy,
    },
  ],
);
