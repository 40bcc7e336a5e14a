import type { Facts } from "./report.ts";
import type { Term, Words } from "./words/words.ts";

/** In place of a fact that should be there. */
export const gap = "⟨?⟩";

/** A sentence with its facts. What stands in `[[ ]]` goes where a fact in it is missing, and `[[?fact … ]]` where that one is; elsewhere it leaves a gap that tests look for. */
export function fill(template: string, facts: Facts, words: Words): string {
  const whole = template.replace(
    /\[\[(?:\?(\w+) )?(.*?)\]\]/g,
    (_, asked: string | undefined, part: string) =>
      [...(asked === undefined ? [] : [asked]), ...placeholders(part)].every((name) => isKnown(facts[name]))
        ? part
        : "",
  );
  return whole
    .replace(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, kind?: string) => show(facts[name], kind, words))
    .replace(/ {2,}/g, " ")
    .trim();
}

/** The same for a command or lines of configuration: nothing but facts is replaced, and what is not known stays. */
export const substitute = (text: string, facts: Facts): string =>
  text.replace(/\{(\w+)\}/g, (all, name: string) => (isKnown(facts[name]) ? String(facts[name]) : all));

/** Names of the facts that a template speaks of. */
export const placeholders = (template: string): string[] =>
  [...template.matchAll(/\{(\w+)(?::\w+)?\}/g)].map(([, name]) => name!);

const isKnown = (value: Facts[string] | undefined): boolean =>
  value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);

function show(value: Facts[string] | undefined, kind: string | undefined, words: Words): string {
  if (value === undefined) return gap;
  if (kind === "duration") return words.duration(Math.abs(Number(value)));
  if (kind === "bytes") return bytes(Number(value));
  if (kind === "term") return words.terms[value as Term] ?? String(value);
  return Array.isArray(value) ? value.join(words.comma) : String(value);
}

const bytes = (count: number): string => (count < 1024 ? `${count} B` : `${Math.round(count / 1024)} KB`);
