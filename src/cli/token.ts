import { type Command, CommandError, parse, print, required, withServices } from "./command.ts";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `90s`, `15m`, `1h` or `30d` as seconds. Throws CommandError for anything else. */
export function seconds(text: string): number {
  const [, count, unit = "s"] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(count) * units[unit || "s"]!;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new CommandError(`--ttl ${text}: must be a duration such as 90s, 15m, 1h or 30d`);
}

export const tokenCommand: Command = {
  usage: "token issue --user EMAIL [--ttl 1h]",
  summary: "Print an access token for a user, and nothing else",
  async run(args) {
    const parsed = parse(args, { user: { type: "string" }, ttl: { type: "string" } });
    if (parsed.positionals[0] !== "issue") throw new CommandError(`usage: peyk ${tokenCommand.usage}`);
    const user = required(parsed, "user");
    const ttl = seconds(String(parsed.values.ttl ?? "1h"));
    const act = { what: "token.issue", target: user };
    print(await withServices(parsed, ({ accounts }) => accounts.issueToken(user, ttl), act));
    return 0;
  },
};
