import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { type Ending, join, type Line } from "./line.ts";

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly version: string;
  /** Names in small letters; several of one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The first 4 KB, as UTF-8. Empty for a 101. */
  readonly body: string;
  /** Of a 101: what came behind its head, which is frames already. */
  readonly rest: Uint8Array;
}

/** What came instead of an answer in HTTP. */
export interface NoAnswer {
  readonly bytes: Uint8Array;
  readonly ending: Ending | undefined;
}

/** Bytes that a head may have; more is no head. */
const maxHeadBytes = 64 * 1024;
const maxBodyBytes = 4 * 1024;
/** Milliseconds that the rest of a body may take, or as long as its head took; what has come until then is enough to judge. */
const bodyPatience = 300;

export const newKey = (): string => randomBytes(16).toString("base64");

/** RFC 6455 1.3: the key and this GUID, hashed with SHA-1, in base64. */
export const acceptFor = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

export type Headers = Readonly<Record<string, string>>;

/** A whole GET request; every header is written as it is given, but on one line. */
export function requestText(path: string, headers: Headers): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, " ")}\r\n`,
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The headers of a client's opening handshake (RFC 6455 4.1). */
export const upgradeHeaders = (key: string): Headers => ({
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": key,
});

/** Reads one answer. Resolves to what came instead where that is no HTTP, or nothing came within `ms` milliseconds. */
export async function readAnswer(line: Line, ms: number, clock: Clock): Promise<Answer | NoAnswer> {
  const asked = clock.monotonic();
  const deadline = asked + ms;
  let bytes: Uint8Array = new Uint8Array();
  for (;;) {
    const head = looksLikeHttp(bytes) ? parseHead(bytes) : undefined;
    if (head !== undefined && isInformational(head.status)) {
      bytes = bytes.subarray(head.length);
      continue;
    }
    if (head !== undefined) {
      const patience = Math.max(bodyPatience, clock.monotonic() - asked);
      return withBody(line, head, bytes.subarray(head.length), clock.monotonic() + patience, clock);
    }
    const more =
      isHopeless(bytes) || bytes.length > maxHeadBytes
        ? undefined
        : await line.read(deadline - clock.monotonic());
    if (more === undefined) return { bytes, ending: line.ending };
    bytes = join([bytes, more]);
  }
}

export const isAnswer = (answer: Answer | NoAnswer): answer is Answer => "status" in answer;

const isInformational = (status: number): boolean => status >= 100 && status < 200 && status !== 101;

const looksLikeHttp = (bytes: Uint8Array): boolean => startOf(bytes, 5) === "HTTP/";
/** Enough has come to see that it is no HTTP. */
const isHopeless = (bytes: Uint8Array): boolean => bytes.length >= 5 && !looksLikeHttp(bytes);
const startOf = (bytes: Uint8Array, count: number): string =>
  Buffer.from(bytes.subarray(0, count)).toString("latin1");

type Head = Pick<Answer, "status" | "statusText" | "version" | "headers"> & { readonly length: number };

/** `undefined`: it is not complete. */
function parseHead(bytes: Uint8Array): Head | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const end = text.search(/\r?\n\r?\n/);
  if (end < 0) return undefined;
  const length = end + /^\r?\n\r?\n/.exec(text.slice(end))![0].length;
  const [first = "", ...lines] = text.slice(0, end).split(/\r?\n/);
  const [, version = "", status, statusText = ""] = /^HTTP\/(\S+) +(\d{3}) ?(.*)$/.exec(first) ?? [];
  if (status === undefined) return undefined;
  return { status: Number(status), statusText, version, headers: parseHeaders(lines), length };
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = Buffer.from(line.slice(colon + 1).trim(), "latin1").toString("utf8");
    const before = headers.get(name);
    if (colon > 0) headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

async function withBody(
  line: Line,
  head: Head,
  first: Uint8Array,
  deadline: number,
  clock: Clock,
): Promise<Answer> {
  const { length: _, ...answer } = head;
  if (head.status === 101) return { ...answer, body: "", rest: first };
  const wanted = Number(head.headers.get("content-length") ?? maxBodyBytes);
  const chunked = /chunked/i.test(head.headers.get("transfer-encoding") ?? "");
  let bytes = first;
  while (bytes.length < Math.min(wanted, maxBodyBytes) && !(chunked && isLastChunk(bytes))) {
    const more = await line.read(deadline - clock.monotonic());
    if (more === undefined) break;
    bytes = join([bytes, more]);
  }
  const body = chunked ? unchunk(bytes) : bytes.subarray(0, maxBodyBytes);
  return { ...answer, body: Buffer.from(body).toString("utf8"), rest: new Uint8Array() };
}

const isLastChunk = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(-7)).toString("latin1").endsWith("0\r\n\r\n");

/** RFC 9112 7.1; what is cut off in the middle is taken as far as it goes. */
function unchunk(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < buffer.length; ) {
    const end = buffer.indexOf("\r\n", at);
    const size = Number.parseInt(buffer.subarray(at, end).toString("latin1"), 16);
    if (end < 0 || !(size > 0)) break;
    parts.push(buffer.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
