import { type Clock, systemClock } from "../../core/clock.ts";
import type {
  InstagramSettings,
  Platform,
  PlatformStatus,
  Receive,
  SendContext,
  SendOutcome,
  WebhookAnswer,
  WebhookRequest,
} from "../../features/inbox/platform.ts";
import { checkAccount } from "./check.ts";
import { type Fetch, Graph } from "./graph.ts";
import { Health } from "./health.ts";
import { type File, fetchMedia, type Resolve } from "./media.ts";
import { Profiles } from "./profiles.ts";
import { Sender } from "./sender.ts";
import { splitText } from "./split.ts";
import { type KeepToken, TokenRenewal } from "./token-renewal.ts";
import { Typing } from "./typing.ts";
import { Watchdog } from "./watchdog.ts";
import { type Log, takeWebhook } from "./webhook.ts";

export interface InstagramOptions {
  readonly inboxId: string;
  readonly settings: InstagramSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Stores what changes of the settings by itself: a renewed token. */
  readonly keep: (change: (old: InstagramSettings) => InstagramSettings | undefined) => Promise<void>;
  readonly fetch?: Fetch;
  readonly resolve?: Resolve;
}

const resolveHost: Resolve = async (host) => (await Bun.dns.lookup(host)).map(({ address }) => address);

/** One Instagram account, through Meta's Graph API and its webhook. */
export class InstagramPlatform implements Platform {
  readonly name = "instagram";
  /** Meta takes 100 texts a second from an account. */
  readonly pace = { chat: 0, inbox: 10 };
  readonly inboxId: string;
  readonly #options: InstagramOptions;
  readonly #fetch: Fetch;
  readonly #health = new Health();
  readonly #profiles: Profiles;
  readonly #sender: Sender;
  readonly #typing: Typing;
  readonly #watchdog: Watchdog;
  readonly #renewal: TokenRenewal;

  constructor(options: InstagramOptions) {
    const { inboxId, settings, clock, log } = options;
    this.inboxId = inboxId;
    this.#options = options;
    this.#fetch = options.fetch ?? fetch;
    const graph = new Graph(settings, clock, this.#fetch, this.#health);
    this.#profiles = new Profiles(graph, clock);
    this.#sender = new Sender(graph, settings);
    this.#typing = new Typing(graph, clock, settings.account_id);
    this.#watchdog = new Watchdog(graph, clock, this.#health, settings.account_id, log);
    const keep: KeepToken = (from, token) =>
      // Who set another token meanwhile knows better.
      options.keep((old) => (old.access_token === from ? { ...old, ...token } : undefined));
    this.#renewal = new TokenRenewal({ graph, clock, health: this.#health, log, settings, keep });
  }

  /** Whose account the token opens: its username. Throws the Fault that says what is wrong, in Meta's words. */
  static check(settings: InstagramSettings, fetcher: Fetch = fetch, clock = systemClock): Promise<string> {
    return checkAccount(settings, fetcher, clock);
  }

  split(text: string): readonly string[] {
    return splitText(text);
  }

  send(chat: string, text: string, context: SendContext): Promise<SendOutcome> {
    return this.#sender.send(chat, text, context);
  }

  typing(chat: string): Promise<void> {
    return this.#typing.show(chat);
  }

  media(reference: string): Promise<File> {
    const { settings, clock, resolve = resolveHost } = this.#options;
    return fetchMedia({ apiRoot: settings.api_root, clock, fetch: this.#fetch, resolve }, reference);
  }

  webhook(request: WebhookRequest, receive: Receive): Promise<WebhookAnswer> {
    const { settings, clock, log } = this.#options;
    return takeWebhook({ settings, profiles: this.#profiles, log, now: () => clock.now() }, request, receive);
  }

  /** Messages come by the webhook; what starts here is the look after its subscription and its token. */
  async start(): Promise<void> {
    this.#watchdog.start();
    this.#renewal.start();
  }

  async stop(): Promise<void> {
    this.#watchdog.stop();
    this.#renewal.stop();
  }

  status(): PlatformStatus {
    return this.#health.status();
  }
}
