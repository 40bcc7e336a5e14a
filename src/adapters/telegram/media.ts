import type { Clock } from "../../core/clock.ts";
import { type Relayed, relay } from "../../core/relay.ts";
import { Fault } from "../../protocol/faults.ts";
import { contentTypeOf } from "./content-type.ts";
import type { Failure } from "./failure.ts";
import type { Line } from "./line.ts";

/** What bots may fetch from Telegram. */
const maxBytes = 20 * 1024 * 1024;
const askTimeout = 15_000;
const fetchTimeout = 60_000;

export interface Fetched {
  readonly data: ReadableStream<Uint8Array>;
  readonly contentType: string;
}

/** Fetches a file by its id. Its address holds the bot's token, so that nobody but us ever sees it. */
export async function fetchMedia(line: Line, clock: Clock, reference: string): Promise<Fetched> {
  const answer = await line.call((api) => api.getFile(reference), { timeout: askTimeout });
  if (!answer.ok) throw faultOf(answer.failure);
  const { file_path, file_size = 0 } = answer.value;
  if (file_path === undefined) throw missing();
  if (file_size > maxBytes) throw tooBig();
  const { head, data } = await download(line, clock, file_path);
  return { data, contentType: contentTypeOf(head, file_path) };
}

async function download(line: Line, clock: Clock, path: string): Promise<Relayed> {
  const overdue = new AbortController();
  const cancel = clock.after(fetchTimeout, () => overdue.abort());
  const broken = () => new Fault("unavailable", `${line.host} broke off the download`);
  try {
    const url = `${line.root}/file/bot${line.token}/${path.split("/").map(encodeURIComponent).join("/")}`;
    const response = await fetch(url, { redirect: "manual", signal: overdue.signal });
    if (response.status !== 200 || response.body === null) throw missing();
    if (Number(response.headers.get("content-length") ?? 0) > maxBytes) throw tooBig();
    return await relay(response.body, { clock, maxBytes, patience: fetchTimeout, tooBig, broken });
  } catch (error) {
    overdue.abort();
    // The error of fetch holds the address, hence the token: it does not leave this function, not even as a cause.
    throw error instanceof Fault ? error : broken();
  } finally {
    cancel();
  }
}

function faultOf(failure: Failure): Fault {
  if (failure.kind !== "refused" || failure.code !== 400) return new Fault("unavailable", failure.words);
  return /too big/i.test(failure.words) ? tooBig() : missing();
}

const missing = () => new Fault("not_found", "Telegram no longer has this file");
const tooBig = () => new Fault("message_too_big", "Telegram gives bots files of up to 20 MB");
