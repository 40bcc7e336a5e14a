import { createHash } from "node:crypto";
import type { Update } from "../../features/inbox/platform.ts";
import { type Entry, ignored, type Reading, readEntry, timeOf } from "./events.ts";
import { idOf, type Json, listOf, objectOf } from "./json.ts";

/** An update, and where it stands among the others of its chat. */
export interface Draft {
  readonly chat: string;
  readonly at: number;
  readonly update: Update;
}

export interface Batch {
  readonly drafts: readonly Draft[];
  /** One sentence for each entry that is not ours. */
  readonly strangers: readonly string[];
}

/** All that one request of Meta's tells about this account, the older first. */
export function readBatch(payload: Json, account: string, now: number): Batch {
  const strangers: string[] = [];
  const drafts = listOf(payload.entry).flatMap((each) => {
    const entry = objectOf(each) ?? {};
    if (idOf(entry.id) === account) return draftsOf(entry, account, timeOf(entry.time) ?? now);
    strangers.push(`an entry of another account (${idOf(entry.id) ?? "none"}): this inbox has ${account}`);
    return [];
  });
  return { drafts: drafts.sort((a, b) => a.at - b.at || rank(a) - rank(b)), strangers };
}

/** Of one moment: first what was written, then what became of it. */
const rank = ({ update }: Draft): number => "meudr".indexOf(update.key.charAt(0));

/** `messaging` is ours to answer, `standby` another tool's, but the agents should see it; `changes` is how tests come. */
function draftsOf(entry: Json, account: string, time: number): Draft[] {
  const items = [...listOf(entry.messaging), ...listOf(entry.standby)].map(objectOf);
  const changes = listOf(entry.changes).map((each) => {
    const change = objectOf(each);
    return objectOf(objectOf(change?.value)?.sender) === undefined ? change : objectOf(change?.value);
  });
  return [...items, ...changes].map((raw) => draftOf(raw ?? {}, account, time));
}

function draftOf(raw: Json, account: string, time: number): Draft {
  const at = timeOf(raw.timestamp) ?? time;
  const entry = entryOf(raw, account, at);
  const { key, events } = entry === undefined ? unaddressed(raw) : readEntry(entry);
  return { chat: entry?.chat ?? "", at, update: { key: key ?? hashOf(raw), events } };
}

function entryOf(raw: Json, account: string, at: number): Entry | undefined {
  const sender = idOf(objectOf(raw.sender)?.id);
  const recipient = idOf(objectOf(raw.recipient)?.id);
  const own = sender === account || objectOf(raw.message)?.is_echo === true;
  const chat = own ? recipient : sender;
  if (sender === undefined || chat === undefined || chat === account) return undefined;
  return { raw, sender, chat, own, at };
}

function unaddressed(raw: Json): Reading {
  const field = raw.field === undefined ? "an entry" : String(raw.field).slice(0, 60);
  return ignored(`${field} that is no customer's message`);
}

const hashOf = (raw: Json): string =>
  `x:${createHash("sha256").update(JSON.stringify(raw)).digest("hex").slice(0, 32)}`;
