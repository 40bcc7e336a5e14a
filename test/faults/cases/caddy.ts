import { broken, type FaultCase, healthy, needing } from "../kit/case.ts";
import { peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { caddy } from "../kit/proxies.ts";
import { rawServer } from "../kit/raw.ts";

const url = (port: number) => `ws://127.0.0.1:${port}/ws/test/`;

const behindCaddy =
  (site: (port: number) => string): FaultCase["setUp"] =>
  async (stack) => ({ url: url(await caddy(stack, site((await peyk(stack)).port))) });

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
