import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "../../../src/doctor/options.ts";
import { tempDir } from "../../kit/temp.ts";
import { broken, type Expected, type FaultCase, healthy, needing } from "../kit/case.ts";
import { politeWebSocket } from "../kit/frames.ts";
import { handsOn, type NginxOptions, nginx } from "../kit/nginx.ts";
import { peyk } from "../kit/peyk.ts";
import { freePort } from "../kit/port.ts";
import { rawServer } from "../kit/raw.ts";

const path = "/ws/test/";

/** nginx with this location in front of Peyk. */
const inFront =
  (location: (port: number) => string, options: NginxOptions = {}, asked: Options = {}): FaultCase["setUp"] =>
  async (stack) => {
    const port = await nginx(stack, location((await peyk(stack)).port), options);
    return { url: `ws://127.0.0.1:${port}${path}`, options: asked };
  };

/** nginx with this location in front of a server that demands each word of the handshake. */
const inFrontOfStrict =
  (location: (port: number) => string): FaultCase["setUp"] =>
  async (stack) => {
    const port = await nginx(stack, location(await politeWebSocket(stack)));
    return { url: `ws://127.0.0.1:${port}${path}` };
  };

/** nginx with this location, and nothing behind it. */
const alone =
  (location: string, options: NginxOptions = {}): FaultCase["setUp"] =>
  async (stack) => ({ url: `ws://127.0.0.1:${await nginx(stack, location, options)}${path}` });

const stripped = broken("upgrade", "upgrade_stripped", "proxy", /proxy_set_header Upgrade \$http_upgrade/);
const unavailable = (fix: RegExp): Expected => broken("upgrade", "gateway_unavailable", "server", fix);

export const nginxCases = needing(
  ["nginx"],
  [
    {
      name: "nginx does not hand on `Upgrade` and `Connection`",
      setUp: inFront((port) => `proxy_pass http://127.0.0.1:${port};`),
      expected: stripped,
    },
    {
      name: "nginx hands on `Upgrade`, but not `Connection`",
      setUp: inFrontOfStrict(
        (port) =>
          `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;`,
      ),
      expected: stripped,
    },
    {
      name: "nginx hands on `Connection`, but not `Upgrade`",
      setUp: inFront(
        (port) =>
          `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Connection "upgrade";`,
      ),
      expected: stripped,
    },
    {
      name: "nginx hands the headers on, but speaks HTTP/1.0",
      setUp: inFrontOfStrict((port) => handsOn(port).replace("proxy_http_version 1.1;", "")),
      expected: stripped,
    },
    {
      name: "nginx empties `Connection`, as it is advised for keep-alive with the upstream",
      setUp: inFrontOfStrict(
        (port) =>
          `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "";`,
      ),
      expected: stripped,
    },
    {
      name: "nginx allows three connections of one address (`limit_conn`)",
      setUp: inFront(
        (port) => handsOn(port, "limit_conn all 3;"),
        { http: "limit_conn_zone $binary_remote_addr zone=all:1m;" },
        { parallel: 10 },
      ),
      expected: broken("parallel", "few_sockets", "server", /limit/i),
    },
    {
      name: "nginx has few `worker_connections`",
      setUp: inFront((port) => handsOn(port), { events: "worker_connections 16;" }, { parallel: 20 }),
      expected: broken("parallel", "few_sockets", "server", /worker_connections/),
    },
    {
      name: "nginx cuts a socket that is silent for two seconds",
      setUp: inFront((port) => handsOn(port, "proxy_read_timeout 2s;"), {}, { idle: 4 }),
      expected: broken("idle", "cut_when_idle", "proxy", /proxy_read_timeout/),
    },
    {
      name: "Nothing listens behind nginx",
      setUp: async (stack) => alone(handsOn(await freePort()))(stack),
      expected: broken("upgrade", "bad_gateway", "proxy", /proxy_pass|upstream/),
    },
    {
      name: "What is behind nginx does not answer",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) => socket.resume());
        return alone(handsOn(port, "proxy_read_timeout 1s;"))(stack);
      },
      expected: broken("upgrade", "gateway_timeout", "proxy", /proxy_pass|upstream/),
    },
    {
      name: "What is behind nginx speaks TLS, and nginx does not",
      setUp: async (stack) => {
        const alert = Buffer.from([21, 3, 3, 0, 2, 2, 70]);
        const port = await rawServer(stack, (socket) => socket.once("data", () => socket.end(alert)));
        return alone(handsOn(port))(stack);
      },
      expected: broken("upgrade", "bad_gateway", "proxy", /proxy_pass|upstream/),
    },
    {
      name: "nginx sends everybody to https",
      setUp: alone("return 301 https://$host$request_uri;"),
      expected: broken("upgrade", "redirect_to_https", "you", /wss:\/\//),
    },
    {
      name: "nginx sends everybody to another host",
      setUp: alone("return 302 http://www.example.test$request_uri;"),
      expected: broken("upgrade", "redirect", "you", /www\.example\.test/),
    },
    {
      name: "nginx lets nobody in who asks too often, and says 429",
      setUp: async (stack) => {
        const target = await inFront((port) => handsOn(port, "limit_req zone=all;"), {
          http: "limit_req_zone $binary_remote_addr zone=all:1m rate=1r/m; limit_req_status 429;",
        })(stack);
        // The one that is let in.
        await fetch(target.url.replace("ws:", "http:"));
        return target;
      },
      expected: broken("upgrade", "http_rate_limited", "you", /wait|limit/i),
    },
    {
      name: "nginx's limit of requests says 503",
      setUp: alone("return 503;"),
      expected: unavailable(/limit|upstream|maintenance/i),
    },
    {
      name: "nginx asks for a password",
      setUp: inFront((port) => handsOn(port, 'auth_basic "closed"; auth_basic_user_file /dev/null;')),
      expected: broken("upgrade", "http_unauthorized", "token", /Basic|password/),
    },
    {
      name: "nginx refuses this address",
      setUp: inFront((port) => handsOn(port, "deny all;")),
      expected: broken("upgrade", "http_forbidden", "token", /allow|deny|firewall|proxy|token|log/i),
    },
    {
      name: "nginx serves files there, and has no such file",
      setUp: alone(""),
      expected: broken("upgrade", "wrong_path", "you", /path|proxy_pass|location/i),
    },
    {
      name: "nginx serves a page for every path, as for a single-page application",
      setUp: alone("try_files $uri /index.html;"),
      expected: broken("upgrade", "http_only", "server", /proxy_pass|location|path/i),
    },
    {
      name: "nginx's location begins elsewhere",
      setUp: async (stack) => {
        const server = `location /socket/ { ${handsOn((await peyk(stack)).port)} }`;
        return alone("return 404;", { server })(stack);
      },
      expected: broken("upgrade", "wrong_path", "you", /path|location/i),
    },
    {
      name: "nginx cuts the first part of the path off, and Peyk has nothing at the rest",
      setUp: async (stack) => {
        const { port } = await peyk(stack);
        const server = `location /ws/ { proxy_pass http://127.0.0.1:${port}/;${handsOn(port).replace(/^[^;]*;/, "")} }`;
        return alone("return 404;", { server })(stack);
      },
      expected: broken("auth", "path_refused", "you", /path/i),
    },
    {
      name: "nginx hands on what speaks no HTTP",
      setUp: async (stack) => {
        const port = await rawServer(stack, (socket) => socket.end("SSH-2.0-OpenSSH_9.2p1\r\n"));
        return alone(handsOn(port))(stack);
      },
      expected: broken("http", "not_http", "you", /port/i),
    },
    {
      name: "nginx hangs up without an answer (444)",
      setUp: alone("return 444;"),
      expected: broken("http", "hung_up", "server", /log|proxy|server_name|port/i),
    },
    {
      name: "nginx demands a longer URL than it takes (414)",
      setUp: async (stack) => {
        const port = await nginx(stack, "", {
          http: "large_client_header_buffers 2 1k; client_header_buffer_size 1k;",
        });
        return { url: `ws://127.0.0.1:${port}/ws/${"x".repeat(3000)}` };
      },
      expected: broken("upgrade", "odd_status", "server", /operates|long/i),
    },
    {
      name: "nginx waits for the PROXY protocol, and is asked directly",
      setUp: inFront((port) => handsOn(port), { listen: "proxy_protocol" }),
      expected: broken("http", "hung_up", "server", /log|port|which program/i),
    },
    {
      name: "nginx takes the header `Authorization` away",
      setUp: async (stack) => {
        const app = await peyk(stack);
        const port = await nginx(stack, handsOn(app.port, 'proxy_set_header Authorization "";'));
        return {
          url: `ws://127.0.0.1:${port}/ws/conversations/`,
          options: { token: (await app.user()).token },
        };
      },
      expected: broken("auth", "token_missing", "token", /Authorization|proxy/),
    },
    {
      name: "nginx takes it away, too, and hands on sockets and nothing else",
      setUp: async (stack) => {
        const app = await peyk(stack);
        const port = await nginx(stack, handsOn(app.port, 'proxy_set_header Authorization "";'), {
          server: "location /api/ { return 404; }",
        });
        return {
          url: `ws://127.0.0.1:${port}/ws/conversations/`,
          options: { token: (await app.user()).token },
        };
      },
      expected: broken("auth", "token_missing", "token", /Authorization|proxy/),
    },
    {
      name: "nginx hands on to version 4, and behind it only version 6 listens",
      setUp: async (stack) => {
        const { port } = await peyk(stack, { host: "::1", port: String(await freePort()) });
        return alone(handsOn(port))(stack);
      },
      expected: broken("upgrade", "bad_gateway", "proxy", /proxy_pass|upstream/),
    },
    {
      name: "nginx answers 200 with nothing (`return 200`)",
      setUp: alone("return 200;"),
      expected: broken("upgrade", "http_only", "server", /proxy_pass|location/),
    },
    {
      name: "nginx asks for a password, and the address has it",
      setUp: async (stack) => {
        const { path: folder } = stack.use(tempDir());
        const file = join(folder, "users");
        // The user whom nginx runs as reads it.
        chmodSync(folder, 0o755);
        writeFileSync(file, "ana:{PLAIN}secret\n");
        const lines = `auth_basic "closed"; auth_basic_user_file ${file}; proxy_set_header Authorization "";`;
        const port = await nginx(stack, handsOn((await peyk(stack)).port, lines));
        return { url: `ws://ana:secret@127.0.0.1:${port}${path}` };
      },
      expected: healthy,
    },
    {
      name: "nginx hands on no `Connection`, but Peyk does without it",
      setUp: inFront(
        (port) =>
          `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;`,
      ),
      expected: healthy,
    },
    {
      name: "nginx in front of Peyk, as its manual says",
      setUp: inFront((port) => handsOn(port), {}, { idle: 3 }),
      expected: healthy,
    },
    {
      name: "nginx with `map $http_upgrade $connection_upgrade`, and gzip",
      setUp: inFront((port) => handsOn(port).replace('"upgrade"', "$connection_upgrade"), {
        http: "gzip on; map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
      }),
      expected: healthy,
    },
    {
      name: "nginx with a read time-out of three seconds, which the server's pings outlive",
      setUp: async (stack) => {
        const { port } = await peyk(stack, { "heartbeat-interval": "1" });
        const front = await nginx(stack, handsOn(port, "proxy_read_timeout 3s;"));
        return { url: `ws://127.0.0.1:${front}${path}`, options: { idle: 5 } };
      },
      expected: healthy,
    },
  ],
);
