import { settings } from "../config/schema.ts";
import { envName } from "../config/setting.ts";
import { groups } from "../doctor/local/catalogue.ts";
import { fill, type LocalFinding, worstOf } from "../doctor/local/run.ts";
import { type Language, languages, type Words, wordsOf } from "../doctor/local/words/words.ts";
import { examine } from "../local-doctor.ts";
import { CommandError, configFrom, type Parsed, parse, print } from "./command.ts";

/**
 * `peyk doctor --local [--json] [--lang en|fa|ru]` and every setting: the server's own side, beside a running server or
 * without one. Returns 0 where nothing is broken, else 1.
 */
export async function doctorLocal(args: readonly string[]): Promise<number> {
  const parsed = parse(args, {
    local: { type: "boolean" },
    json: { type: "boolean" },
    lang: { type: "string" },
  });
  const language = languageFrom(parsed);
  const found = await examine(configFrom(parsed), { language, fromEnvironment: fromEnvironment() });
  if (parsed.values.json === true) print(JSON.stringify(report(found), null, 2));
  else print(lines(found, wordsOf(language)));
  return worstOf(found) === "error" ? 1 : 0;
}

function languageFrom({ values }: Parsed): Language {
  const wanted = values.lang ?? "en";
  const language = languages.find((each) => each === wanted);
  if (language === undefined)
    throw new CommandError(`--lang ${wanted}: must be one of ${languages.join(", ")}`);
  return language;
}

/** An empty variable is how compose files and shells say "not set". */
const fromEnvironment = (): ReadonlySet<string> =>
  new Set(
    Object.keys(settings)
      .map(envName)
      .filter((name) => (process.env[name] ?? "") !== ""),
  );

/** What `--json` prints. Names and types here stay; new fields may come. */
const report = (findings: readonly LocalFinding[]) => ({
  schema: "peyk-doctor-local/1",
  at: new Date().toISOString(),
  verdict: worstOf(findings),
  findings,
});

const marks = { ok: "✓", warning: "!", error: "✗", unknown: "·" } as const;

function lines(findings: readonly LocalFinding[], words: Words): string {
  const shown = groups.filter((group) => findings.some(({ check }) => check === group));
  const sections = shown.map((group) => {
    const rows = findings.filter(({ check }) => check === group).map((each) => row(each, words));
    return `${words.groups[group]}\n${rows.join("\n")}`;
  });
  return [words.title, ...sections, summary(findings, words)].join("\n\n");
}

function row({ verdict, saw, fix }: LocalFinding, words: Words): string {
  const mend = fix === "" ? "" : `\n    ${words.fix}: ${fix}`;
  return `  ${marks[verdict]} ${saw}${mend}`;
}

function summary(findings: readonly LocalFinding[], words: Words): string {
  const count = (wanted: string) => findings.filter(({ verdict }) => verdict === wanted).length;
  return fill(words.summary[worstOf(findings)], { errors: count("error"), warnings: count("warning") });
}
