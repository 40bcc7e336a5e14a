import { en } from "../../src/doctor/words/en.ts";
import { chapters } from "../../test/faults/cases.ts";
import type { FaultCase } from "../../test/faults/kit/case.ts";
import { prose, table } from "./markdown.ts";

const [begin, end] = ["<!-- cases -->", "<!-- /cases -->"];

/** The page with its table of what the tests break made anew. Throws where the page has no place for it. */
export function withCases(page: string): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/doctor.md lacks ${begin} … ${end}`);
  const sections = Object.entries(chapters).map(([title, cases]) => section(title, cases));
  return `${before}${begin}\n${sections.join("")}\n${end}${after}`;
}

function section(title: string, cases: readonly FaultCase[]): string {
  const wrong = cases.filter(({ expected }) => expected.cause !== undefined);
  const right = cases.filter(({ expected }) => expected.cause === undefined);
  const head = ["what is wrong", "stage", "cause", "whose", "what to do"];
  const alarms =
    right.length === 0 ? "" : `\nNo alarm:\n\n${right.map(({ name }) => `- ${name}`).join("\n")}\n`;
  return `\n### ${title}\n\n${table(head, wrong.map(row))}\n${alarms}`;
}

function row({ name, expected: { stage, cause, party, verdict } }: FaultCase): string[] {
  const mark = verdict === "warning" ? " (warning)" : "";
  return [name, `${stage}`, `\`${cause}\`${mark}`, `${party}`, prose(advice(en.causes[cause!].next))];
}

/** A sentence without its facts: what may be missing is left out, what differs from case to case is in italics. */
const advice = (template: string): string =>
  template
    .replace(/\[\[.*?\]\]/g, "")
    .replace(/\{(\w+)(?::\w+)?\}/g, (_, fact: string) => `*${fact.replaceAll("_", " ")}*`);
