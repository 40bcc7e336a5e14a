import { randomId } from "../../core/id.ts";
import type { Compilable } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Arrivals } from "./arrivals.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { InboxChanged, inboxesTopic, iso, memberTopic } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type {
  InstagramSettings,
  Platform,
  PlatformName,
  TelegramSettings,
  WebhookAnswer,
  WebhookRequest,
} from "./platform.ts";
import * as repo from "./repo.ts";

export interface NewInbox {
  readonly kind: PlatformName;
  readonly name: string;
  readonly telegram?: { bot_token: string; mode: "polling" | "webhook"; api_root: string } | undefined;
  readonly instagram?: Omit<InstagramSettings, never> | undefined;
  readonly auto_assign?: boolean | undefined;
}

export interface Added {
  readonly id: string;
  /** Shown this once; `null` where the platform has none. */
  readonly webhook_secret: string | null;
}

/** An inbox as its members see it: no token, no secret. */
export interface InboxView {
  readonly id: string;
  readonly kind: PlatformName;
  readonly name: string;
  readonly account: string | null;
  readonly webhook_url: string | null;
  readonly auto_assign: boolean;
  readonly ok: boolean;
  readonly problem: string | null;
  /** Messages on their way out. */
  readonly waiting: number;
  readonly members: readonly string[];
  readonly created_at: string;
}

/** Inboxes: one Telegram bot, one Instagram account or one web widget each, with the agents who answer there. */
export class Inboxes {
  readonly #deps: InboxDependencies;
  readonly #outbox: Outbox;
  readonly #arrivals: Arrivals;
  readonly #running = new Map<string, Platform>();
  #isServing = false;
  /** Starts and stops of platforms, one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: InboxDependencies, outbox: Outbox, arrivals: Arrivals) {
    this.#deps = deps;
    this.#outbox = outbox;
    this.#arrivals = arrivals;
  }

  async start(): Promise<void> {
    this.#isServing = true;
    for (const row of await repo.inboxesInUse(this.#deps.store.db)) await this.#run(row);
  }

  async stop(): Promise<void> {
    this.#isServing = false;
    await this.#outbox.stopAll();
    await Promise.all([...this.#running.values()].map((platform) => platform.stop?.()));
    this.#running.clear();
  }

  /** A platform that does not start is a problem of its inbox, not of the server. */
  async #run(row: repo.InboxRow): Promise<void> {
    const { box, platforms, events } = this.#deps;
    try {
      const settings = JSON.parse(await box.open(row.secrets));
      const platform = await platforms.create(row.kind, row.id, settings);
      this.#running.set(row.id, platform);
      await this.#outbox.start(row.id, platform);
      // Not waited for: a platform that hangs must not hold up the start of the server.
      platform
        .start?.((update) => this.#arrivals.receive(row.id, row.kind, update))
        .catch((error) => events.emit("failure", { where: "inbox.start", incident: row.id, error }));
    } catch (error) {
      events.emit("failure", { where: "inbox.start", incident: row.id, error });
    }
  }

  async #halt(inbox: string): Promise<void> {
    await this.#outbox.stop(inbox);
    const platform = this.#running.get(inbox);
    this.#running.delete(inbox);
    await platform?.stop?.();
  }

  /** What another process, or this one, wrote of an inbox takes effect here. */
  changed(change: InboxChanged): Promise<void> {
    this.#turn = this.#turn.catch(() => {}).then(() => this.#apply(change));
    return this.#turn;
  }

  async #apply({
    inbox_id,
    platform,
  }: {
    inbox_id: string;
    platform: "same" | "changed" | "gone";
  }): Promise<void> {
    if (!this.#isServing || platform === "same") return;
    await this.#halt(inbox_id);
    const row = platform === "gone" ? undefined : await repo.inboxById(this.#deps.store.db, inbox_id);
    if (row !== undefined) await this.#run(row);
  }

  /** Asks the platform first. Rejects with `bad_request` and the platform's words where it does not know the account. */
  async add(inbox: NewInbox, member: string): Promise<Added> {
    const { store, box, platforms, clock } = this.#deps;
    const id = `in_${randomId(12)}`;
    const settings = this.#settings(id, inbox);
    const { account } = await platforms.check(inbox.kind, settings);
    const webhook_url = this.#webhookUrl(id, inbox.kind);
    const row: repo.InboxRow = {
      id,
      kind: inbox.kind,
      name: inbox.name,
      secrets: await box.seal(JSON.stringify(settings)),
      info: JSON.stringify({ account, webhook_url, mode: inbox.telegram?.mode ?? null }),
      auto_assign: inbox.auto_assign === true ? 1 : 0,
      created_at: clock.now(),
      removed_at: null,
    };
    const writes = [repo.insertInbox(store.db, row), repo.addMember(store.db, id, member)];
    await this.#tell(id, writes, { platform: "changed", added: [member] });
    // Told to this process too: what it starts is running when the caller hears of it.
    await this.#turn;
    return { id, webhook_secret: secretOf(inbox.kind, settings) };
  }

  #settings(id: string, inbox: NewInbox): TelegramSettings | InstagramSettings | object {
    if (inbox.kind === "web") return {};
    if (inbox.kind === "instagram" && inbox.instagram !== undefined) return inbox.instagram;
    if (inbox.kind === "telegram" && inbox.telegram !== undefined) {
      const webhook_url = inbox.telegram.mode === "webhook" ? (this.#webhookUrl(id, "telegram") ?? "") : "";
      if (inbox.telegram.mode === "webhook" && webhook_url === "")
        throw new Fault(
          "bad_request",
          "a webhook needs PUBLIC_URL, the https address under which the outside reaches Peyk; without one, use mode polling",
        );
      return { ...inbox.telegram, webhook_secret: randomId(40), webhook_url };
    }
    throw new Fault("bad_body", `${inbox.kind}: its settings are missing`);
  }

  #webhookUrl(id: string, kind: PlatformName): string | null {
    const { publicUrl } = this.#deps;
    return kind === "web" || publicUrl === undefined ? null : `${publicUrl}/webhooks/${kind}/${id}`;
  }

  async update(
    id: string,
    change: { name?: string | undefined; auto_assign?: boolean | undefined },
  ): Promise<void> {
    const { store } = this.#deps;
    const { name, auto_assign } = change;
    const fields = {
      ...(name === undefined ? {} : { name }),
      ...(auto_assign === undefined ? {} : { auto_assign: auto_assign ? 1 : 0 }),
    };
    if (Object.keys(fields).length > 0)
      await store.commit({ writes: [repo.updateInbox(store.db, id, fields)] });
  }

  /** Its conversations stay on record, and nobody sees them any more. */
  async remove(id: string): Promise<void> {
    const { store, clock } = this.#deps;
    const removed = await repo.membersOf(store.db, id);
    const write = { query: repo.removeInbox(store.db, id, clock.now()), rows: 1 };
    try {
      await this.#tell(id, [write.query], { platform: "gone", removed });
    } catch (error) {
      throw error instanceof Fault && error.fault === "conflict"
        ? new Fault("not_found", `there is no inbox ${id}`)
        : error;
    }
  }

  async addMember(id: string, user: string): Promise<void> {
    await this.row(id);
    const { db } = this.#deps.store;
    await this.#tell(id, [repo.addMember(db, id, user)], { added: [user] });
  }

  async removeMember(id: string, user: string): Promise<void> {
    await this.row(id);
    const { db } = this.#deps.store;
    await this.#tell(id, [repo.removeMember(db, id, user)], { removed: [user] });
  }

  async #tell(
    inbox_id: string,
    writes: readonly Compilable[],
    change: { platform?: "changed" | "gone"; added?: string[]; removed?: string[] },
  ): Promise<void> {
    const { journal, changes, lists } = this.#deps;
    const body = InboxChanged.parse({ inbox_id, platform: "same", added: [], removed: [], ...change });
    const told = (is_member: boolean) => (user: string) =>
      lists.draft(memberTopic(user), "membership_changed", { inbox_id, is_member });
    const members = [...body.added.map(told(true)), ...body.removed.map(told(false))];
    await journal.commit({
      writes,
      events: [changes.draft(inboxesTopic, "inbox_changed", body), ...members],
    });
  }

  /** Rejects with `not_found`. */
  async row(id: string): Promise<repo.InboxRow> {
    const row = await repo.inboxById(this.#deps.store.db, id);
    if (row === undefined) throw new Fault("not_found", `there is no inbox ${id}`);
    return row;
  }

  all(): Promise<repo.InboxRow[]> {
    return repo.inboxesInUse(this.#deps.store.db);
  }

  async view(row: repo.InboxRow): Promise<InboxView> {
    const info = JSON.parse(row.info) as { account: string | null; webhook_url: string | null };
    const status = this.#running.get(row.id)?.status() ?? {
      ok: false,
      problem: "it is not running; see the log",
    };
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      account: info.account,
      webhook_url: info.webhook_url,
      auto_assign: row.auto_assign === 1,
      ...(this.#isServing ? status : { ok: true, problem: null }),
      waiting: this.#outbox.waiting(row.id),
      members: await repo.membersOf(this.#deps.store.db, row.id),
      created_at: iso(row.created_at),
    };
  }

  platform(inbox: string): Platform | undefined {
    return this.#running.get(inbox);
  }

  /** A platform's request. The answer for an unknown inbox is that for a wrong secret: nobody learns which there are. */
  async webhook(kind: PlatformName, inbox: string, request: WebhookRequest): Promise<WebhookAnswer> {
    const platform = this.#running.get(inbox);
    if (platform?.name !== kind || platform.webhook === undefined)
      return { status: 403, body: "forbidden\n", contentType: "text/plain" };
    return platform.webhook(request, (update) => this.#arrivals.receive(inbox, kind, update));
  }

  /** Sentences for the health page. */
  async problems(): Promise<string[]> {
    const rows = await this.all();
    return rows.flatMap(({ id, name }) => {
      const { ok, problem } = this.#running.get(id)?.status() ?? {
        ok: false,
        problem: "it does not run; see the log",
      };
      return ok ? [] : [`inbox ${name}: ${problem}`];
    });
  }
}

const secretOf = (kind: PlatformName, settings: object): string | null => {
  if (kind === "telegram") return (settings as TelegramSettings).webhook_secret;
  return kind === "instagram" ? (settings as InstagramSettings).verify_token : null;
};
