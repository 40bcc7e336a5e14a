import type { Clock } from "../../core/clock.ts";
import type { Events } from "../../core/events.ts";
import type { Identity } from "../../core/identity.ts";
import { hideJwt, hideTokens } from "../../core/redact.ts";
import type { Store } from "../../core/store.ts";
import type { AuditEntry } from "./messages.ts";
import * as repo from "./repo.ts";

export interface Act {
  readonly by: Pick<Identity, "id" | "name">;
  /** `connection.kick`, `tap.start`: a part of the product and what was done there. */
  readonly what: string;
  readonly target: string;
  /** Never a secret, and nothing that people wrote. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditDependencies {
  readonly store: Store<repo.OperationsTables>;
  readonly clock: Clock;
  readonly events: Events;
  /** Milliseconds that entries are kept. */
  readonly maxAge: number;
}

/** What staff did, on disk. */
export class Audit {
  readonly #deps: AuditDependencies;

  constructor(deps: AuditDependencies) {
    this.#deps = deps;
  }

  /** Resolves when it is on disk. Call it before the act itself: what cannot be noted must not be done. */
  async record({ by, what, target, detail = {} }: Act): Promise<void> {
    const { store, clock } = this.#deps;
    const row = {
      at: clock.now(),
      who: by.id.slice(0, 200),
      name: hideJwt(by.name.slice(0, 200)),
      what,
      target: hideJwt(target.slice(0, 200)),
      detail: hideTokens(JSON.stringify(detail, cut)),
    };
    await store.commit({ writes: [repo.insertAudit(store.db, row)] });
  }

  /** Notes what is done by now: that it could not be noted is a failure of ours, and undoes nothing. */
  async note(act: Act): Promise<void> {
    try {
      await this.record(act);
    } catch (error) {
      this.#deps.events.emit("failure", { where: "audit", incident: act.what, error });
    }
  }

  /** Newest first. */
  async page(filter: repo.AuditFilter): Promise<AuditEntry[]> {
    return (await repo.auditPage(this.#deps.store.db, filter)).map(toEntry);
  }

  async prune(): Promise<void> {
    const { store, clock, maxAge } = this.#deps;
    await store.commit({ writes: [repo.deleteAuditBefore(store.db, clock.now() - maxAge)] });
  }
}

const cut = (_: string, value: unknown): unknown => (typeof value === "string" ? value.slice(0, 200) : value);

const toEntry = ({ id, at, detail, ...row }: repo.AuditRow): AuditEntry => ({
  id: Number(id),
  at: new Date(at).toISOString(),
  ...row,
  detail: JSON.parse(detail),
});
