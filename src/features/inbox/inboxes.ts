import { randomId } from "../../core/id.ts";
import type { Compilable, EventDraft, Guarded } from "../../core/store.ts";
import { Fault } from "../../protocol/faults.ts";
import type { Arrivals } from "./arrivals.ts";
import { Decoys } from "./decoys.ts";
import type { InboxDependencies } from "./dependencies.ts";
import { InboxChanged, inboxesTopic, iso, listTopic, memberTopic } from "./messages.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { PlatformName, WebhookAnswer, WebhookRequest } from "./platform.ts";
import * as repo from "./repo.ts";
import { Running } from "./running.ts";
import {
  accountKey,
  changedSettings,
  type InboxChange,
  infoOf,
  type NewInbox,
  newSettings,
  type Settings,
  webhookSecret,
  webhookUrl,
} from "./settings.ts";

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
  readonly origins: readonly string[];
  readonly ok: boolean;
  readonly problem: string | null;
  /** Messages on their way out. */
  readonly waiting: number;
  readonly members: readonly string[];
  readonly created_at: string;
}

/** Whose inboxes may be named to him: of his own, or of all. */
export interface Caller {
  readonly id: string;
  readonly seesAll: boolean;
}

/** Bytes of a webhook's request; both platforms stay far below. */
const maxWebhookBytes = 1024 * 1024;
const forbidden: WebhookAnswer = { status: 403, body: "forbidden\n", contentType: "text/plain" };

/** Inboxes: one Telegram bot, one Instagram account or one web widget each, with the agents who answer there. */
export class Inboxes {
  readonly running: Running;
  readonly #deps: InboxDependencies;
  readonly #outbox: Outbox;
  readonly #arrivals: Arrivals;
  readonly #decoys: Decoys;

  constructor(deps: InboxDependencies, outbox: Outbox, arrivals: Arrivals) {
    this.#deps = deps;
    this.#outbox = outbox;
    this.#arrivals = arrivals;
    this.#decoys = new Decoys(deps.platforms);
    this.running = new Running(deps, outbox, arrivals, (id, change) => this.#keep(id, change));
  }

  /**
   * Asks the platform first. Rejects with `bad_request` and the platform's words where it does not know the account,
   * with `conflict` where another inbox has it already.
   */
  async add(inbox: NewInbox, member: string, caller: Caller): Promise<Added> {
    const { box, platforms, clock, publicUrl } = this.#deps;
    const id = `in_${randomId(12)}`;
    const webhook_url = webhookUrl(publicUrl, id, inbox.kind);
    const settings = newSettings(inbox, webhook_url, clock.now());
    const { account } = await platforms.check(inbox.kind, settings);
    const info = { account, webhook_url, mode: inbox.telegram?.mode ?? null, origins: inbox.origins ?? [] };
    const row: repo.NewInboxRow = {
      id,
      kind: inbox.kind,
      name: inbox.name,
      secrets: await box.seal(JSON.stringify(settings)),
      info: JSON.stringify(info),
      auto_assign: inbox.auto_assign === true ? 1 : 0,
      account_key: accountKey(inbox.kind, settings),
      created_at: clock.now(),
      removed_at: null,
    };
    await this.#insert(row, member, caller);
    // Told to this process too: what it starts is running when the caller hears of it.
    await this.running.settled;
    return { id, webhook_secret: webhookSecret(inbox.kind, settings) };
  }

  async #insert(row: repo.NewInboxRow, member: string, caller: Caller): Promise<void> {
    const { db } = this.#deps.store;
    const writes = [repo.insertInbox(db, row), repo.addMember(db, row.id, member)];
    try {
      await this.#tell(row.id, writes, { platform: "changed", added: [member] });
    } catch (error) {
      if (!(error instanceof Fault) || error.fault !== "conflict" || row.account_key === null) throw error;
      throw await this.#taken(row.account_key, caller);
    }
  }

  async #taken(account: string, { id, seesAll }: Caller): Promise<Fault> {
    const { db } = this.#deps.store;
    const other = await repo.inboxByAccount(db, account);
    const isSeen = other !== undefined && (seesAll || (await repo.inboxIdsOf(db, id)).includes(other.id));
    const where = isSeen ? `the inbox ${other.name} (${other.id})` : "another inbox";
    return new Fault("conflict", `this account is connected to ${where} already: remove that one first`);
  }

  /**
   * What is given takes the place of what was; the platform is asked about new settings, as for a new inbox, and
   * started anew. Rejects as `add` does, and with `not_found`.
   */
  async update(id: string, change: InboxChange): Promise<void> {
    const { box, platforms, clock, publicUrl, store } = this.#deps;
    const row = await this.row(id);
    const old = await this.#settings(row);
    const url = webhookUrl(publicUrl, id, row.kind);
    const settings = changedSettings(row.kind, old, change, url, clock.now());
    const info = { ...infoOf(row), webhook_url: url };
    if (change.origins !== undefined) Object.assign(info, { origins: change.origins });
    if (settings !== undefined) {
      info.account = (await platforms.check(row.kind, settings)).account;
      info.mode = change.telegram?.mode ?? info.mode;
    }
    const fields = {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.auto_assign === undefined ? {} : { auto_assign: change.auto_assign ? 1 : 0 }),
      info: JSON.stringify(info),
      ...(settings === undefined ? {} : { secrets: await box.seal(JSON.stringify(settings)) }),
    };
    const write = { query: repo.updateInbox(store.db, row, fields), rows: 1 };
    if (settings === undefined) await this.#tell(id, [write], {});
    // What waits because of the old settings, such as a token that was revoked, need not wait any longer.
    else await this.#tell(id, [write, repo.outboxDueNow(store.db, id)], { platform: "changed" });
    await this.running.settled;
  }

  async #settings(row: repo.InboxRow): Promise<Settings> {
    try {
      return JSON.parse(await this.#deps.box.open(row.secrets));
    } catch (cause) {
      const hint =
        "its stored secrets cannot be read with this secret_key: put the old key back, or add the inbox anew";
      throw new Fault("bad_request", hint, { cause });
    }
  }

  /** What a platform has changed of its own settings. Somebody else's change in the same moment is not lost. */
  async #keep(id: string, change: (old: Settings) => Settings | undefined): Promise<void> {
    const { store, box } = this.#deps;
    for (;;) {
      const row = await repo.inboxById(store.db, id);
      const settings = row && change(await this.#settings(row));
      if (row === undefined || settings === undefined) return;
      const secrets = await box.seal(JSON.stringify(settings));
      try {
        await store.commit({ writes: [{ query: repo.updateInbox(store.db, row, { secrets }), rows: 1 }] });
        return;
      } catch (error) {
        if (!(error instanceof Fault) || error.fault !== "conflict") throw error;
      }
    }
  }

  /** Its conversations stay on record, and nobody sees them any more. What waits to be sent is not sent. */
  async remove(id: string): Promise<void> {
    const { store, clock } = this.#deps;
    const removed = await repo.membersOf(store.db, id);
    const write = { query: repo.removeInbox(store.db, id, clock.now()), rows: 1 };
    try {
      await this.#tell(id, [write, repo.deleteOutboxOf(store.db, id)], { platform: "gone", removed });
    } catch (error) {
      throw error instanceof Fault && error.fault === "conflict"
        ? new Fault("not_found", `there is no inbox ${id}`)
        : error;
    }
  }

  /** Rejects with `not_found` for an inbox or a user that there is not. */
  async addMember(id: string, user: string): Promise<void> {
    await this.row(id);
    if (!(await this.#deps.knowsUser(user))) throw new Fault("not_found", `there is no user ${user}`);
    const { db } = this.#deps.store;
    await this.#tell(id, [repo.addMember(db, id, user)], { added: [user] });
  }

  /** What was his to answer is anybody's again; an inbox that gives out conversations gives them to another. */
  async removeMember(id: string, user: string): Promise<void> {
    await this.row(id);
    while (!(await this.#takeOut(id, user)));
  }

  /** `false`: he was given or lost a conversation in the same moment. */
  async #takeOut(id: string, user: string): Promise<boolean> {
    const { store, lists } = this.#deps;
    const { db } = store;
    const unassigned = await repo.assignedIn(db, id, user);
    const unassign = { query: repo.unassign(db, id, user), rows: unassigned.length };
    const told = unassigned.map((conversation_id) =>
      lists.draft(listTopic(id), "conversation_updated", { conversation_id, assigned_to: null }),
    );
    try {
      await this.#tell(
        id,
        [repo.removeMember(db, id, user), unassign],
        { removed: [user], unassigned },
        told,
      );
      return true;
    } catch (error) {
      if (error instanceof Fault && error.fault === "conflict") return false;
      throw error;
    }
  }

  async #tell(
    inbox_id: string,
    writes: readonly (Compilable | Guarded)[],
    change: Partial<InboxChanged>,
    more: readonly EventDraft[] = [],
  ): Promise<void> {
    const { journal, changes, lists } = this.#deps;
    const same = { inbox_id, platform: "same", added: [], removed: [], unassigned: [] };
    const body = InboxChanged.parse({ ...same, ...change });
    const told = (is_member: boolean) => (user: string) =>
      lists.draft(memberTopic(user), "membership_changed", { inbox_id, is_member });
    const members = [...body.added.map(told(true)), ...body.removed.map(told(false))];
    const changed = changes.draft(inboxesTopic, "inbox_changed", body);
    await journal.commit({ writes, events: [changed, ...members, ...more] });
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
    const { account, webhook_url, origins = [] } = infoOf(row);
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      account,
      webhook_url,
      auto_assign: row.auto_assign === 1,
      origins,
      ...this.running.status(row.id),
      waiting: this.#outbox.waiting(row.id),
      members: await repo.membersOf(this.#deps.store.db, row.id),
      created_at: iso(row.created_at),
    };
  }

  /**
   * A platform's request. An unknown inbox and a wrong secret get the same answer after the same work: nobody learns
   * which inboxes there are.
   */
  async webhook(kind: PlatformName, inbox: string, request: WebhookRequest): Promise<WebhookAnswer> {
    if (request.method !== "GET" && request.method !== "POST")
      return { ...forbidden, status: 405, body: "only GET and POST\n" };
    if (request.body.byteLength > maxWebhookBytes) return { ...forbidden, status: 413, body: "over 1 MB\n" };
    const platform = this.running.platform(inbox);
    const answer =
      platform?.name === kind
        ? await platform.webhook?.(request, (update) => this.#arrivals.receive(inbox, kind, update))
        : await this.#decoy(kind, request);
    const isRefused = answer === undefined || answer.status === 401 || answer.status === 403;
    return isRefused ? forbidden : answer;
  }

  /** Where no inbox of the kind runs, there is nothing to be hidden. */
  async #decoy(kind: PlatformName, request: WebhookRequest): Promise<WebhookAnswer | undefined> {
    return this.running.has(kind) ? this.#decoys.judge(kind, request) : undefined;
  }

  /** Sentences for the health page. */
  async problems(): Promise<string[]> {
    return (await this.all()).flatMap(({ id, name }) => {
      const { ok, problem } = this.running.status(id);
      return ok ? [] : [`inbox ${name}: ${problem}`];
    });
  }
}
