import { TelegramPlatform } from "../../../src/adapters/telegram/platform.ts";
import type { PlatformEvent, TelegramSettings, Update } from "../../../src/features/inbox/platform.ts";
import { FakeClock } from "../clock.ts";
import { FakeTelegram } from "./server.ts";

/** Tells when somebody begins to wait, and for how long. */
class WatchedClock extends FakeClock {
  readonly waits: number[] = [];
  readonly #changed: () => void;

  constructor(changed: () => void) {
    super();
    this.#changed = changed;
  }

  override after(ms: number, run: () => void) {
    const cancel = super.after(ms, run);
    this.waits.push(ms);
    this.#changed();
    return cancel;
  }
}

/** A bot on the fake Bot API, its platform, and what the inbox would get of it. */
export class Bench implements AsyncDisposable {
  readonly clock = new WatchedClock(() => this.#changed());
  readonly telegram: FakeTelegram;
  readonly platform: TelegramPlatform;
  readonly logged: { readonly kind: string; readonly detail: string }[] = [];
  readonly updates: Update[] = [];
  /** How many of the next updates cannot be stored. */
  storeFails = 0;
  readonly #watchers = new Set<() => void>();

  constructor(changes: Partial<TelegramSettings> = {}) {
    this.telegram = FakeTelegram.start({ now: () => this.clock.now() });
    this.platform = new TelegramPlatform({
      inboxId: "7",
      settings: this.telegram.settings(changes),
      clock: this.clock,
      log: (event) => {
        this.logged.push(event);
        this.#changed();
      },
    });
  }

  readonly receive = async (update: Update): Promise<void> => {
    if (this.storeFails-- > 0) throw new Error("the disk is full");
    this.updates.push(update);
    this.#changed();
  };

  get events(): PlatformEvent[] {
    return this.updates.flatMap(({ events }) => events);
  }

  get texts(): string[] {
    return this.events.flatMap((event) => ("text" in event ? [event.text] : []));
  }

  /** Resolves when `check` holds; looked at whenever something was received, logged or waited for, here or by Telegram. */
  until(check: () => boolean): Promise<void> {
    const here = new Promise<void>((resolve) => {
      const look = () => void (check() && this.#watchers.delete(look) && resolve());
      this.#watchers.add(look);
      look();
    });
    return Promise.race([here, this.telegram.until(check)]);
  }

  logs(kind: string): readonly string[] {
    return this.logged.filter((each) => each.kind === kind).map(({ detail }) => detail);
  }

  /** How often somebody began to wait for exactly so long. */
  waits(ms: number): number {
    return this.clock.waits.filter((each) => each === ms).length;
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform.stop();
    await this.telegram[Symbol.asyncDispose]();
  }
}
