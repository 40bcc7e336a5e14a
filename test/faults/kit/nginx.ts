import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../kit/temp.ts";
import { freePort } from "./port.ts";
import { startServer } from "./server.ts";

/** The two headers that nginx does not hand on by itself, and without which no WebSocket gets through. */
export const upgradeHeaders = `
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;`;

export interface NginxOptions {
  /** Of the server block, beside `listen` and the location. */
  readonly server?: string;
  /** Of the http block. */
  readonly http?: string;
  readonly events?: string;
  /** After the port: `ssl`. */
  readonly listen?: string;
}

/** nginx with one location `/` that holds these lines, as one process in a folder of its own. Returns its port. */
export async function nginx(
  stack: AsyncDisposableStack,
  location: string,
  options: NginxOptions = {},
): Promise<number> {
  const { path: folder } = stack.use(tempDir());
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  mkdirSync(join(folder, "html"));
  writeFileSync(join(folder, "html", "index.html"), "<h1>Welcome</h1>\n");
  writeFileSync(file, configuration(folder, port, location, options));
  await startServer(stack, ["nginx", "-e", "stderr", "-p", folder, "-c", file], port);
  return port;
}

const configuration = (folder: string, port: number, location: string, options: NginxOptions) => `
daemon off;
master_process off;
pid ${folder}/pid;
events { ${options.events ?? ""} }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) => `${each}_temp_path ${folder}/${each};`).join(" ")}
  ${options.http ?? ""}
  server {
    listen 127.0.0.1:${port} ${options.listen ?? ""};
    ${options.server ?? ""}
    root ${folder}/html;
    location / {
      ${location}
    }
  }
}
`;

/** A location that hands everything on to this port, WebSockets too, with more lines where they are given. */
export const handsOn = (port: number, more = ""): string =>
  `proxy_pass http://127.0.0.1:${port};${upgradeHeaders}\n      ${more}`;
