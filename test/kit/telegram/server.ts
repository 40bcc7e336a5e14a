import type { Message, Update, User } from "grammy/types";
import type { TelegramSettings } from "../../../src/features/inbox/platform.ts";
import { ApiError } from "./answer.ts";
import { Backlog } from "./backlog.ts";
import { Chats, type Received } from "./chats.ts";
import { type Delivery, deliver, deliverPending } from "./delivery.ts";
import { Faults, type InjectedFault, type When } from "./faults.ts";
import { Files } from "./files.ts";
import { type Params, readParams } from "./params.ts";
import { type Bot, serve } from "./served.ts";

export interface FakeTelegramOptions {
  readonly token?: string;
  readonly username?: string;
  /** Milliseconds, for the dates in messages. Long polls are held by the real clock. */
  readonly now?: () => number;
}

/** One request; `status` stays undefined where it is not, or not yet, answered. */
export interface Call {
  readonly method: string;
  readonly params: Params;
  status: number | undefined;
}

type Content = Partial<Omit<Update, "update_id">>;
type Written = Update & { readonly message: Message };

/** The Bot API of one bot, strict, in this process. */
export class FakeTelegram implements AsyncDisposable {
  readonly token: string;
  readonly calls: Call[] = [];
  readonly #bot: Bot;
  readonly #watchers = new Set<() => void>();
  readonly #port: number;
  #server: Bun.Server<undefined> | undefined;

  private constructor({ token, username = "peyk_bot", now = Date.now }: FakeTelegramOptions) {
    this.token = token ?? `700123456:AA${crypto.randomUUID().replaceAll("-", "")}x`;
    const changed = () => this.#changed();
    const me = { id: Number(this.token.split(":")[0]), is_bot: true, first_name: "Peyk", username };
    const backlog = new Backlog(now, changed);
    this.#bot = { backlog, chats: new Chats(me, now), files: new Files(), faults: new Faults(), changed };
    this.#server = this.#listen(0);
    this.#port = this.#server.port!;
  }

  static start(options: FakeTelegramOptions = {}): FakeTelegram {
    return new FakeTelegram(options);
  }

  /** For `api_root`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  settings(changes: Partial<TelegramSettings> = {}): TelegramSettings {
    const base = { bot_token: this.token, mode: "polling", api_root: this.url } as const;
    return { ...base, webhook_secret: "hook-secret_123", webhook_url: "", ...changes };
  }

  // What customers do

  /** A private message, which waits as an update. To a chat that never wrote, the bot cannot write. */
  customerWrites(chat: number, text: string, from?: Partial<User>): Written {
    return this.customerSends(chat, { text }, from);
  }

  /** Whatever else a message may hold: `{ photo: […], caption: "…" }`. */
  customerSends(chat: number, content: object, from: Partial<User> = {}): Written {
    const message = { ...this.#bot.chats.envelope(chat, from), ...content };
    // What is in it is the test's business; `push` keeps all of it.
    return this.push({ message } as Content) as Written;
  }

  customerEdits({ message }: Written, text: string): Update {
    const edited_message = { ...message, text, edit_date: this.#bot.chats.seconds() };
    return this.push({ edited_message } as Content);
  }

  /** Any update; its id is given here. */
  push(content: Content): Update {
    const update = this.#bot.backlog.add(content);
    this.#changed();
    return update;
  }

  /** The customer blocks the bot, of which it is told. */
  block(chat: number): Update {
    const { chats } = this.#bot;
    chats.chat(chat).blocked = true;
    const { message_id: _, ...where } = chats.envelope(chat, {});
    const old_chat_member = { status: "member", user: chats.me };
    const new_chat_member = { status: "kicked", user: chats.me, until_date: 0 };
    return this.push({ my_chat_member: { ...where, old_chat_member, new_chat_member } } as Content);
  }

  unblock(chat: number): void {
    this.#bot.chats.chat(chat).blocked = false;
  }

  /** From now on `chat` answers with `migrate_to_chat_id`. */
  migrate(chat: number, to: number): void {
    this.#bot.chats.chat(chat).movedTo = to;
    this.#bot.chats.chat(to);
  }

  /** `size` is what Telegram says of it, where that is not the truth. */
  addFile(
    id: string,
    bytes: Uint8Array<ArrayBuffer>,
    { path = `documents/${id}`, size = bytes.byteLength } = {},
  ): string {
    this.#bot.files.add(id, { path, bytes, size });
    return id;
  }

  // What the bot did

  /** Texts that this chat got from the bot, in order; one that came twice is there twice. */
  received(chat: number | string): string[] {
    return this.messages(chat).map(({ text }) => text);
  }

  messages(chat?: number | string): readonly Received[] {
    const { received } = this.#bot.chats;
    return chat === undefined ? received : received.filter((each) => each.chat === String(chat));
  }

  called(method: string): readonly Call[] {
    return this.calls.filter((each) => each.method === method);
  }

  /** Resolves when `check` holds; looked at whenever a request, an answer or an update came. */
  until(check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => void (check() && this.#watchers.delete(look) && resolve());
      this.#watchers.add(look);
      look();
    });
  }

  /** Updates that the bot has not confirmed. */
  get pending(): readonly Update[] {
    return this.#bot.backlog.pending;
  }

  /** A getUpdates waits just now. */
  get isPolled(): boolean {
    return this.#bot.backlog.isPolled;
  }

  get webhookUrl(): string {
    return this.#bot.backlog.url;
  }

  // What others do to the bot, and what goes wrong

  setWebhook(params: Params): void {
    this.#bot.backlog.setWebhook(params);
  }

  deleteWebhook(): void {
    this.#bot.backlog.deleteWebhook({});
  }

  /** Returns what takes it back. */
  inject(fault: InjectedFault, when?: When): () => void {
    return this.#bot.faults.add(fault, when);
  }

  /** Refuses connections, and breaks those that are open. */
  async goDown(): Promise<void> {
    await this.#server?.stop(true);
    this.#server = undefined;
  }

  comeUp(): void {
    this.#server ??= this.#listen(this.#port);
  }

  // Webhook

  /** One delivery of this update; call it again, or in another order, as Telegram may. */
  deliver(update: Update): Promise<Delivery> {
    return deliver(this.#bot.backlog, update);
  }

  /** One round over all that waits. */
  deliverPending(): Promise<Delivery[]> {
    return deliverPending(this.#bot.backlog);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bot.backlog.close();
    await this.goDown();
  }

  // The server

  #listen(port: number): Bun.Server<undefined> {
    const fetch = (request: Request) => this.#answer(request);
    return Bun.serve({ hostname: "127.0.0.1", port, idleTimeout: 0, fetch });
  }

  #answer(request: Request): Response | Promise<Response> {
    const path = decodeURIComponent(new URL(request.url).pathname);
    const [, kind, token, rest = ""] = /^\/(file\/)?bot([^/]*)\/(.*)$/.exec(path) ?? [];
    if (token === undefined || !/^\d+:/.test(token)) return new ApiError(404, "Not Found").toResponse();
    if (token !== this.token) return new ApiError(401, "Unauthorized").toResponse();
    return kind === undefined ? this.#call(rest, request) : this.#bot.files.download(rest);
  }

  async #call(method: string, request: Request): Promise<Response> {
    const params = await readParams(request).catch((error: ApiError) => error);
    if (params instanceof ApiError) return params.toResponse();
    const call: Call = { method, params, status: undefined };
    this.calls.push(call);
    this.#changed();
    const response = await serve(this.#bot, method, params, request.signal);
    call.status = response.status;
    this.#changed();
    return response;
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look();
  }
}
