import { readServed } from "../config/served-at.ts";
import { CommandError, configFrom, type Parsed } from "./command.ts";

/** A running server that a command asks, and what proves that staff asks. */
export interface Remote {
  readonly url: URL;
  readonly token: string;
  /** On this machine: it is found by an address that its certificate need not name. */
  readonly isLocal: boolean;
}

/** Options of every command that asks a running server. */
export const remoteOptions = { url: { type: "string" }, token: { type: "string" } } as const;

export const remoteHelp = `  On the server itself it needs nothing else: the server of DATA_DIR is asked.
  From elsewhere: --url https://peyk.example, and a token of staff in PEYK_TOKEN or --token.`;

/** Milliseconds that an answer may take. */
const patience = 10_000;

/** The server that flags name, else the one that runs with this DATA_DIR. Throws CommandError where there is none. */
export function remoteFrom(parsed: Parsed): Remote {
  const { url, token = process.env.PEYK_TOKEN } = parsed.values as { url?: string; token?: string };
  if (url !== undefined) return named(url, token);
  const served = readServed(configFrom(parsed));
  if (served !== undefined) return { url: local(served.urls), token: served.token, isLocal: true };
  const { dataDir } = configFrom(parsed);
  throw new CommandError(
    `no server runs with DATA_DIR=${dataDir}, or another user started it. Start it with \`peyk serve\`, name its folder with --data-dir, or its address with --url.`,
  );
}

function named(url: string, token: string | undefined): Remote {
  if (!URL.canParse(url) || !/^(https?|wss?):/.test(url))
    throw new CommandError(`--url ${url}: must be an address such as https://peyk.example`);
  if (token === undefined || token === "")
    throw new CommandError("--url needs a token of staff in PEYK_TOKEN or --token: see `peyk token issue`.");
  const address = new URL(url);
  address.protocol = address.protocol.replace("ws", "http");
  return { url: address, token, isLocal: false };
}

/** Without TLS if there is such a port; who listens on all addresses is asked on loopback. */
function local(urls: readonly string[]): URL {
  const url = new URL(urls.find((each) => each.startsWith("http:")) ?? urls[0]!);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return url;
}

/** No answer, or none that can be used. */
export class NoAnswer extends Error {}

/** Asks, and returns the JSON of the answer. Throws an Error whose sentence says what to do. */
export async function ask(remote: Remote, path: string, method = "GET"): Promise<unknown> {
  const answer = await reach(remote, path, method);
  const body = (await answer.json().catch(() => undefined)) as Record<string, unknown> | undefined;
  if (body === undefined)
    throw new NoAnswer(`${remote.url.origin} answers ${answer.status}, and is no Peyk.`);
  if (answer.ok) return body;
  throw new Error(`${String(body.detail ?? body.title ?? answer.status)}. ${String(body.hint ?? "")}`.trim());
}

async function reach({ url, token, isLocal }: Remote, path: string, method: string): Promise<Response> {
  const options = {
    method,
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(patience),
    // Never to another place: the token goes with it.
    redirect: "error",
    ...(isLocal ? { tls: { rejectUnauthorized: false } } : {}),
  } as const;
  try {
    return await fetch(new URL(path, url), options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoAnswer(`no server answers at ${url.origin} (${why}). Is it running? See \`peyk serve\`.`);
  }
}

/** `{ a: "1", b: undefined }` → `?a=1` */
export function queryOf(values: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  const query = new URLSearchParams();
  for (const name of names) if (values[name] !== undefined) query.set(name, String(values[name]));
  return query.size === 0 ? "" : `?${query}`;
}
