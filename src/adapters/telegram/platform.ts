import type { Clock } from "../../core/clock.ts";
import type {
  Platform,
  PlatformStatus,
  Receive,
  SendOutcome,
  TelegramSettings,
  Update,
  WebhookAnswer,
  WebhookRequest,
} from "../../features/inbox/platform.ts";
import { checkToken } from "./check-token.ts";
import { Line } from "./line.ts";
import { type Fetched, fetchMedia } from "./media.ts";
import { Poller } from "./poller.ts";
import { Sender } from "./send.ts";
import { split } from "./split.ts";
import { type Log, Troubles } from "./troubles.ts";
import { Typing } from "./typing.ts";
import { blocked } from "./updates.ts";
import { Watchdog } from "./watchdog.ts";
import { takeWebhook } from "./webhook.ts";

export interface TelegramOptions {
  readonly inboxId: string;
  readonly settings: TelegramSettings;
  readonly clock: Clock;
  readonly log: Log;
}

/** One bot, as an inbox sees it. */
export class TelegramPlatform implements Platform {
  static readonly checkToken = checkToken;

  readonly name = "telegram";
  readonly split = split;
  /** Telegram's FAQ: about one message a second in a chat, about thirty in all. */
  readonly pace = { chat: 1000, inbox: 34 };
  readonly #o: TelegramOptions;
  readonly #line: Line;
  readonly #troubles: Troubles;
  readonly #sender: Sender;
  readonly #typing: Typing;
  #poller: Poller | undefined;
  #watchdog: Watchdog | undefined;

  constructor({ inboxId, settings, clock, log }: TelegramOptions) {
    const { bot_token: token, api_root: apiRoot, webhook_secret } = settings;
    this.#line = new Line({ token, apiRoot, clock, secrets: [webhook_secret] });
    const scrubbed: Log = ({ kind, detail }) =>
      log({ kind, detail: `inbox ${inboxId}: ${this.#line.scrub(detail)}` });
    this.#o = { inboxId, settings, clock, log: scrubbed };
    this.#troubles = new Troubles(scrubbed);
    this.#sender = new Sender(this.#line, clock, this.#troubles);
    this.#typing = new Typing(this.#line, clock);
  }

  send(chat: string, text: string): Promise<SendOutcome> {
    return this.#sender.send(chat, text);
  }

  typing(chat: string): Promise<void> {
    return this.#typing.tell(chat);
  }

  media(reference: string): Promise<Fetched> {
    return fetchMedia(this.#line, this.#o.clock, reference);
  }

  webhook(request: WebhookRequest, receive: Receive): Promise<WebhookAnswer> {
    return takeWebhook(request, this.#o.settings.webhook_secret, this.#noting(receive), this.#o.log);
  }

  /** Resolves without waiting for Telegram to be well: what fails is in `status`, and tried again. */
  async start(receive: Receive): Promise<void> {
    await this.stop();
    const { clock, log, settings } = this.#o;
    const shared = { line: this.#line, troubles: this.#troubles, clock, log };
    if (settings.mode === "polling") {
      this.#poller = new Poller(shared);
      this.#poller.start(this.#noting(receive));
    } else {
      this.#watchdog = new Watchdog({ ...shared, settings });
      await this.#watchdog.start();
    }
  }

  async stop(): Promise<void> {
    this.#watchdog?.stop();
    await this.#poller?.stop();
  }

  status(): PlatformStatus {
    return this.#troubles.status();
  }

  /** Blocking the bot is nothing that a conversation shows, but something that an operator looks for. */
  #noting(receive: Receive): Receive {
    return (update: Update) => {
      const isBlock = update.events.some((event) => event.kind === "ignored" && event.reason === blocked);
      if (isBlock) this.#o.log({ kind: "contact.blocked", detail: `update ${update.key}: ${blocked}` });
      return receive(update);
    };
  }
}
