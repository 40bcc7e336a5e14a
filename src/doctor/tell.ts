import { type Cause, causes } from "./causes.ts";
import { fill, substitute } from "./fill.ts";
import { type RemedyName, type RemedyText, remedies } from "./remedies.ts";
import type { Facts, Finding, Remedy, Report } from "./report.ts";
import { en } from "./words/en.ts";
import { fa } from "./words/fa.ts";
import { ru } from "./words/ru.ts";
import type { Words } from "./words/words.ts";

export const languages = { en, fa, ru } as const satisfies Record<string, Words>;
export type Language = keyof typeof languages;

interface Told {
  readonly url: string;
  readonly at: string;
  readonly findings: readonly Finding[];
  /** What every sentence may name. */
  readonly facts: Facts;
}

/** Findings, with the words of a language. */
export function toReport({ url, at, findings, facts }: Told, language: Language): Report {
  const words: Words = languages[language];
  const worst =
    findings.find(({ verdict }) => verdict === "broken") ??
    findings.find(({ verdict }) => verdict === "warning");
  return {
    schema: "peyk-doctor/1",
    url,
    at,
    verdict: worst === undefined ? "ok" : (worst.verdict as "broken" | "warning"),
    ...(worst?.cause === undefined
      ? {}
      : { stage: worst.stage, cause: worst.cause, party: causes[worst.cause].party }),
    findings: findings.map((finding) =>
      tell(finding, { who: words.frame.somebody, ...facts, ...finding.facts }, words),
    ),
  };
}

function tell(finding: Finding, facts: Facts, words: Words): Report["findings"][number] {
  const ms = Math.round(finding.ms * 10) / 10;
  if (finding.cause === undefined)
    return {
      ...finding,
      ms,
      saw: fill(words.lines[finding.line!], facts, words),
      means: "",
      next: "",
      remedies: [],
    };
  const { party, remedies: names }: Cause = causes[finding.cause];
  const { title, means, next } = words.causes[finding.cause];
  return {
    ...finding,
    ms,
    party,
    saw: fill(title, facts, words),
    means: fill(means, facts, words),
    next: fill(next, facts, words),
    remedies: remediesFor(names, facts),
  };
}

/** Those that fit who answered, or what was said, come first. Of no use: a Peyk's settings for another server. */
function remediesFor(names: readonly RemedyName[], facts: Facts): Remedy[] {
  const said = [facts.who, facts.proxy, facts.body, facts.reason].join(" ");
  const all = names.flatMap((name): readonly RemedyText[] => remedies[name]);
  const usable = all.filter(({ where }) => where !== "Peyk" || facts.is_peyk !== false);
  const fitting = usable.filter(({ who }) => who?.test(said) === true);
  const others = usable.filter((each) => !fitting.includes(each) && each.only !== true);
  return [
    ...fitting.map((each) => ({ ...toRemedy(each, facts), fits: true as const })),
    ...others.map((each) => toRemedy(each, facts)),
  ];
}

const toRemedy = ({ where, text }: RemedyText, facts: Facts): Remedy => ({
  where,
  text: substitute(text, facts),
});
