import type { Fetch } from "../../../src/adapters/instagram/graph.ts";
import { InstagramPlatform } from "../../../src/adapters/instagram/platform.ts";
import type {
  InstagramSettings,
  PlatformEvent,
  Update,
  WebhookAnswer,
  WebhookRequest,
} from "../../../src/features/inbox/platform.ts";
import { FakeClock } from "../clock.ts";
import { FakeMeta, type FakeMetaOptions } from "./meta.ts";

/** Knows how many deadlines run: when none does, every call that was under way has been judged. */
class WatchedClock extends FakeClock {
  #open = 0;

  override after(ms: number, run: () => void) {
    this.#open++;
    let close = () => {
      this.#open--;
      close = () => {};
    };
    const cancel = super.after(ms, () => {
      close();
      run();
    });
    return () => {
      close();
      cancel();
    };
  }

  async idle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#open > 0);
  }
}

/** One account, the platform that serves it, and everything that came of its webhooks. */
export class InstagramWorld implements AsyncDisposable {
  readonly clock = new WatchedClock();
  readonly meta: FakeMeta;
  readonly platform: InstagramPlatform;
  readonly updates: Update[] = [];
  readonly log: { kind: string; detail: string }[] = [];
  /** What the store does with an update; rejects where it cannot keep it. */
  store: (update: Update) => Promise<void> = async (update) => {
    this.updates.push(update);
  };

  /** Settings that the platform has changed by itself. */
  readonly kept: InstagramSettings[] = [];
  keep: (settings: InstagramSettings | undefined) => Promise<void> = async (settings) => {
    if (settings !== undefined) this.kept.push(settings);
  };

  constructor(settings: Partial<InstagramSettings> = {}, options: FakeMetaOptions = {}, fetch?: Fetch) {
    this.meta = FakeMeta.start({ clock: this.clock, ...options });
    this.platform = new InstagramPlatform({
      inboxId: "inbox",
      settings: { ...this.meta.settings, ...settings },
      clock: this.clock,
      log: (event) => this.log.push(event),
      keep: async (change) => this.keep(change({ ...this.meta.settings, ...settings })),
      ...(fetch === undefined ? {} : { fetch }),
    });
  }

  /** For `meta.deliver`. */
  readonly webhook = (request: WebhookRequest): Promise<WebhookAnswer> =>
    this.platform.webhook(request, (update) => this.store(update));

  post(body: Uint8Array, headers: Record<string, string> | Headers = {}): Promise<WebhookAnswer> {
    const query = new URLSearchParams();
    return this.webhook({ method: "POST", headers: new Headers(headers), query, body });
  }

  get(query: Record<string, string>): Promise<WebhookAnswer> {
    const body = new Uint8Array();
    return this.webhook({ method: "GET", headers: new Headers(), query: new URLSearchParams(query), body });
  }

  /** Until nothing that was asked of Meta is under way. */
  idle(): Promise<void> {
    return this.clock.idle();
  }

  get events(): PlatformEvent[] {
    return this.updates.flatMap(({ events }) => events);
  }

  get keys(): string[] {
    return this.updates.map(({ key }) => key);
  }

  /** Sends to a customer who wrote so long ago. */
  send(chat: string, text: string, ago: number | undefined = 0) {
    const now = this.clock.now();
    return this.platform.send(chat, text, { now, lastCustomerMessageAt: now - ago });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform.stop();
    await this.meta[Symbol.asyncDispose]();
  }
}
