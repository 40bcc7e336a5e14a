import { migrate } from "../services.ts";
import { type Command, configFrom, parse, print } from "./command.ts";

export const migrateCommand: Command = {
  usage: "migrate",
  summary: "Bring the database up to date (serve does it too)",
  async run(args) {
    const ran = await migrate(configFrom(parse(args)));
    print(ran.length === 0 ? "The database is up to date." : ran.map((name) => `done: ${name}`).join("\n"));
    return 0;
  },
};
