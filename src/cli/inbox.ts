import type { Services } from "../services.ts";
import { type Command, CommandError, type Parsed, parse, print, required, withServices } from "./command.ts";

const kinds = ["telegram", "instagram", "web"] as const;
type Kind = (typeof kinds)[number];
type Inboxes = Services["inbox"]["inboxes"];
type NewInbox = Parameters<Inboxes["add"]>[0];
type InboxChange = Parameters<Inboxes["update"]>[1];
/** Whoever may run commands here may see every inbox. */
const operator = { id: "", seesAll: true };

const text = { type: "string" } as const;
const options = {
  kind: text,
  name: text,
  member: text,
  mode: text,
  "bot-token": text,
  "account-id": text,
  "access-token": text,
  "app-secret": text,
  "verify-token": text,
  "api-root": text,
  "auto-assign": text,
  origins: text,
  json: { type: "boolean" },
} as const;

const actions: Readonly<Record<string, (parsed: Parsed) => Promise<void>>> = { add, list, update, remove };

export const inboxCommand: Command = {
  usage: "inbox add|list|update|remove",
  summary: "Connect Telegram bots, Instagram accounts and web widgets",
  details: `  peyk inbox add --kind web --name Site --member EMAIL
  peyk inbox add --kind telegram --name Shop --member EMAIL --bot-token T [--mode polling|webhook]
  peyk inbox add --kind instagram --name Shop --member EMAIL --account-id N --access-token T --app-secret S --verify-token V
  peyk inbox list [--json]
  peyk inbox update ID [--name N] [--auto-assign on|off] [--origins https://shop.example,…] and any setting of \`add\`
  peyk inbox remove ID

Other users on this machine can see a command's flags: TELEGRAM_BOT_TOKEN, INSTAGRAM_ACCESS_TOKEN, INSTAGRAM_APP_SECRET
and INSTAGRAM_VERIFY_TOKEN in the environment do the same unseen.`,
  async run(args) {
    const parsed = parse(args, options);
    const name = parsed.positionals[0] ?? "";
    if (!Object.hasOwn(actions, name)) throw new CommandError(`usage: peyk ${inboxCommand.usage}`);
    await actions[name]!(parsed);
    return 0;
  },
};

function kindFrom(parsed: Parsed): Kind {
  const wanted = required(parsed, "kind");
  const kind = kinds.find((each) => each === wanted);
  if (kind === undefined) throw new CommandError(`--kind ${wanted}: must be one of ${kinds.join(", ")}`);
  return kind;
}

/** A flag, or the variable that does not show in the list of processes. */
function secret(parsed: Parsed, flag: string, variable: string): string {
  const value = parsed.values[flag] ?? process.env[variable];
  if (typeof value === "string" && value !== "") return value;
  throw new CommandError(`--${flag} is missing; or set ${variable}. See --help.`);
}

function settings(parsed: Parsed, kind: Kind): Pick<NewInbox, "telegram" | "instagram"> {
  const root = parsed.values["api-root"] as string | undefined;
  if (kind === "telegram") {
    const mode = modeOf(parsed) ?? "polling";
    const bot_token = secret(parsed, "bot-token", "TELEGRAM_BOT_TOKEN");
    return { telegram: { bot_token, mode, api_root: root ?? "https://api.telegram.org" } };
  }
  if (kind === "web") return {};
  return {
    instagram: {
      account_id: required(parsed, "account-id"),
      access_token: secret(parsed, "access-token", "INSTAGRAM_ACCESS_TOKEN"),
      app_secret: secret(parsed, "app-secret", "INSTAGRAM_APP_SECRET"),
      verify_token: secret(parsed, "verify-token", "INSTAGRAM_VERIFY_TOKEN"),
      api_root: root ?? "https://graph.instagram.com/v23.0",
      human_agent: false,
    },
  };
}

async function add(parsed: Parsed): Promise<void> {
  const kind = kindFrom(parsed);
  const inbox = { kind, name: required(parsed, "name"), ...common(parsed), ...settings(parsed, kind) };
  const email = required(parsed, "member");
  const added = await withServices(
    parsed,
    async ({ inbox: { inboxes }, accounts }) => {
      const { id: member } = await accounts.byEmail(email);
      const { id, webhook_secret } = await inboxes.add(inbox, String(member), operator);
      const { account, webhook_url } = await inboxes.view(await inboxes.row(id));
      return { id, account, webhook_url, webhook_secret };
    },
    { what: "inbox.add", target: inbox.name },
  );
  if (parsed.values.json === true) return print(JSON.stringify(added, null, 2));
  print(`Inbox ${added.id} added${added.account ? `: ${added.account}` : ""}. ${email} answers there.`);
  if (kind === "web")
    print(
      `Put this into your pages:\n\n  <script src="https://YOUR-SERVER/widget.js" data-inbox="${added.id}"></script>`,
    );
  if (kind === "instagram")
    print(
      `Webhook for Meta: ${added.webhook_url ?? `set PUBLIC_URL; it is /webhooks/instagram/${added.id}`}`,
    );
}

function common(parsed: Parsed): Pick<InboxChange, "auto_assign" | "origins"> {
  const { origins, "auto-assign": autoAssign } = parsed.values;
  if (autoAssign !== undefined && autoAssign !== "on" && autoAssign !== "off")
    throw new CommandError(`--auto-assign ${autoAssign}: must be on or off`);
  return {
    ...(autoAssign === undefined ? {} : { auto_assign: autoAssign === "on" }),
    ...(typeof origins === "string" ? { origins: origins.split(",").filter((each) => each !== "") } : {}),
  };
}

/** A flag, else the variable, else nothing. */
function given(parsed: Parsed, flag: string, variable?: string): string | undefined {
  const value = parsed.values[flag] ?? (variable === undefined ? undefined : process.env[variable]);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function modeOf(parsed: Parsed): "polling" | "webhook" | undefined {
  const mode = given(parsed, "mode");
  if (mode === undefined || mode === "polling" || mode === "webhook") return mode;
  throw new CommandError(`--mode ${mode}: must be polling or webhook`);
}

function changeOf(parsed: Parsed, kind: Kind): InboxChange {
  const mode = modeOf(parsed);
  const api_root = given(parsed, "api-root");
  const telegram = { bot_token: given(parsed, "bot-token", "TELEGRAM_BOT_TOKEN"), mode, api_root };
  const instagram = {
    access_token: given(parsed, "access-token", "INSTAGRAM_ACCESS_TOKEN"),
    app_secret: given(parsed, "app-secret", "INSTAGRAM_APP_SECRET"),
    verify_token: given(parsed, "verify-token", "INSTAGRAM_VERIFY_TOKEN"),
    api_root,
  };
  return {
    name: given(parsed, "name"),
    ...common(parsed),
    ...(kind === "telegram" ? { telegram } : {}),
    ...(kind === "instagram" ? { instagram } : {}),
  };
}

async function update(parsed: Parsed): Promise<void> {
  const id = parsed.positionals[1];
  if (id === undefined) throw new CommandError("which inbox? Its id comes last: see `peyk inbox list`");
  await withServices(
    parsed,
    async ({ inbox: { inboxes } }) => inboxes.update(id, changeOf(parsed, (await inboxes.row(id)).kind)),
    { what: "inbox.change", target: id },
  );
  print(`Inbox ${id} is changed; a running server takes it up within a second.`);
}

async function list(parsed: Parsed): Promise<void> {
  const views = await withServices(parsed, async ({ inbox: { inboxes } }) =>
    Promise.all((await inboxes.all()).map((row) => inboxes.view(row))),
  );
  if (parsed.values.json === true) return print(JSON.stringify(views, null, 2));
  const line = (cells: readonly string[]) =>
    `${cells[0]!.padEnd(18)} ${cells[1]!.padEnd(10)} ${cells[2]!.padEnd(24)} ${cells[3]}`;
  print(line(["id", "kind", "name", "account"]));
  for (const { id, kind, name, account } of views) print(line([id, kind, name, account ?? ""]));
}

async function remove(parsed: Parsed): Promise<void> {
  const id = parsed.positionals[1];
  if (id === undefined) throw new CommandError("which inbox? Its id comes last: see `peyk inbox list`");
  await withServices(parsed, ({ inbox: { inboxes } }) => inboxes.remove(id), {
    what: "inbox.remove",
    target: id,
  });
  print(`Inbox ${id} is removed: its secrets are forgotten, and its sockets close within a second.`);
}
