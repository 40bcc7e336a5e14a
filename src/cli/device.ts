import { type Command, CommandError, type Parsed, parse, print, required, withServices } from "./command.ts";
import { seconds } from "./token.ts";

const kinds = ["pico", "esp32cam"] as const;

type Action = (parsed: Parsed) => Promise<void>;

const actions: Readonly<Record<string, Action>> = { add, list, revoke, rotate, remove };

export const deviceCommand: Command = {
  usage: "device add|list|revoke|rotate|remove",
  summary: "Look after boards and their tokens",
  details: `  peyk device add --kind ${kinds.join("|")} [--name N] [--id I] [--json]   prints its token, this once
  peyk device list [--json]
  peyk device rotate ID [--grace 1d]    a new token; older ones end after the grace period
  peyk device revoke ID                 ends its tokens, and closes its socket within a second
  peyk device remove ID                 forgets it, with its commands, logs and photos`,
  async run(args) {
    const parsed = parse(args, {
      kind: { type: "string" },
      name: { type: "string" },
      id: { type: "string" },
      grace: { type: "string" },
      json: { type: "boolean" },
    });
    const name = parsed.positionals[0] ?? "";
    if (!Object.hasOwn(actions, name)) throw new CommandError(`usage: peyk ${deviceCommand.usage}`);
    await actions[name]!(parsed);
    return 0;
  },
};

function kindFrom(parsed: Parsed): (typeof kinds)[number] {
  const text = required(parsed, "kind");
  const kind = kinds.find((each) => each === text);
  if (kind === undefined) throw new CommandError(`--kind ${text}: must be one of ${kinds.join(", ")}`);
  return kind;
}

function idFrom({ positionals, values }: Parsed): string {
  const id = positionals[1] ?? values.id;
  if (typeof id === "string") return id;
  throw new CommandError("which device? Its id comes last: see `peyk device list`");
}

async function add(parsed: Parsed): Promise<void> {
  const { name, id } = parsed.values as { name?: string; id?: string };
  const device = { kind: kindFrom(parsed), name, id };
  const added = await withServices(parsed, ({ devices }) => devices.add(device), {
    what: "device.add",
    target: id ?? name ?? device.kind,
  });
  if (parsed.values.json === true) return print(JSON.stringify(added, null, 2));
  print(`Device ${added.device.id} added. Its token is shown only now:\n\n  ${added.token}\n`);
  print(`The board connects to /ws/${added.device.kind} with the header Authorization: Bearer <token>`);
}

async function list(parsed: Parsed): Promise<void> {
  const devices = await withServices(parsed, everyDevice);
  if (parsed.values.json === true) return print(JSON.stringify(devices, null, 2));
  const line = (cells: readonly string[]) =>
    `${cells[0]!.padEnd(30)} ${cells[1]!.padEnd(10)} ${cells[2]!.padEnd(9)} ${cells[3]!.padEnd(8)} ${cells[4]}`;
  print(line(["id", "kind", "state", "token", "last seen"]));
  for (const { id, kind, state, revoked, own_token, last_seen } of devices)
    print(line([id, kind, revoked ? "revoked" : state, own_token ? "own" : "common", last_seen ?? "never"]));
}

/** As on record: beside a running server this process holds no connection. */
async function everyDevice({ devices }: Parameters<Parameters<typeof withServices>[1]>[0]) {
  const step = 500;
  const all = [];
  for (let offset = 0; ; offset += step) {
    const { devices: some } = await devices.onRecord({ limit: step, offset });
    all.push(...some);
    if (some.length < step) return all;
  }
}

async function revoke(parsed: Parsed): Promise<void> {
  const id = idFrom(parsed);
  await withServices(parsed, ({ devices }) => devices.revoke(id), {
    what: "device.revoke",
    target: id,
  });
  print(`${id} is revoked: its tokens have ended, and its socket closes within a second.`);
}

async function rotate(parsed: Parsed): Promise<void> {
  const id = idFrom(parsed);
  const grace = String(parsed.values.grace ?? "1d");
  const ms = grace === "0" ? 0 : seconds(grace) * 1000;
  const token = await withServices(parsed, ({ devices }) => devices.rotate(id, ms), {
    what: "device.rotate",
    target: id,
  });
  print(
    `${id} has a new token. It is shown only now; older ones end ${ms === 0 ? "now" : `in ${grace}`}:\n\n  ${token}`,
  );
}

async function remove(parsed: Parsed): Promise<void> {
  const id = idFrom(parsed);
  await withServices(parsed, ({ devices }) => devices.remove(id), {
    what: "device.remove",
    target: id,
  });
  print(
    `${id} is forgotten, with its commands, logs and photos. A common token lets it in again, as a new device.`,
  );
}
