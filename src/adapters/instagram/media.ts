import type { Clock } from "../../core/clock.ts";
import { relay } from "../../core/relay.ts";
import { Fault } from "../../protocol/faults.ts";
import { fileType } from "./file-type.ts";
import type { Fetch } from "./graph.ts";
import { isPublicAddress } from "./public-address.ts";

export interface MediaParts {
  /** The account's API: where tests keep their files. */
  readonly apiRoot: string;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly resolve: Resolve;
}

/** The addresses that a name stands for. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface File {
  readonly data: ReadableStream<Uint8Array>;
  readonly contentType: string;
}

export const maxMediaBytes = 25 * 1024 * 1024;
const timeout = 20_000;
const maxRedirects = 3;

/** Where Meta keeps what people send. */
const hosts = /(^|\.)(cdninstagram\.com|fbcdn\.net|fbsbx\.com)$/;

/** Fetches a file from Meta's CDN and from nowhere else, whatever the reference says. No token goes with it. */
export async function fetchMedia(parts: MediaParts, reference: string): Promise<File> {
  const abort = new AbortController();
  const cancel = parts.clock.after(timeout, () => abort.abort());
  try {
    return await follow(parts, reference, abort.signal, maxRedirects);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw broken();
  } finally {
    cancel();
  }
}

async function follow(
  parts: MediaParts,
  reference: string,
  signal: AbortSignal,
  redirects: number,
): Promise<File> {
  const url = await allowed(parts, reference);
  const response = await parts.fetch(url.href, { redirect: "manual", signal });
  const location = response.headers.get("location");
  if (response.status >= 300 && response.status < 400 && location !== null) {
    await response.body?.cancel();
    if (redirects === 0) throw new Fault("forbidden", "the file's address leads to others without an end");
    return follow(parts, new URL(location, url).href, signal, redirects - 1);
  }
  return take(parts, response);
}

async function take({ clock }: MediaParts, response: Response): Promise<File> {
  if (!response.ok) {
    await response.body?.cancel();
    if (response.status >= 500) throw new Fault("unavailable", "Instagram's file server is in trouble");
    throw new Fault("not_found", "Instagram no longer has this file: its addresses expire after some days");
  }
  const body = response.body ?? new Blob([]).stream();
  if (Number(response.headers.get("content-length") ?? 0) > maxMediaBytes) {
    await body.cancel();
    throw tooBig();
  }
  const limits = { maxBytes: maxMediaBytes, patience: timeout, tooBig, broken };
  const { head, data } = await relay(body, { clock, ...limits });
  return { data, contentType: fileType(head, response.headers.get("content-type") ?? "") };
}

const tooBig = () => new Fault("message_too_big", "the file is over 25 MB");
const broken = () => new Fault("unavailable", "Instagram's file server does not answer");

async function allowed({ apiRoot, resolve }: MediaParts, reference: string): Promise<URL> {
  const url = URL.canParse(reference) ? new URL(reference) : undefined;
  if (url === undefined) throw new Fault("not_found", "this is no address of a file");
  if (URL.canParse(apiRoot) && url.origin === new URL(apiRoot).origin) return url;
  const plain = url.protocol === "https:" && url.port === "" && url.username === "" && url.password === "";
  if (!plain || !hosts.test(url.hostname))
    throw new Fault("forbidden", "the file is not on Instagram's own servers");
  const addresses = await resolve(url.hostname);
  if (addresses.length === 0 || !addresses.every(isPublicAddress))
    throw new Fault("forbidden", "the file's server has no public address");
  return url;
}
