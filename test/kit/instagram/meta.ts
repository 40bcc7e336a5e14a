import { type Clock, systemClock } from "../../../src/core/clock.ts";
import type { InstagramSettings } from "../../../src/features/inbox/platform.ts";
import { Customers, type FakeProfile } from "./customers.ts";
import { Files, type StoredFile } from "./files.ts";
import { GraphApi, type MetaCall, type MetaRoute, metaVersion, routeOf } from "./graph-api.ts";
import { dropped, type MetaFault, refusedBy } from "./refusals.ts";
import { post, type Signed, sign, type WebhookTarget } from "./webhooks.ts";

export interface FakeMetaOptions {
  readonly clock?: Clock;
  readonly accountId?: string;
  readonly accessToken?: string;
  readonly appSecret?: string;
  readonly verifyToken?: string;
  /** Whether everything that is sent comes back as an echo webhook. */
  readonly echo?: boolean;
  /** Whether Meta has approved the app for HUMAN_AGENT. */
  readonly humanAgent?: boolean;
}

export interface Delivery {
  /** How often each webhook is sent, one after the other. */
  readonly repeat?: number;
  readonly reversed?: boolean;
  /** All events in one request. */
  readonly batch?: boolean;
}

type Item = Readonly<Record<string, unknown>>;
/** Instagram's side of the wire: the Graph API as strict as Meta's, and webhooks signed as Meta signs them. */
export class FakeMeta implements AsyncDisposable {
  /** Every request, in order. */
  readonly calls: MetaCall[] = [];
  readonly #options: Required<FakeMetaOptions>;
  readonly #customers: Customers;
  readonly #files = new Files();
  readonly #api: GraphApi;
  readonly #faults: { fault: MetaFault; on: MetaRoute; left: number }[] = [];
  readonly #waiting: { route: MetaRoute; count: number; done: () => void }[] = [];
  readonly #port: number;
  #server: Bun.Server<undefined>;
  #queue: Item[] = [];
  #held: PromiseWithResolvers<void> | undefined;

  private constructor(options: FakeMetaOptions) {
    this.#options = {
      clock: systemClock,
      accountId: "17841400000000001",
      accessToken: "IGAA-access-token-of-the-account",
      appSecret: "app-secret-of-the-app",
      verifyToken: "verify-token-of-the-webhook",
      echo: false,
      humanAgent: true,
      ...options,
    };
    this.#customers = new Customers(this.#options.clock);
    this.#customers.humanAgent = this.#options.humanAgent;
    const sent = (igsid: string, mid: string, text: string) => {
      if (this.#options.echo) this.#echo(igsid, mid, text);
    };
    this.#api = new GraphApi({
      ...this.#options,
      customers: this.#customers,
      now: () => this.#options.clock.now(),
      sent,
    });
    this.#server = this.#serve(0);
    this.#port = Number(this.#server.port);
  }

  static start(options: FakeMetaOptions = {}): FakeMeta {
    return new FakeMeta(options);
  }

  get settings(): InstagramSettings {
    const { accountId, accessToken, appSecret, verifyToken } = this.#options;
    return {
      account_id: accountId,
      access_token: accessToken,
      app_secret: appSecret,
      verify_token: verifyToken,
      api_root: `${this.origin}/${metaVersion}`,
      human_agent: false,
    };
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The subscribed fields; empty: Meta has dropped us. */
  get subscribed(): string[] {
    return this.#api.subscribed;
  }

  set subscribed(fields: string[]) {
    this.#api.subscribed = fields;
  }

  /** The fields that may be subscribed to. */
  set subscribable(fields: string[]) {
    this.#api.subscribable = fields;
  }

  get subscribable(): string[] {
    return this.#api.subscribable;
  }

  // ── Customers ──

  /** Gives a customer a profile; who has none is refused to the profile API. */
  customer(igsid: string, profile: FakeProfile): void {
    this.#customers.get(igsid).profile = profile;
  }

  /** A customer writes: opens the 24 hours and queues the webhook. The message's id. */
  customerWrites(igsid: string, text: string): string {
    return this.customerSends(igsid, { text });
  }

  /** A customer sends anything else: `attachments`, `reply_to`, … */
  customerSends(igsid: string, message: Item): string {
    const mid = this.#api.mid();
    this.#customers.wrote(igsid);
    this.queue(this.item(igsid, { message: { mid, ...message } }));
    return mid;
  }

  customerEdits(igsid: string, mid: string, text: string): void {
    this.queue(this.item(igsid, { message_edit: { mid, text, num_edit: 1 } }));
  }

  customerUnsends(igsid: string, mid: string): void {
    this.queue(this.item(igsid, { message: { mid, is_deleted: true } }));
  }

  customerReads(igsid: string, mid: string): void {
    this.queue(this.item(igsid, { read: { mid } }));
  }

  /** A button of an icebreaker or a menu; it counts as writing. */
  customerPresses(igsid: string, title: string): string {
    const mid = this.#api.mid();
    this.#customers.wrote(igsid);
    this.queue(this.item(igsid, { postback: { mid, title, payload: "PAYLOAD" } }));
    return mid;
  }

  /** The account's owner answers in the Instagram app: only an echo tells of it. */
  ownerWrites(igsid: string, text: string): string {
    const mid = this.#api.mid();
    this.#customers.get(igsid).received.push({ mid, text, tag: undefined });
    this.#echo(igsid, mid, text);
    return mid;
  }

  /** From now on nothing reaches this customer. */
  block(igsid: string): void {
    this.#customers.get(igsid).blocks = true;
  }

  /** The texts that a customer has on the screen, in order. */
  received(igsid: string): string[] {
    return this.messages(igsid).map(({ text }) => text);
  }

  /** The same with ids and tags. */
  messages(igsid: string): readonly { mid: string; text: string; tag: string | undefined }[] {
    return this.#customers.has(igsid) ? this.#customers.get(igsid).received : [];
  }

  /** How often a customer was shown that somebody types. */
  typingShown(igsid: string): number {
    return this.#customers.get(igsid).typing;
  }

  // ── Webhooks ──

  /** One entry of `messaging` from a customer, at the clock's time. */
  item(igsid: string, fields: Item): Item {
    const timestamp = this.#options.clock.now();
    return { sender: { id: igsid }, recipient: { id: this.#options.accountId }, timestamp, ...fields };
  }

  /** Puts any entry of `messaging` among the webhooks to come. */
  queue(item: Item): void {
    this.#queue.push(item);
  }

  /** How many events have not been taken by anybody. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Sends what is queued. What is answered with 200 leaves the queue; the rest stays, as with Meta. The statuses. */
  async deliver(to: WebhookTarget, { repeat = 1, reversed = false, batch = false }: Delivery = {}) {
    const items = reversed ? this.#queue.toReversed() : [...this.#queue];
    const groups = batch && items.length > 0 ? [items] : items.map((item) => [item]);
    const statuses: number[] = [];
    for (const group of groups) {
      const webhook = this.sign(this.payload(group));
      for (let time = 0; time < repeat; time++) statuses.push(await post(to, webhook));
      if (statuses.at(-1) === 200) this.#queue = this.#queue.filter((item) => !group.includes(item));
    }
    return statuses;
  }

  payload(messaging: readonly unknown[], entry: Item = {}): Item {
    const time = this.#options.clock.now();
    return { object: "instagram", entry: [{ id: this.#options.accountId, time, messaging, ...entry }] };
  }

  sign(payload: unknown): Signed {
    return sign(payload, this.#options.appSecret);
  }

  // ── Faults ──

  /** The next `times` requests of a kind fail so; `Infinity` until `heal()`. */
  fail(fault: MetaFault, { on = "send", times = 1 }: { on?: MetaRoute; times?: number } = {}): void {
    this.#faults.push({ fault, on, left: times });
  }

  heal(): void {
    this.#faults.length = 0;
  }

  /** Requests are taken, and their answers wait until the returned function is called. */
  hold(): () => void {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    return () => {
      this.#held = undefined;
      held.resolve();
    };
  }

  killToken(words = "Error validating access token: Session has expired on Friday, 20-Nov-26 10:00:00 PST.") {
    this.#api.tokenProblem = words;
  }

  /** The owner makes another token in the App Dashboard; the old one no longer counts. */
  newToken(token: string): void {
    this.#api.accessToken = token;
    this.#api.tokenMadeAt = this.#options.clock.now();
  }

  get accessToken(): string {
    return this.#api.accessToken;
  }

  reviveToken(): void {
    this.#api.tokenProblem = undefined;
  }

  /** Nobody listens any more; what was under way is cut off. */
  async down(): Promise<void> {
    await this.#server.stop(true);
  }

  /** Back at the same address. */
  up(): void {
    this.#server = this.#serve(this.#port);
  }

  /** Resolves when so many requests of a kind have arrived, counted from the start. */
  arrived(route: MetaRoute, count = 1): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ route, count, done: resolve });
    this.#tellWaiting();
    return promise;
  }

  count(route: MetaRoute): number {
    return this.calls.filter((call) => call.route === route).length;
  }

  // ── Files, as on the CDN ──

  /** The address of a file; with `location`, of a redirect. */
  file(data: Uint8Array<ArrayBuffer>, more: Partial<Omit<StoredFile, "data">> = {}): string {
    return this.origin + this.#files.add(data, more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held?.resolve();
    await this.#server.stop(true);
  }

  // ── The server ──

  #serve(port: number) {
    return Bun.serve({
      port,
      hostname: "127.0.0.1",
      development: false,
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    });
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body: unknown = await request.json().catch(() => undefined);
    const route = routeOf(url, body);
    const response = this.#judge({ route, method: request.method, url, body }, request.headers);
    this.calls.push({ route, method: request.method, url, body });
    this.#tellWaiting();
    await this.#held?.promise;
    return response;
  }

  #judge(call: MetaCall, headers: Headers): Response {
    const fault = this.#fault(call.route);
    const refused = fault === undefined ? undefined : refusedBy(fault);
    if (refused !== undefined) return refused;
    const answer = call.route === "file" ? this.#files.answer(call.url) : this.#api.answer(call, headers);
    if (fault?.kind === "drop") return dropped();
    return fault?.kind === "garbage" ? new Response("<html>not JSON</html>") : answer;
  }

  #fault(route: MetaRoute): MetaFault | undefined {
    const planned = this.#faults.find(({ on, left }) => on === route && left > 0);
    if (planned !== undefined) planned.left--;
    return planned?.fault;
  }

  #echo(igsid: string, mid: string, text: string): void {
    const ends = { sender: { id: this.#options.accountId }, recipient: { id: igsid } };
    this.queue({ ...this.item(igsid, { message: { mid, text, is_echo: true } }), ...ends });
  }

  #tellWaiting(): void {
    for (const { route, count, done } of this.#waiting) if (this.count(route) >= count) done();
  }
}
