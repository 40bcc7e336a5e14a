import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { examine } from "../doctor/examine.ts";
import { type Options, type TokenPlace, tokenPlaces } from "../doctor/options.ts";
import { print as render } from "../doctor/print.ts";
import { exitCode, stages } from "../doctor/report.ts";
import { type Language, languages } from "../doctor/tell.ts";
import { type Command, CommandError, parse, print } from "./command.ts";
import { doctorLocal } from "./doctor-local.ts";
import { runExplain } from "./explain.ts";
import { remoteHelp, remoteOptions } from "./remote.ts";

type Values = Readonly<Record<string, string | boolean | string[] | undefined>>;

interface Flag {
  readonly type: "string" | "boolean";
  readonly multiple?: true;
  /** As the help shows it. */
  readonly usage: string;
  readonly doc: string;
}

/** Every flag, once: parsing and help read this table. */
const flags: Readonly<Record<string, Flag>> = {
  token: { type: "string", usage: "--token T", doc: "token to enter with; it is never shown whole" },
  "token-in": {
    type: "string",
    usage: "--token-in PLACE",
    doc: `${tokenPlaces.join(", ")}; default: where the URL has it, else the header`,
  },
  header: {
    type: "string",
    multiple: true,
    usage: "--header 'K: V'",
    doc: "a further header; may be repeated",
  },
  origin: { type: "string", usage: "--origin O", doc: "be a page of this origin, as https://example.com" },
  idle: { type: "string", usage: "--idle S", doc: "stay silent for S seconds: finds who cuts idle sockets" },
  payload: { type: "string", usage: "--payload BYTES", doc: "send one message of this size" },
  parallel: { type: "string", usage: "--parallel N", doc: "open N sockets at once" },
  "json-ping": {
    type: "boolean",
    usage: "--json-ping",
    doc: 'send {"type":"ping"} too, and time its {"type":"pong"}',
  },
  insecure: { type: "boolean", usage: "--insecure", doc: "go on behind a bad certificate" },
  ca: { type: "string", usage: "--ca FILE", doc: "believe this authority too (PEM)" },
  timeout: { type: "string", usage: "--timeout S", doc: "seconds for each step (5)" },
  lang: { type: "string", usage: "--lang LANG", doc: `language: ${Object.keys(languages).join(", ")}` },
  json: { type: "boolean", usage: "--json", doc: "one JSON document (docs/doctor.md) in place of text" },
};

const examples = `  peyk doctor ws://localhost:8000/ws/test/
  peyk doctor wss://example.com/ws/chat/7/ --token "$TOKEN"
  peyk doctor wss://example.com/socket --origin https://shop.example.com --idle 75`;

const details = `  peyk doctor URL                 walk the way of a connection, from here to the server
  peyk doctor --local             the server's own side: ports, firewall, disk, settings, …
  peyk doctor --explain RECEIPT   the story of one refusal, by the id in its close reason

With a URL it works with any WebSocket server, and knows more about a Peyk.

${Object.values(flags)
  .map(({ usage, doc }) => `  ${usage.padEnd(18)} ${doc}`)
  .join("\n")}

Exit code: 0 well, or only warnings; 2 wrong words; else where it is broken:
  ${stages.map((stage, i) => `${10 + i} ${stage}`).join(", ")}

${examples}

--local takes --lang, --json and every setting as a flag, as \`peyk serve\` does. It ends with 1 where something is broken.

--explain takes --json.
${remoteHelp}`;

export const doctorCommand: Command = {
  usage: "doctor URL | --local | --explain RECEIPT",
  summary: "Say exactly why a WebSocket does not connect",
  details,
  withoutSettings: true,
  async run(args) {
    if (has(args, "--local")) return doctorLocal(args);
    if (has(args, "--explain")) return explain(args);
    const { values, positionals } = read(args);
    if (positionals.length === 0) {
      print(`peyk ${doctorCommand.usage}\n\n${doctorCommand.summary}.\n\n${details}`);
      return 2;
    }
    if (positionals.length > 1) throw new CommandError(`one URL at a time, not also ${positionals[1]}`);
    const lang = langFrom(values);
    const report = await examine(positionals[0]!, { ...optionsFrom(values), lang });
    print(values.json === true ? JSON.stringify(report, null, 2) : render(report, lookFrom(lang)));
    return exitCode(report);
  },
};

const has = (args: readonly string[], flag: string): boolean =>
  args.some((each) => each === flag || each.startsWith(`${flag}=`));

function explain(args: readonly string[]): Promise<number> {
  const options = { explain: { type: "string" }, json: { type: "boolean" }, ...remoteOptions } as const;
  const parsed = parse(args, options);
  return runExplain(parsed, String(parsed.values.explain));
}

function read(args: readonly string[]): { values: Values; positionals: readonly string[] } {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Values, positionals };
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : error}. See peyk doctor --help.`);
  }
}

function optionsFrom(values: Values): Options {
  const text = (name: string) => values[name] as string | undefined;
  const timeout = numberFrom(text("timeout"), "timeout");
  return {
    token: text("token"),
    tokenIn: oneOf(text("token-in"), tokenPlaces, "token-in") as TokenPlace | undefined,
    headers: headersFrom((values.header ?? []) as string[]),
    origin: text("origin"),
    idle: numberFrom(text("idle"), "idle"),
    payload: numberFrom(text("payload"), "payload"),
    parallel: numberFrom(text("parallel"), "parallel"),
    jsonPing: values["json-ping"] === true,
    insecure: values.insecure === true,
    ca: text("ca") === undefined ? undefined : fileFrom(text("ca")!),
    timeout: timeout === undefined ? undefined : timeout * 1000,
  };
}

function headersFrom(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([^\r\n]*)$/.exec(line) ?? [];
      if (name === undefined) throw new CommandError("--header: must look like 'Name: value'");
      return [name, value!];
    }),
  );
}

function numberFrom(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && text.trim() !== "") return value;
  throw new CommandError(`--${name} ${text}: must be a number above 0`);
}

function oneOf(text: string | undefined, allowed: readonly string[], name: string): string | undefined {
  if (text === undefined || allowed.includes(text)) return text;
  throw new CommandError(`--${name} ${text}: must be one of ${allowed.join(", ")}`);
}

function fileFrom(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CommandError(`--ca ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Asked for, else the system's own where we speak it. */
function langFrom({ lang }: Values): Language {
  const known = Object.keys(languages);
  if (lang !== undefined) return oneOf(String(lang), known, "lang") as Language;
  const [own = ""] = (process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || "").split(/[_.]/);
  return (known.includes(own) ? own : "en") as Language;
}

const lookFrom = (lang: Language) => ({
  lang,
  colours: process.stdout.isTTY === true && !process.env.NO_COLOR,
  width: Math.min(Math.max(process.stdout.columns || 100, 60), 110),
});
