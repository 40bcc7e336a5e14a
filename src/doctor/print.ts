import { fill } from "./fill.ts";
import type { Report, Verdict } from "./report.ts";
import { type Language, languages } from "./tell.ts";
import type { Words } from "./words/words.ts";

export interface Look {
  readonly lang: Language;
  readonly colours: boolean;
  /** Characters of a line; sentences are broken there. */
  readonly width: number;
}

/** Remedies that a terminal shows; all are in the JSON. */
const shownRemedies = 2;

const marks: Readonly<Record<Verdict, string>> = { ok: "✓", warning: "!", broken: "✗", skipped: "–" };
const colours: Readonly<Record<Verdict, number>> = { ok: 32, warning: 33, broken: 31, skipped: 90 };

type Told = Report["findings"][number];

/** The report as a terminal shows it: one line for each stage, a block for what is wrong, one sentence at the end. */
export function print(report: Report, look: Look): string {
  const words: Words = languages[look.lang];
  const paint = (verdict: Verdict, text: string) =>
    look.colours ? `\u001b[${colours[verdict]}m${text}\u001b[0m` : text;
  const lines = report.findings.flatMap((finding) => [
    stageLine(finding, words, paint),
    ...(finding.cause === undefined ? [] : block(finding, words, look.width)),
  ]);
  return [
    fill(words.frame.examines, { url: report.url }, words),
    "",
    ...tidy(lines),
    "",
    start(words) + paint(report.verdict, verdictOf(report, words)),
  ].join("\n");
}

/**
 * In front of a line for people in a language from right to left: terminals choose a line's direction by its first
 * letter, and ours may begin with "TCP". Commands are left alone, so that they are copied as they are.
 */
const start = ({ direction }: Words): string => (direction === "rtl" ? "\u200f" : "");

function stageLine(
  { verdict, stage, saw, ms }: Told,
  words: Words,
  paint: (verdict: Verdict, text: string) => string,
): string {
  const longest = Math.max(...Object.values(words.stages).map(({ length }) => length));
  const time = verdict === "skipped" ? "" : `  (${ms < 10 ? ms : Math.round(ms)} ms)`;
  const text = `${words.stages[stage].padEnd(longest)}  ${saw}`;
  return `${start(words)}${paint(verdict, marks[verdict])} ${verdict === "skipped" ? paint(verdict, text) : text}${time}`;
}

function block({ means, next, party, remedies, facts }: Told, words: Words, width: number): string[] {
  const { frame } = words;
  const rows = [
    ["means", means],
    ["party", party === undefined ? "" : words.parties[party]],
    ["next", next],
  ] as const;
  const longest = Math.max(...rows.map(([name]) => frame[name].length));
  const told = rows.flatMap(([name, text]) =>
    wrap(text, width - longest - 6).map(
      (line, i) => `${start(words)}    ${(i === 0 ? frame[name] : "").padEnd(longest)}  ${line}`,
    ),
  );
  const receipt =
    facts.receipt === undefined ? [] : [`${start(words)}    ${fill(frame.receipt, facts, words)}`];
  return ["", ...told, ...receipt, ...remedyLines(remedies, words), ""];
}

function remedyLines(remedies: Told["remedies"], { frame }: Words): string[] {
  const fitting = remedies.filter(({ fits }) => fits === true);
  const shown = (fitting.length > 0 ? fitting : remedies).slice(0, shownRemedies);
  const more = remedies.length - shown.length;
  return [
    ...shown.flatMap(({ where, text }) => [
      "",
      `    ${where}:`,
      ...text.split("\n").map((line) => `      ${line}`),
    ]),
    ...(more > 0 ? [`    (${frame.more_remedies.replace("{count}", String(more))})`] : []),
  ];
}

function verdictOf(report: Report, words: Words): string {
  const { frame, stages } = words;
  const worst = report.findings.find(({ cause }) => cause !== undefined && cause === report.cause);
  const stage = report.stage === undefined ? "" : stages[report.stage];
  return fill(frame[`verdict_${report.verdict}`], { url: report.url, stage, title: worst?.saw ?? "" }, words);
}

/** Breaks a sentence between words. A word longer than a line stays whole, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Blocks stand apart by one empty line, and none is left at the end. */
const tidy = (lines: readonly string[]): string[] =>
  lines.filter((line, i) => line !== "" || (i < lines.length - 1 && lines[i + 1] !== ""));
