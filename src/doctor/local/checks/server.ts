import type { Finding } from "../../../core/health.ts";
import { found, type LocalCheck, type Outcome, type OutcomeName, outcomes } from "../catalogue.ts";
import type { Situation } from "../situation.ts";

/** What the server tells of itself that nobody else can see. The rest is looked at here, and more closely. */
const own = ["store", "websocket"];

/** How the server that runs finds itself. */
export const serverCheck = (situation: Situation): LocalCheck => ({
  group: "server",
  async run() {
    const server = await situation.server();
    if (server === undefined) return [found("server_idle")];
    const { findings } = server.health;
    if (findings === undefined) return [found("server_silent_on_details", { host: situation.config.host })];
    const told = findings.filter(({ check }) => own.includes(check) || isNew(check));
    const wrong = told.filter(({ verdict }) => verdict !== "ok");
    if (wrong.length > 0) return wrong.map(complaint);
    return [found("server_well", { checks: told.map(({ check, saw }) => `${check}: ${saw}`).join("; ") })];
  },
});

/** Checks that this program looks after in another group. */
const elsewhere = [
  "public_tokens",
  "platforms",
  "proxy",
  "certificate",
  "settings",
  "disk",
  "descriptors",
  "memory",
  "clock",
];
const isNew = (check: string): boolean => !elsewhere.includes(check);

const complaint = ({ check, verdict, saw, fix }: Finding): Outcome =>
  found(verdict === "error" ? "server_fails" : "server_warns", { check, saw, fix });

/** Whether requests come through a proxy that TRUST_PROXY does not name: the server has seen them. */
export const proxyCheck = (situation: Situation): LocalCheck => ({
  group: "proxy",
  async run() {
    const findings = (await situation.server())?.health.findings;
    const told = findings?.filter(({ check }) => check === "proxy") ?? [];
    if (told.length === 0) return [found("proxy_not_asked")];
    return told.flatMap(({ cause, facts = {} }) => (isOutcome(cause) ? [found(cause, facts)] : []));
  },
});

const isOutcome = (cause: string | undefined): cause is OutcomeName =>
  cause !== undefined && Object.hasOwn(outcomes, cause);

/** Webhooks and pollers: what the server says of them, else what waits in the database for it to start. */
export const platformsCheck = (situation: Situation): LocalCheck => ({
  group: "platforms",
  async run() {
    const inboxes = await inboxesOf(situation);
    if (inboxes === 0) return [found("platforms_none")];
    const findings = (await situation.server())?.health.findings;
    const told = findings?.filter(({ check }) => check === "platforms");
    if (told === undefined) return [found("platforms_asleep", { inboxes })];
    const wrong = told.filter(({ verdict }) => verdict !== "ok");
    if (wrong.length === 0) return [found("platforms_well", { inboxes })];
    return wrong.map(({ fix }) => found("platforms_ill", { fix }));
  },
});

async function inboxesOf({ databases, databaseFile, databaseServer }: Situation): Promise<number> {
  try {
    if (databaseServer !== undefined) return (await databaseServer.look()).inboxes;
    using look = databases.lookAt(databaseFile!);
    const [row] = look.rows("select count(*) as n from inboxes where kind in ('telegram', 'instagram')");
    return Number(row?.n ?? 0);
  } catch {
    // No database, or a broken one: the check of the database says so.
    return 0;
  }
}
