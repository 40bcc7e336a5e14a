/** What the writer says beside the changes themselves. */
import type { EventDraft } from "../../../core/store.ts";
import { storable } from "./storable.ts";

export const begin = "begin isolation level read committed read write";
export const advance = "update journal_state set head = head + $1::bigint returning head";
export const lock = "select head from journal_state for update";
export const leaveMark = `insert into store_writers (id, batch, at) values ($1, $2, $3)
  on conflict (id) do update set batch = excluded.batch, at = excluded.at`;
export const insertEvents = `insert into journal (seq, topic, type, frame, at)
  select (select head from journal_state) - $1::bigint + e.n, e.topic, e.type, e.frame, $2::bigint
  from unnest($3::text[], $4::text[], $5::text[]) with ordinality as e (topic, type, frame, n)`;

/** Of `insertEvents`. */
export const eventValues = (events: readonly EventDraft[]): unknown[] => [
  events.length,
  Date.now(),
  events.map(({ topic }) => storable(topic)),
  events.map(({ type }) => storable(type)),
  events.map(({ frame }) => storable(frame)),
];
