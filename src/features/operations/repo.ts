import type { Generated, Kysely, Selectable } from "kysely";

export interface OperationsTables {
  /** What staff did. `who` is an identity, `detail` JSON. */
  audit: {
    id: Generated<number>;
    at: number;
    who: string;
    name: string;
    what: string;
    target: string;
    detail: string;
  };
}

export type AuditRow = Selectable<OperationsTables["audit"]>;

type Db = Kysely<OperationsTables>;

export const insertAudit = (db: Db, row: Omit<AuditRow, "id">) => db.insertInto("audit").values(row);

export interface AuditFilter {
  readonly limit: number;
  /** Only entries with a smaller id: the next page. */
  readonly before?: number | undefined;
  readonly who?: string | undefined;
  readonly what?: string | undefined;
  readonly target?: string | undefined;
}

/** Newest first. */
export const auditPage = (db: Db, { limit, before, who, what, target }: AuditFilter): Promise<AuditRow[]> =>
  db
    .selectFrom("audit")
    .selectAll()
    .$if(before !== undefined, (all) => all.where("id", "<", before!))
    .$if(who !== undefined, (all) => all.where("who", "=", who!))
    .$if(what !== undefined, (all) => all.where("what", "=", what!))
    .$if(target !== undefined, (all) => all.where("target", "=", target!))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();

export const deleteAuditBefore = (db: Db, time: number) => db.deleteFrom("audit").where("at", "<", time);
