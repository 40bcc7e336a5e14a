import { type Cause, type CauseName, causes } from "../../src/doctor/causes.ts";
import { fill, placeholders, substitute } from "../../src/doctor/fill.ts";
import { type RemedyText, remedies } from "../../src/doctor/remedies.ts";
import { type Facts, stages } from "../../src/doctor/report.ts";
import { type Language, languages } from "../../src/doctor/tell.ts";
import { faultWords } from "../../src/doctor/words/faults.ts";
import type { Words } from "../../src/doctor/words/words.ts";
import { type FaultName, faults } from "../../src/protocol/faults.ts";
import { code, notice, prose, table } from "./markdown.ts";
import { pageWords, type Symptom, symptoms } from "./troubleshooting-words.ts";

/** Facts of an example, for the sentences that cannot do without. The rest stays out, as `[[ ]]` allows. */
const example: Facts = {
  typed: "htp://example.com",
  part: "scheme",
  fragment: "#top",
  without: "wss://example.com/ws/",
  host: "example.com",
  port: 8000,
  path: "/ws/chat/7/",
  scheme: "wss",
  authority: "example.com:8000",
  address: "192.0.2.10",
  elsewhere: "127.0.0.1",
  dead: ["2001:db8::10"],
  why: "filtered",
  seconds: 60,
  asked_name: "example.com",
  names: ["www.example.org"],
  subject: "example.com",
  issuer: "Example CA",
  valid_to: "2026-01-31",
  valid_from: "2027-01-31",
  ago_seconds: 86_400,
  in_seconds: 86_400,
  days_left: 5,
  protocol: "TLSv1",
  speaks: "SSH",
  location: "https://example.com/ws/chat/7/",
  suggestion: "wss://example.com/ws/chat/7/",
  accept: "…",
  expected: "…",
  wrong: ["Sec-WebSocket-Protocol"],
  broken: "masked",
  off_seconds: 7_200,
  bytes: 65_536,
  size: 1_048_576,
  fits: 65_536,
  count: 10,
  opened: 4,
  ms: 3_000,
  reason: "…",
  refusal: "4102",
  origin: "https://shop.example.com",
  url: "wss://example.com/ws/chat/7/",
  swapped_url: "ws://example.com:8000/ws/chat/7/",
};

/** Where one example does not fit all. */
const exampleOf: Partial<Readonly<Record<CauseName, Facts>>> = { cert_untrusted: { why: "unknown_root" } };

type Entry = readonly [CauseName, Cause];
const entries = Object.entries(causes) as unknown as readonly Entry[];

/** `docs/troubleshooting.md` and its translations, by file name: symptom → cause → what to do. */
export function troubleshootingPages(): Readonly<Record<string, string>> {
  const known = Object.keys(languages) as Language[];
  return Object.fromEntries(known.map((language) => [fileOf(language), page(language, known)]));
}

const fileOf = (language: string): string =>
  language === "en" ? "troubleshooting.md" : `troubleshooting.${language}.md`;

const languageNames: Readonly<Record<string, string>> = { en: "English", fa: "فارسی", ru: "Русский" };

function page(language: Language, known: readonly Language[]): string {
  const say = pageWords[language];
  const words: Words = languages[language];
  const others = known
    .filter((each) => each !== language)
    .map((each) => `[${languageNames[each]}](${fileOf(each)})`);
  const text = `# ${say.title}
${others.length === 0 ? "" : `\n${others.join(" · ")}\n`}
${say.intro}

## ${say.symptomsHeading}

${table(
  [say.see, say.stands],
  symptoms.map((each) => [`[${each}](#s${each})`, say.about[each]]),
)}

${symptoms.map((each) => symptomSection(each, language, words)).join("\n\n")}

## ${say.causesHeading}

${stages
  .map((stage) => stageSection(stage, language, words))
  .filter((each) => each !== "")
  .join("\n\n")}

## ${say.faultsHeading}

${say.faultsIntro}

${faultTable(language)}`;
  const body = words.direction === "rtl" ? `<div dir="rtl">\n\n${text}\n\n</div>` : text;
  return `<!-- ${notice("src/doctor and src/protocol/faults.ts")} -->\n${body}\n`;
}

function symptomSection(symptom: Symptom, language: Language, words: Words): string {
  const say = pageWords[language];
  const found = entries.filter(([, { symptoms: of }]) => of.includes(symptom));
  const rows = found.map(([name, cause]) => [
    `[${prose(sentence(name, "title", words, symptom))}](#${name})`,
    words.parties[cause.party],
    prose(sentence(name, "next", words, symptom)),
  ]);
  const own = faultsWith(symptom).map(([name]) => `[${name}](#f_${name})`);
  const named = own.length === 0 ? "" : `\n\nPeyk: ${own.join(", ")}`;
  const body = rows.length === 0 ? "" : `\n\n${table([say.whatIsWrong, say.whose, say.whatToDo], rows)}`;
  return `### <a id="s${symptom}"></a>${symptom}\n\n${say.about[symptom]}${body}${named}`;
}

const faultsWith = (symptom: Symptom) =>
  Object.entries(faults).filter(
    ([, { close, http }]) => String(symptom.length === 4 ? close : http) === symptom,
  );

function stageSection(stage: (typeof stages)[number], language: Language, words: Words): string {
  const found = entries.filter(([, cause]) => cause.stage === stage);
  if (found.length === 0) return "";
  return [`### ${words.stages[stage]}`, ...found.map((each) => causeSection(each, language, words))].join(
    "\n\n",
  );
}

function causeSection([name, cause]: Entry, language: Language, words: Words): string {
  const say = pageWords[language];
  const lines = [
    `#### <a id="${name}"></a>${prose(sentence(name, "title", words))}`,
    prose(sentence(name, "means", words)),
    `${say.whose}: ${words.parties[cause.party]}.`,
    `**${say.whatToDo}:** ${prose(sentence(name, "next", words))}`,
    ...cause.remedies
      .flatMap((each): readonly RemedyText[] => remedies[each])
      .map(({ where, text }) => snippet(where, text)),
  ];
  return lines.filter((line) => line !== "").join("\n\n");
}

const snippet = (where: string, text: string): string =>
  `${where}:\n\n\`\`\`\n${substitute(text, example)}\n\`\`\``;

/**
 * With example facts only where a sentence needs them; codes and statuses are those that `seen` speaks of. Throws for a
 * fact that has no example.
 */
function sentence(name: CauseName, part: "title" | "means" | "next", words: Words, seen?: Symptom): string {
  const template = words.causes[name][part];
  const needed = placeholders(template.replace(/\[\[.*?\]\]/g, ""));
  const known: Facts = { ...example, ...exampleOf[name], ...codesOf(name, seen), who: words.frame.somebody };
  for (const fact of needed)
    if (known[fact] === undefined)
      throw new Error(`scripts/docs/troubleshooting.ts: no example of {${fact}} (${name})`);
  const facts = Object.fromEntries(needed.map((fact) => [fact, known[fact]!]));
  const text = fill(template, facts, words);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function codesOf(name: CauseName, seen = ""): Facts {
  const of: readonly string[] = [seen, ...causes[name].symptoms];
  const status = of.find((each) => each.length === 3 && each !== "200") ?? "…";
  const code = of.find((each) => each.length === 4 && each !== "1006") ?? "…";
  return { status, code };
}

function faultTable(language: Language): string {
  const say = pageWords[language];
  const rows = (Object.keys(faults) as FaultName[]).map((name) => {
    const { close, http, retry } = faults[name];
    const { message, hint } = faultWords[language][name];
    return [
      close,
      http,
      `<a id="f_${name}"></a>${code(name)}`,
      say.retry[retry],
      prose(`${message}. ${hint}`),
    ];
  });
  return table([say.code, "HTTP", say.name, say.comeBack, `${say.meaning}; ${say.whatToDo}`], rows);
}
