import { type Role, roles } from "../core/identity.ts";
import { type Command, CommandError, type Parsed, parse, print, required, withServices } from "./command.ts";

const accountRoles = roles.filter((role) => role !== "anonymous" && role !== "device");

type Action = (parsed: Parsed) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  add,
  list,
  passwd,
  role,
  disable: setActive(false),
  enable: setActive(true),
};

export const userCommand: Command = {
  usage: "user add|list|passwd|role|disable|enable",
  summary: "Look after accounts",
  details: `  peyk user add --email E --password P [--role ${accountRoles.join("|")}] [--name N]
  peyk user list [--json]
  peyk user passwd --email E --password P    ends his sessions
  peyk user role --email E --role R          ends his sessions; he logs in again as what he is now
  peyk user disable --email E                ends his sessions and closes his sockets
  peyk user enable --email E`,
  async run(args) {
    const options = {
      email: "string",
      password: "string",
      role: "string",
      name: "string",
      json: "boolean",
    } as const;
    const parsed = parse(
      args,
      Object.fromEntries(Object.entries(options).map(([name, type]) => [name, { type }])),
    );
    const name = parsed.positionals[0] ?? "";
    if (!Object.hasOwn(actions, name)) throw new CommandError(`usage: peyk ${userCommand.usage}`);
    await actions[name]!(parsed);
    return 0;
  },
};

async function add(parsed: Parsed): Promise<void> {
  const user = {
    email: required(parsed, "email"),
    password: required(parsed, "password"),
    role: roleFrom(parsed.values.role ?? "user"),
    name: parsed.values.name as string | undefined,
  };
  const id = await withServices(parsed, ({ accounts }) => accounts.add(user), {
    what: "user.add",
    target: user.email,
  });
  print(`User ${id} added: ${user.email}, ${user.role}.`);
}

function roleFrom(text: unknown): Role {
  const role = accountRoles.find((each) => each === text);
  if (role === undefined) throw new CommandError(`--role ${text}: must be one of ${accountRoles.join(", ")}`);
  return role;
}

async function list(parsed: Parsed): Promise<void> {
  const users = await withServices(parsed, ({ accounts }) => accounts.list());
  const rows = users.map(({ id, email, name, role, active, created_at }) => ({
    id,
    email,
    name,
    role,
    active: active === 1,
    created_at: new Date(created_at).toISOString(),
  }));
  if (parsed.values.json === true) return print(JSON.stringify(rows, null, 2));
  const line = (cells: readonly (string | number)[]) =>
    `${String(cells[0]).padStart(5)}  ${String(cells[1]).padEnd(36)} ${String(cells[2]).padEnd(10)} ${cells[3]}`;
  print(line(["id", "email", "role", "state"]));
  for (const { id, email, role, active } of rows)
    print(line([id, email, role, active ? "active" : "disabled"]));
}

async function passwd(parsed: Parsed): Promise<void> {
  const email = required(parsed, "email");
  const password = required(parsed, "password");
  await withServices(parsed, ({ accounts }) => accounts.setPassword(email, password), {
    what: "user.passwd",
    target: email,
  });
  print(`New password set for ${email}; his sessions have ended.`);
}

async function role(parsed: Parsed): Promise<void> {
  const email = required(parsed, "email");
  const wanted = roleFrom(required(parsed, "role"));
  await withServices(parsed, ({ accounts }) => accounts.setRole(email, wanted), {
    what: `user.role.${wanted}`,
    target: email,
  });
  print(`${email} has the role ${wanted} now; his sessions have ended.`);
}

function setActive(active: boolean): Action {
  return async (parsed) => {
    const email = required(parsed, "email");
    await withServices(parsed, ({ accounts }) => accounts.setActive(email, active), {
      what: active ? "user.enable" : "user.disable",
      target: email,
    });
    print(active ? `${email} may log in again.` : `${email} is disabled; his sessions have ended.`);
  };
}
