import { Fault, faults } from "../protocol/faults.ts";
import type { Refusal } from "../protocol/refusal.ts";
import type { Clock } from "./clock.ts";
import type { CoreEvents, Events, RefusedFacts } from "./events.ts";
import { hideTokens } from "./redact.ts";

/** Refusals that are kept. */
export const maxRefusals = 10_000;

/** What the catalogue knows is not kept ten thousand times. */
type Kept = Omit<Refusal, "hint" | "retry">;

interface Entry {
  readonly id: string;
  /**
   * JSON: a string of its own. Pieces of a request's path would hold on to the whole request, and objects take
   * several times the room.
   */
  readonly text: string;
}

export interface RefusalFilter {
  readonly limit: number;
  /** Only what is older than this receipt. */
  readonly before?: string | undefined;
  readonly fault?: string | undefined;
  /** How the path begins. */
  readonly path?: string | undefined;
  readonly peer?: string | undefined;
}

/**
 * The stories of the last refusals, in a ring. They are gone after a restart; the log has a line with the same receipt
 * for each.
 */
export class Refusals {
  readonly #ring: Entry[] = [];
  #next = 0;
  /** Milliseconds since 1970: nothing older is known here. */
  readonly since: number;

  constructor(events: Events, clock: Clock) {
    this.since = clock.now();
    const time = () => new Date(clock.now()).toISOString();
    events.on("connection.refused", (event) => this.#keep(ofConnection(event, time())));
    events.on("request.refused", (event) => this.#keep(ofRequest(event, time())));
  }

  #keep(refusal: Kept): void {
    this.#ring[this.#next] = { id: refusal.id, text: JSON.stringify(refusal) };
    this.#next = (this.#next + 1) % maxRefusals;
  }

  get size(): number {
    return this.#ring.length;
  }

  find(receipt: string): Refusal | undefined {
    for (const { id, text } of this.#newestFirst()) if (id === receipt) return toRefusal(text);
    return undefined;
  }

  /** Newest first. Throws `not_found` where `before` is not kept any more. */
  page({ limit, before, ...filter }: RefusalFilter): Refusal[] {
    const found: Refusal[] = [];
    let isReached = before === undefined;
    for (const { id, text } of this.#newestFirst()) {
      if (isReached && mayFit(text, filter)) {
        const refusal = toRefusal(text);
        if (fits(refusal, filter)) found.push(refusal);
        if (found.length === limit) break;
      }
      isReached ||= id === before;
    }
    if (isReached) return found;
    throw new Fault("not_found", `no refusal ${before} is kept any more; begin again without \`before\``);
  }

  *#newestFirst(): Iterable<Entry> {
    const { length } = this.#ring;
    for (let back = 1; back <= length; back++) yield this.#ring[(this.#next - back + length) % length]!;
  }
}

type Filter = Omit<RefusalFilter, "limit" | "before">;

/** Looks into the text, so that what cannot fit need not be parsed. */
const mayFit = (text: string, { fault, path, peer }: Filter): boolean =>
  [fault, path, peer].every((each) => each === undefined || text.includes(JSON.stringify(each).slice(1, -1)));

const fits = (refusal: Refusal, { fault, path = "", peer }: Filter): boolean =>
  (fault === undefined || refusal.fault === fault) &&
  refusal.path.startsWith(path) &&
  (peer === undefined || refusal.peer === peer);

function toRefusal(text: string): Refusal {
  const kept = JSON.parse(text) as Kept;
  const { hint, retry } = faults[kept.fault];
  return { ...kept, hint, retry };
}

const ofConnection = (event: CoreEvents["connection.refused"], time: string): Kept => ({
  ...common(event, time),
  on: "socket",
  method: "GET",
  peer: event.peer,
  path: hideTokens(event.path),
  channel: event.channel === "none" ? null : event.channel,
  connection: event.conn,
  client: event.client,
  token: event.token,
  who: event.who.slice(0, 200),
});

const ofRequest = (event: CoreEvents["request.refused"], time: string): Kept => ({
  ...common(event, time),
  on: event.on,
  method: event.method.slice(0, 20),
  peer: event.peer,
  path: event.path,
  channel: null,
  connection: null,
  client: event.client,
  token: event.token,
  who: "anonymous",
});

const common = ({ receipt: id, host, check, fault, code, detail, expected }: RefusedFacts, time: string) => ({
  ...{ id, time, host: host.slice(0, 100), check, fault, code },
  message: hideTokens(detail.slice(0, 300)),
  expected,
});
