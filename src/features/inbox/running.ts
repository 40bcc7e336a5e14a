import type { Cancel } from "../../core/clock.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Arrivals } from "./arrivals.ts";
import type { InboxDependencies } from "./dependencies.ts";
import type { InboxChanged } from "./messages.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Platform, PlatformName, PlatformStatus } from "./platform.ts";
import * as repo from "./repo.ts";
import type { Settings } from "./settings.ts";

/** Longest pause before an inbox that does not start is tried again, in milliseconds. */
const maxPause = 60_000;

/** An inbox whose start failed. */
interface Failed {
  readonly problem: string;
  readonly attempts: number;
  readonly cancel: Cancel;
}

/** Keeps settings that a platform has changed by itself, such as a renewed token. */
export type KeepSettings = (inbox: string, change: (old: Settings) => Settings | undefined) => Promise<void>;

/**
 * The platforms of this node's inboxes. An inbox runs wholly or not at all: what fails on the way is taken back, told,
 * and tried again with growing pauses.
 */
export class Running {
  readonly #deps: InboxDependencies;
  readonly #outbox: Outbox;
  readonly #arrivals: Arrivals;
  readonly #keep: KeepSettings;
  readonly #platforms = new Map<string, Platform>();
  readonly #failed = new Map<string, Failed>();
  #isServing = false;
  /** Starts and stops of platforms, one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: InboxDependencies, outbox: Outbox, arrivals: Arrivals, keep: KeepSettings) {
    this.#deps = deps;
    this.#outbox = outbox;
    this.#arrivals = arrivals;
    this.#keep = keep;
  }

  start(): Promise<void> {
    this.#isServing = true;
    return this.#inTurn(async () => {
      for (const row of await repo.inboxesInUse(this.#deps.store.db)) await this.#run(row, 0);
    });
  }

  async stop(): Promise<void> {
    this.#isServing = false;
    for (const { cancel } of this.#failed.values()) cancel();
    this.#failed.clear();
    await this.#inTurn(async () => {
      await this.#outbox.stopAll();
      await Promise.all([...this.#platforms.values()].map((platform) => platform.stop?.()));
      this.#platforms.clear();
    });
  }

  /** Whether this process serves: a command beside the server knows nothing of how platforms are. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** What another process, or this one, wrote of an inbox takes effect here. */
  changed({ inbox_id, platform }: Pick<InboxChanged, "inbox_id" | "platform">): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isServing && platform !== "same") await this.#renew(inbox_id, 0);
    });
  }

  /** Resolves when what was begun is done. */
  get settled(): Promise<void> {
    return this.#turn;
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.catch(() => {}).then(run);
    return this.#turn;
  }

  /** Where the store does not answer, it is tried again as if its platform had not started: nobody else would. */
  async #renew(inbox: string, attempts: number): Promise<void> {
    try {
      await this.#halt(inbox);
      const row = await repo.inboxById(this.#deps.store.db, inbox);
      if (row !== undefined) await this.#run(row, attempts);
    } catch (error) {
      await this.#fail(inbox, error, attempts);
    }
  }

  async #halt(inbox: string): Promise<void> {
    this.#failed.get(inbox)?.cancel();
    this.#failed.delete(inbox);
    await this.#outbox.stop(inbox);
    const platform = this.#platforms.get(inbox);
    this.#platforms.delete(inbox);
    await platform?.stop?.();
  }

  /** A platform that does not start is a problem of its inbox, not of the server. */
  async #run(row: repo.InboxRow, attempts: number): Promise<void> {
    try {
      const platform = await this.#create(row);
      this.#platforms.set(row.id, platform);
      await this.#outbox.start(row.id, platform);
      // Not waited for: a platform that hangs must not hold up the start of the server.
      platform
        .start?.((update) => this.#arrivals.receive(row.id, row.kind, update))
        .catch((error) => this.#inTurn(() => this.#brokeDown(row.id, platform, error, attempts)));
    } catch (error) {
      await this.#fail(row.id, error, attempts);
    }
  }

  async #create(row: repo.InboxRow): Promise<Platform> {
    const { box, platforms } = this.#deps;
    const settings = JSON.parse(await box.open(row.secrets)) as Settings;
    return platforms.create(row.kind, row.id, settings, (change) => this.#keep(row.id, change));
  }

  /** Its start ended badly after the others had been let go on. */
  async #brokeDown(inbox: string, platform: Platform, error: unknown, attempts: number): Promise<void> {
    if (this.#platforms.get(inbox) === platform) await this.#fail(inbox, error, attempts);
  }

  async #fail(inbox: string, error: unknown, attempts: number): Promise<void> {
    const { events, clock } = this.#deps;
    events.emit("failure", { where: "inbox.start", incident: inbox, error });
    await this.#halt(inbox).catch((cause) =>
      events.emit("failure", { where: "inbox.stop", incident: inbox, error: cause }),
    );
    if (!this.#isServing) return;
    const again = () => void this.#inTurn(() => this.#again(inbox, attempts + 1));
    const cancel = clock.after(Math.min(maxPause, 1_000 * 2 ** attempts), again);
    this.#failed.set(inbox, { problem: problemOf(inbox, error), attempts: attempts + 1, cancel });
  }

  async #again(inbox: string, attempts: number): Promise<void> {
    if (this.#isServing && this.#failed.has(inbox)) await this.#renew(inbox, attempts);
  }

  platform(inbox: string): Platform | undefined {
    return this.#platforms.get(inbox);
  }

  /** Whether an inbox of this kind runs here. */
  has(kind: PlatformName): boolean {
    return [...this.#platforms.values()].some(({ name }) => name === kind);
  }

  status(inbox: string): PlatformStatus {
    if (!this.#isServing) return { ok: true, problem: null };
    const failed = this.#failed.get(inbox);
    if (failed !== undefined) return { ok: false, problem: failed.problem };
    return this.#platforms.get(inbox)?.status() ?? { ok: false, problem: "it is being started" };
  }
}

/** Only our own words: an error may hold an address with a token in it. */
const problemOf = (inbox: string, error: unknown): string => {
  const why = error instanceof Fault ? error.message : "an error that the log knows";
  return `it could not be started (${why}) and is tried again by itself: look for inbox.start and ${inbox} in the log`;
};
