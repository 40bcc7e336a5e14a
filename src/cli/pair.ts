import { type Command, CommandError, configFrom, parse, print, withServices } from "./command.ts";

export const pairCommand: Command = {
  usage: "pair [--minutes 10]",
  summary: "Let boards ask for the common tokens for some minutes",
  details: `  While the window is open, GET /public/tokens answers everybody who reaches the server.
  peyk pair --minutes 0 closes it at once.`,
  async run(args) {
    const parsed = parse(args, { minutes: { type: "string" } });
    const minutes = Number(parsed.values.minutes ?? 10);
    if (!(minutes >= 0 && minutes <= 1440))
      throw new CommandError(`--minutes ${parsed.values.minutes}: must be a number from 0 to 1440`);
    if (configFrom(parsed).publicTokens === "off" && minutes > 0)
      throw new CommandError(
        "PUBLIC_TOKENS=off: nobody gets tokens, whatever the window. Set it to pairing.",
      );
    const act = { what: "pairing.open", target: `${minutes} minutes` };
    const until = await withServices(parsed, ({ devices }) => devices.pairing.open(minutes * 60_000), act);
    if (minutes === 0) print("The pairing window is closed.");
    else
      print(
        `Open until ${new Date(until).toLocaleTimeString()}: boards get their token from GET /public/tokens`,
      );
    return 0;
  },
};
