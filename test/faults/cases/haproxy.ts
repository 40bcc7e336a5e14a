import type { Options } from "../../../src/doctor/options.ts";
import { broken, type FaultCase, healthy, needing } from "../kit/case.ts";
import { handsOn, nginx } from "../kit/nginx.ts";
import { peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { type HaproxyOptions, haproxy } from "../kit/proxies.ts";
import { answer, answering, rawServer } from "../kit/raw.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws/test/`;

const behindHaproxy =
  (options: HaproxyOptions = {}, asked: Options = {}): FaultCase["setUp"] =>
  async (stack) => {
    const server = `server one 127.0.0.1:${(await peyk(stack)).port}`;
    return { url: url(await haproxy(stack, server, options)), options: asked };
  };

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
      name: "HAProxy takes four connections, and lets the others wait (`maxconn`)",
      setUp: behindHaproxy({ frontend: "maxconn 4" }, { parallel: 10 }),
      expected: broken("parallel", "few_sockets", "server", /maxconn|limit/),
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
