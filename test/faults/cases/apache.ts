import { broken, type FaultCase, healthy, needing } from "../kit/case.ts";
import { peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { apache } from "../kit/proxies.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws/test/`;

const behindApache =
  (modules: readonly string[], host: (port: number) => string): FaultCase["setUp"] =>
  async (stack) => ({ url: url(await apache(stack, modules, host((await peyk(stack)).port))) });

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
      name: "Apache with a rewrite to `ws://`, in front of Peyk",
      setUp: behindApache(
        ["proxy_wstunnel"],
        (port) => `RewriteEngine On
RewriteCond %{HTTP:Upgrade} websocket [NC]
RewriteCond %{HTTP:Connection} upgrade [NC]
RewriteRule ^/?(.*) "ws://127.0.0.1:${port}/$1" [P,L]
ProxyPass / http://127.0.0.1:${port}/`,
      ),
      expected: healthy,
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
