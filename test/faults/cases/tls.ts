import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsOptions } from "node:tls";
import type { Options } from "../../../src/doctor/options.ts";
import { broken, healthy, needing, type SetUp, warns } from "../kit/case.ts";
import { type Certificate, type CertificateOptions, certificate } from "../kit/certificate.ts";
import { politeWebSocket } from "../kit/frames.ts";
import { handsOn, nginx } from "../kit/nginx.ts";
import { at, peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { caddy, haproxy } from "../kit/proxies.ts";
import { rawServer } from "../kit/raw.ts";
import { startServer } from "../kit/server.ts";

const pair = ({ chain, key }: Pick<Certificate, "chain" | "key">): TlsOptions => ({
  cert: readFileSync(chain),
  key: readFileSync(key),
});

/** Whoever runs the doctor trusts the root of this certificate, as a browser trusts a public one. */
const trusting = ({ ca }: Certificate): Options => ({ ca: readFileSync(ca, "utf8") });

/** Peyk with this certificate, asked by `host`. */
const secured =
  (
    options: CertificateOptions,
    { host = "127.0.0.1", isTrusted = true, part = "chain" as "chain" | "cert" } = {},
  ): SetUp =>
  async (stack) => {
    const made = await certificate(stack, options);
    const app = await peyk(stack, { "tls-cert": made[part], "tls-key": made.key });
    return { url: `wss://${host}:${app.port}/ws/test/`, options: isTrusted ? trusting(made) : {} };
  };

/** Certificate and key in one file, as HAProxy wants them. */
async function together({ folder, chain, key }: Certificate): Promise<string> {
  const file = join(folder, "both.pem");
  await Bun.write(file, [chain, key].map((part) => readFileSync(part, "utf8")).join(""));
  return file;
}

/** nginx with TLS in front of Peyk, with these lines of its own. */
const nginxWithTls =
  (lines: (made: Certificate) => string, scheme = "wss", listen = "ssl"): SetUp =>
  async (stack) => {
    const made = await certificate(stack);
    const server = `ssl_certificate ${made.chain}; ssl_certificate_key ${made.key}; ${lines(made)}`;
    const port = await nginx(stack, handsOn((await peyk(stack)).port), { listen, server });
    return { url: `${scheme}://127.0.0.1:${port}/ws/test/`, options: trusting(made) };
  };

/** OpenSSL's own server, with these words. */
const opensslServer =
  (...words: readonly string[]): SetUp =>
  async (stack) => {
    const made = await certificate(stack);
    const port = await freePort();
    const files = ["-cert", made.chain, "-key", made.key, "-CAfile", made.ca];
    const command = ["openssl", "s_server", "-quiet", "-accept", `127.0.0.1:${port}`, ...files, ...words];
    await startServer(stack, command, port);
    return { url: `wss://127.0.0.1:${port}/ws/test/`, options: trusting(made) };
  };

const oldCiphers = ["-cipher", "ALL:@SECLEVEL=0"];
/** RFC 8446 6: a fatal alert, handshake_failure. */
const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

export const tlsCases = needing(
  ["openssl"],
  [
    {
      name: "The certificate expired",
      setUp: secured({ from: -100, until: -3 }),
      expected: broken("tls", "cert_expired", "server", /certbot|renew/i),
    },
    {
      name: "The certificate is not valid yet",
      setUp: secured({ from: 5, until: 100 }),
      expected: broken("tls", "cert_not_yet_valid", "server", /clock|timedatectl|date/i),
    },
    {
      name: "The certificate is for another name",
      setUp: secured({ names: "DNS:shop.example,DNS:www.shop.example" }, { host: "localhost" }),
      expected: broken("tls", "cert_wrong_name", "server", /name of the certificate/),
    },
    {
      name: "The certificate is for a name, and the server is asked by its address",
      setUp: secured({ names: "DNS:localhost" }),
      expected: broken("tls", "cert_wrong_name", "server", /name of the certificate/),
    },
    {
      name: "The certificate is self-signed",
      setUp: secured({ signedBy: "self" }, { isTrusted: false }),
      expected: broken("tls", "cert_self_signed", "server", /certbot|Let's Encrypt|certificate/i),
    },
    {
      name: "The certificate comes from an authority that nobody here knows",
      setUp: secured({}, { isTrusted: false }),
      expected: broken("tls", "cert_untrusted", "server", /fullchain|chain|authority/i),
    },
    {
      name: "The certificate between the server's and the root is missing",
      setUp: secured({ signedBy: "intermediate" }, { part: "cert" }),
      expected: broken("tls", "cert_untrusted", "server", /fullchain/i),
    },
    {
      name: "The certificate between the server's and the root expired",
      setUp: secured({ signedBy: "intermediate", intermediateUntil: -2 }),
      expected: broken("tls", "cert_untrusted", "server", /chain/),
    },
    {
      name: "The certificate expires in three days",
      setUp: secured({ until: 3 }),
      expected: warns("tls", "cert_expires_soon", "server", /certbot|renew/i),
    },
    {
      name: "The server speaks nothing newer than TLS 1.1",
      setUp: opensslServer("-tls1_1", ...oldCiphers),
      expected: broken("tls", "tls_too_old", "server", /TLSv?1\.2/),
    },
    {
      name: "The server speaks nothing newer than TLS 1.0",
      setUp: opensslServer("-tls1", ...oldCiphers),
      expected: broken("tls", "tls_too_old", "server", /TLSv?1\.2/),
    },
    {
      name: "HAProxy demands a certificate of the client",
      needs: ["haproxy"],
      setUp: async (stack) => {
        const made = await certificate(stack);
        const bind = `ssl crt ${await together(made)} ca-file ${made.ca} verify required`;
        const port = await haproxy(stack, `server one 127.0.0.1:${(await peyk(stack)).port}`, { bind });
        return { url: `wss://127.0.0.1:${port}/ws/test/`, options: trusting(made) };
      },
      expected: broken("tls", "tls_client_cert", "server", /client/i),
    },
    {
      name: "nginx demands a certificate of the client",
      needs: ["nginx"],
      setUp: nginxWithTls(({ ca }) => `ssl_client_certificate ${ca}; ssl_verify_client on;`),
      expected: broken("tls", "tls_client_cert", "server", /client/i),
    },
    {
      name: "The server breaks the TLS handshake off",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) => socket.once("data", () => socket.end(alert)));
        return { url: `wss://127.0.0.1:${port}/ws/test/` };
      },
      expected: broken("tls", "tls_failed", "server", /openssl|log|cipher/i),
    },
    {
      name: "`wss://` to Peyk's plain port",
      setUp: async (stack) => ({ url: at(await peyk(stack), "/ws/test/").replace("ws:", "wss:") }),
      expected: broken("tls", "tls_on_plain_port", "you", /ws:\/\//),
    },
    {
      name: "`wss://` to nginx's plain port",
      needs: ["nginx"],
      setUp: async (stack) => ({
        url: `wss://127.0.0.1:${await nginx(stack, handsOn((await peyk(stack)).port))}/ws/test/`,
      }),
      expected: broken("tls", "tls_on_plain_port", "you", /ws:\/\//),
    },
    {
      name: "`wss://` to a plain port that hangs up on what it cannot read",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) =>
          socket.once("data", (data) => {
            if (data[0] === 0x16) return socket.destroy();
            return socket.end("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
          }),
        );
        return { url: `wss://127.0.0.1:${port}/ws/test/` };
      },
      expected: broken("tls", "tls_on_plain_port", "you", /ws:\/\//),
    },
    {
      name: "`ws://` to Peyk's TLS port",
      setUp: async (stack) => {
        const target = await secured({})(stack);
        return { ...target, url: target.url.replace("wss:", "ws:") };
      },
      expected: broken("http", "plain_on_tls_port", "you", /wss:\/\//),
    },
    {
      name: "`ws://` to nginx's TLS port",
      needs: ["nginx"],
      setUp: nginxWithTls(() => "", "ws"),
      expected: broken("http", "plain_on_tls_port", "you", /wss:\/\//),
    },
    {
      name: "`ws://` to Caddy's TLS port",
      needs: ["caddy"],
      setUp: async (stack) => {
        const { chain, key } = await certificate(stack);
        const port = await caddy(stack, `tls ${chain} ${key}\n  respond "hello"`, "https://127.0.0.1");
        return { url: `ws://127.0.0.1:${port}/ws/test/` };
      },
      expected: broken("http", "plain_on_tls_port", "you", /wss:\/\//),
    },
    {
      name: "`ws://` to HAProxy's TLS port",
      needs: ["haproxy"],
      setUp: async (stack) => {
        const made = await certificate(stack);
        const bind = `ssl crt ${await together(made)}`;
        const port = await haproxy(stack, `server one 127.0.0.1:${(await peyk(stack)).port}`, { bind });
        return { url: `ws://127.0.0.1:${port}/ws/test/` };
      },
      expected: broken("http", "plain_on_tls_port", "you", /wss:\/\//),
    },
    {
      name: "The certificate has the name in its subject alone, which browsers do not read",
      setUp: secured({ names: "DNS:elsewhere.example", subject: "localhost" }, { host: "localhost" }),
      expected: broken("tls", "cert_wrong_name", "server", /name of the certificate/),
    },
    {
      name: "Nobody answers the TLS handshake",
      setUp: async (stack) => ({
        url: `wss://127.0.0.1:${await rawServer(stack, (socket) => socket.resume())}/`,
      }),
      expected: broken("tls", "tls_failed", "server", /log|openssl|TLS/i),
    },
    {
      name: "The connection ends during the TLS handshake, and a plain one does too",
      setUp: async (stack) => ({
        url: `wss://127.0.0.1:${await rawServer(stack, (socket) => socket.once("data", () => socket.end()))}/`,
      }),
      expected: broken("tls", "tls_failed", "server", /log|openssl|TLS/i),
    },
    {
      name: "HAProxy has no certificate for this name (`strict-sni`)",
      needs: ["haproxy"],
      setUp: async (stack) => {
        const made = await certificate(stack, { names: "DNS:shop.example" });
        const bind = `ssl crt ${await together(made)} strict-sni`;
        const port = await haproxy(stack, `server one 127.0.0.1:${await freePort()}`, { bind });
        return { url: `wss://localhost:${port}/`, options: trusting(made) };
      },
      expected: broken("tls", "tls_failed", "server", /name|SNI|certificate/i),
    },
    {
      name: "SSH listens there, and `wss://` is asked for",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) => {
          socket.write("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
          socket.resume();
        });
        return { url: `wss://127.0.0.1:${port}/` };
      },
      expected: broken("tls", "tls_failed", "server", /port|log|openssl/i),
    },
    {
      name: "A self-signed certificate that the client was told to believe (`--ca`)",
      setUp: async (stack) => {
        const made = await certificate(stack, { signedBy: "self" });
        const app = await peyk(stack, { "tls-cert": made.cert, "tls-key": made.key });
        return {
          url: `wss://127.0.0.1:${app.port}/ws/test/`,
          options: { ca: readFileSync(made.cert, "utf8") },
        };
      },
      expected: healthy,
    },
    {
      name: "nginx with HTTP/2 and TLS in front of Peyk",
      needs: ["nginx"],
      setUp: nginxWithTls(() => "http2_max_concurrent_streams 10;", "wss", "ssl http2"),
      expected: healthy,
    },
    {
      name: "Peyk with TLS of its own",
      setUp: secured({}),
      expected: healthy,
    },
    {
      name: "TLS with a certificate between the server's and the root",
      setUp: secured({ signedBy: "intermediate" }, { host: "localhost" }),
      expected: healthy,
    },
    {
      name: "nginx with TLS in front of Peyk",
      needs: ["nginx"],
      setUp: nginxWithTls(() => ""),
      expected: healthy,
    },
    {
      name: "nginx with TLS 1.3 alone",
      needs: ["nginx"],
      setUp: nginxWithTls(() => "ssl_protocols TLSv1.3;"),
      expected: healthy,
    },
    {
      name: "Another server with TLS, and a certificate with a wildcard",
      setUp: async (stack) => {
        const made = await certificate(stack, { names: "DNS:*.example,DNS:localhost" });
        const port = await politeWebSocket(stack, () => {}, { tls: pair(made) });
        return { url: `wss://localhost:${port}/`, options: trusting(made) };
      },
      expected: healthy,
    },
  ],
);
