import { encode } from "../protocol/codec.ts";
import { Fault } from "../protocol/faults.ts";
import type { LiveConnection } from "./connection.ts";
import type { Core } from "./core.ts";
import { toFrame } from "./outbox.ts";

/**
 * Brings a connection to the present before it hears anything live: what was missed since the client's cursor, in
 * order, or a fresh snapshot where that cannot be had. The caller holds live frames back meanwhile.
 *
 * @param since what the client sent as `?since=`; empty: it starts new; `undefined`: it does not take part.
 * @param base where the connection began: what came since, before the channel followed its topics, is brought too.
 * @param upTo where live frames begin; what comes after arrives without us.
 */
export async function catchUp(
  core: Core,
  connection: LiveConnection,
  since: string | undefined,
  base: number,
  upTo = core.journal.head,
): Promise<void> {
  if (since === undefined) return start(core, connection, base, upTo);
  const from = core.journal.place(since);
  const missed =
    from === undefined
      ? undefined
      : await core.catchUps.read(() => countMissed(core, connection, from, upTo));
  const recovered = missed !== undefined;
  if (recovered) await announceMissed(core, connection, from!, upTo, missed);
  else await sendSnapshot(core, connection, true);
  const { id: conn, channel } = connection;
  core.options.events.emit("catch_up.done", { conn, channel: channel!.name, recovered, events: missed ?? 0 });
}

/** Without a cursor: the state, where the channel has one to begin with, else what came while it opened. */
async function start(core: Core, connection: LiveConnection, base: number, upTo: number): Promise<void> {
  const { snapshot, opensSilent } = connection.channel!;
  if (snapshot !== undefined && opensSilent !== true) await sendSnapshot(core, connection, false);
  else if (upTo > base && connection.topics.length > 0) await sendMissed(core, connection, base, upTo);
}

/** `undefined`: the journal no longer reaches back, the cursor is of a later state than ours, or events alone will not do. */
async function countMissed(core: Core, connection: LiveConnection, from: number, upTo: number) {
  const { floor, head } = await core.journal.position();
  if (from < floor || from > head) return undefined;
  // A snapshot may show a change that is on disk and not told yet; a client that comes back with it has missed nothing.
  if (from >= upTo) return 0;
  const { maxCatchUp } = core.options;
  const missed = await core.journal.count(connection.topics, from, upTo, maxCatchUp + 1);
  if (missed > maxCatchUp) return undefined;
  const { renewOn = [] } = connection.channel!;
  const isStale = renewOn.length > 0 && (await core.journal.has(connection.topics, renewOn, from, upTo));
  return isStale ? undefined : missed;
}

async function announceMissed(
  core: Core,
  connection: LiveConnection,
  from: number,
  upTo: number,
  events: number,
) {
  // Until the events themselves have come, the client's place is still its old one.
  const known = Math.max(from, upTo);
  const cursor = core.journal.cursor(events === 0 ? known : from);
  connection.sendFrame(toFrame(encode("catch_up", { recovered: true, events, cursor })));
  if (events > 0) await sendMissed(core, connection, from, upTo);
  else connection.skipUpTo(known);
}

/** Sends everything of the connection's topics in `(from, upTo]`, at the pace of its reader. */
async function sendMissed(
  { journal, catchUps }: Core,
  connection: LiveConnection,
  from: number,
  upTo: number,
): Promise<void> {
  for (let at = from; at < upTo && !connection.isOver; ) {
    const after = at;
    const page = await catchUps.read(() => journal.since(connection.topics, after, upTo));
    const { floor } = await journal.position();
    // Pruned while a slow reader was at it: better an honest new start than a hole.
    if (floor > at) throw new Fault("slow_reader");
    for (const event of page) {
      connection.sendFrame(toFrame(event.frame));
      await connection.writable();
    }
    at = page.at(-1)?.seq ?? upTo;
  }
  connection.skipUpTo(upTo);
}

/** State and place in the journal are read in one snapshot, so that no event is in both, or in neither. */
async function sendSnapshot(core: Core, connection: LiveConnection, announce: boolean): Promise<void> {
  const { channel } = connection;
  await core.options.store.snapshot(async (db) => {
    const { head } = await core.journal.position(db);
    connection.skipUpTo(head);
    const cursor = core.journal.cursor(head);
    if (announce) connection.sendFrame(toFrame(encode("catch_up", { recovered: false, events: 0, cursor })));
    await channel?.snapshot?.(connection, db);
  });
}
