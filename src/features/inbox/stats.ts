import { Turns } from "../../core/turns.ts";
import { Fault } from "../../protocol/faults.ts";
import { dayRange, percentile } from "./days.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { type InboxStats, toUserId } from "./messages.ts";
import * as repo from "./repo.ts";

/** Conversations that are read at once, some 2 ms: in between, everybody else has his turn. */
const piece = 2_000;

type Days = ReadonlyMap<number, InboxStats["days"][number]>;

/** How an inbox does. Messages are counted beforehand, a moment after they came; see repo/stats.ts. */
export class Stats {
  readonly #deps: InboxDependencies;
  readonly #turns = new Turns();
  /** The newest message when it was last looked for: by now, whatever came before it is stored as well. */
  #settled = 0;

  constructor(deps: InboxDependencies) {
    this.#deps = deps;
  }

  /** Counts at most `step` messages that are not counted yet. `true`: there are more. */
  async count(step: number): Promise<boolean> {
    const { store } = this.#deps;
    const counted = await repo.countedUpTo(store.db);
    if (counted >= this.#settled) {
      this.#settled = await repo.newestMessage(store.db);
      return false;
    }
    const upTo = Math.min(counted + step, this.#settled);
    try {
      await store.commit({ writes: repo.countMessagesOfDays(store.db, counted, upTo) });
    } catch (error) {
      // Another server has just counted them.
      if (!(error instanceof Fault) || error.fault !== "conflict") throw error;
    }
    return upTo < this.#settled;
  }

  /** Of whole days in UTC, `from` and `to` with them. Rejects with `bad_request` for a range that cannot be. */
  async of(
    inbox: string,
    given: { from?: string | undefined; to?: string | undefined },
  ): Promise<InboxStats> {
    const { from, to, days, span } = dayRange(given, this.#deps.clock.now());
    const { total, closed, times, counted } = await this.#read(inbox, span, days);
    const all = [...days.values()];
    const sum = (key: Exclude<keyof InboxStats["days"][number], "day">) =>
      all.reduce((together, each) => together + each[key], 0);
    return {
      inbox_id: inbox,
      from,
      to,
      conversations: { opened: sum("opened"), open: total - closed, closed },
      messages: {
        customer: sum("customer"),
        support: sum("support"),
        marketing: sum("marketing"),
        AI: sum("AI"),
      },
      failed_sends: sum("failed_sends"),
      first_response: {
        conversations: times.length,
        median_ms: percentile(times, 0.5),
        p95_ms: percentile(times, 0.95),
      },
      agents: agentsOf(counted),
      days: all,
    };
  }

  /**
   * Reads one state, or an answer might stand there without the time that it took. One after another: whoever opens a
   * conversation wants a snapshot, too, and there are few.
   */
  #read(inbox: string, span: repo.Span, days: Days) {
    return this.#turns.run("stats", () =>
      this.#deps.store.snapshot(async (db) => {
        const total = await repo.countNow(db, inbox, false);
        await othersTurn();
        const closed = await repo.countNow(db, inbox, true);
        await othersTurn();
        const times = await addOpened(db, inbox, span, days);
        await othersTurn();
        const counted = await repo.daysOf(db, inbox, span);
        for (const { day, type, messages } of counted) days.get(Number(day))![type] += Number(messages);
        await othersTurn();
        for (const { day, messages } of await repo.failedByDay(db, inbox, span))
          days.get(Number(day))!.failed_sends += Number(messages);
        return { total, closed, times, counted };
      }),
    );
  }
}

/** Adds to each day what began on it. Returns the times to the first response in ms, shortest first. */
async function addOpened(db: repo.Db, inbox: string, span: repo.Span, days: Days): Promise<Float64Array> {
  const times: number[] = [];
  for (let last: repo.Opened | undefined; ; ) {
    const rows = await repo.openedAfter(db, inbox, span, last, piece);
    for (const { created_at, first_response_at } of rows) {
      days.get(Math.floor(created_at / repo.dayLength))!.opened++;
      if (first_response_at !== null) times.push(Math.max(0, first_response_at - created_at));
    }
    if (rows.length < piece) return Float64Array.from(times).sort();
    last = rows.at(-1);
    await othersTurn();
  }
}

/** Reads run on the thread that serves everybody: between two of them, whoever waits has his turn. */
const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What each agent said, the busiest first. What was typed in a platform's own app is nobody's. */
function agentsOf(counted: Awaited<ReturnType<typeof repo.daysOf>>): InboxStats["agents"] {
  const agents = new Map<string, InboxStats["agents"][number]>();
  for (const { author, author_name, messages } of counted) {
    if (author === "") continue;
    const before = agents.get(author)?.messages ?? 0;
    const agent = { user_id: toUserId(author), name: author_name ?? "", messages: before + Number(messages) };
    agents.set(author, agent);
  }
  return [...agents.values()].sort((a, b) => b.messages - a.messages);
}
