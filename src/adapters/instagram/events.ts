import type { PlatformEvent } from "../../features/inbox/platform.ts";
import { maxPieces, type Piece, piecesOf } from "./attachments.ts";
import { idOf, type Json, numberOf, objectOf, textOf } from "./json.ts";
import { nameless } from "./profiles.ts";

/** One entry of `messaging`, read: who, when, and what to make of it. */
export interface Entry {
  readonly raw: Json;
  readonly sender: string;
  /** The customer, whoever wrote. */
  readonly chat: string;
  readonly own: boolean;
  readonly at: number;
}

export interface Reading {
  /** `undefined`: nothing in it names it; a hash of it will. */
  readonly key: string | undefined;
  readonly events: readonly PlatformEvent[];
}

/** What an entry tells. Never throws, whatever is in it. */
export function readEntry(entry: Entry): Reading {
  const { raw } = entry;
  const message = objectOf(raw.message);
  if (message !== undefined) return readMessage(entry, message);
  const edit = objectOf(raw.message_edit);
  if (edit !== undefined) return readEdit(entry, edit);
  const postback = objectOf(raw.postback);
  if (postback !== undefined) return readPostback(entry, postback);
  const read = objectOf(raw.read);
  if (read !== undefined) return readSeen(entry, read);
  return ignored(`nothing to show in ${kindOf(raw)}`);
}

export const ignored = (reason: string, key?: string): Reading => ({
  key,
  events: [{ kind: "ignored", reason }],
});

const known = new Set(["sender", "recipient", "timestamp"]);
const kindOf = (raw: Json): string =>
  Object.keys(raw)
    .filter((key) => !known.has(key))
    .slice(0, 3)
    .join(", ")
    .slice(0, 60) || "an empty entry";

function readMessage(entry: Entry, message: Json): Reading {
  const mid = idOf(message.mid);
  if (mid === undefined) return ignored("a message without an id");
  if (message.is_deleted === true) return readUnsend(entry, mid);
  const own = entry.own || message.is_echo === true;
  return own ? readEcho(entry, message, mid) : readCustomers(entry, message, mid);
}

/** With several attachments the first keeps the message's id, the next are `<mid>#2`, … */
const pieceId = (mid: string, index: number): string => (index === 0 ? mid : `${mid}#${index + 1}`);

function readCustomers({ chat, at }: Entry, message: Json, mid: string): Reading {
  const pieces = piecesOf(message);
  const from = { id: chat, ...nameless };
  const events = (pieces.length === 0 ? [undefined] : pieces).map((piece, index) => ({
    kind: "message" as const,
    platformId: pieceId(mid, index),
    from,
    text: index === 0 ? textWith(message, piece) : (piece?.text ?? ""),
    ...(piece === undefined ? {} : { media: piece.media }),
    at,
  }));
  return { key: `m:${mid}`, events };
}

function textWith(message: Json, piece: Piece | undefined): string {
  const own = textOf(message.text) ?? piece?.text ?? "";
  const reply = objectOf(objectOf(message.reply_to)?.story) === undefined ? "" : "[Story reply]";
  return [reply, own].filter((each) => each !== "").join(" ") || "[Unsupported message]";
}

function readEcho({ chat, at }: Entry, message: Json, mid: string): Reading {
  const placeholders = piecesOf(message).map(({ text }) => text);
  const text = textOf(message.text) ?? (placeholders.join(" ").trim() || "[Unsupported message]");
  return { key: `e:${mid}`, events: [{ kind: "echo", chat, platformId: mid, text, at }] };
}

/** All its pieces go: how many there were is no longer known, and to delete what never was is harmless. */
function readUnsend({ chat, at }: Entry, mid: string): Reading {
  const events = Array.from({ length: maxPieces }, (_, index) => ({
    kind: "deleted" as const,
    chat,
    platformId: pieceId(mid, index),
    at,
  }));
  return { key: `d:${mid}`, events };
}

function readEdit({ chat, at }: Entry, edit: Json): Reading {
  const [mid, text] = [idOf(edit.mid), textOf(edit.text)];
  if (mid === undefined || text === undefined) return ignored("an edit without an id or a text");
  return { key: `u:${mid}:${at}`, events: [{ kind: "edited", chat, platformId: mid, text, at }] };
}

function readPostback({ chat, own, at }: Entry, postback: Json): Reading {
  const [mid, text] = [idOf(postback.mid), textOf(postback.title)];
  if (own || mid === undefined || text === undefined) return ignored("a button without an id or a text");
  const from = { id: chat, ...nameless };
  return { key: `m:${mid}`, events: [{ kind: "message", platformId: mid, from, text, at }] };
}

function readSeen({ sender, chat, own, at }: Entry, read: Json): Reading {
  const mid = idOf(read.mid);
  if (own || mid === undefined) return ignored("a read mark of our own, or without an id");
  return { key: `r:${sender}:${mid}`, events: [{ kind: "read", chat, platformId: mid, at }] };
}

/** Meta gives milliseconds; its test button gives seconds, as text. */
export function timeOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number === undefined || number <= 0 ? undefined : number < 1e11 ? number * 1000 : number;
}
