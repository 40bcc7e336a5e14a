import type { Group, OutcomeName } from "../catalogue.ts";
import { en } from "./en.ts";
import { fa } from "./fa.ts";
import { ru } from "./ru.ts";

export const languages = ["en", "fa", "ru"] as const;
export type Language = (typeof languages)[number];

/** What is said in one language. `{port}` stands for a fact. */
export interface Words {
  readonly title: string;
  readonly fix: string;
  readonly summary: { readonly ok: string; readonly warning: string; readonly error: string };
  readonly groups: Readonly<Record<Group, string>>;
  /** `fix` is empty exactly where the verdict is ok. */
  readonly outcomes: Readonly<Record<OutcomeName, { readonly saw: string; readonly fix: string }>>;
}

const all: Readonly<Record<Language, Words>> = { en, fa, ru };

export const wordsOf = (language: Language): Words => all[language];
