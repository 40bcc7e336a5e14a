/**
 * What makes a customer's message suspicious. It is marked, never dropped or hidden: a person decides. So little is
 * suspected rather than too much; greetings, laughter (хахаха, خخخخ), rows of smileys, a few links and somebody who
 * asks "hello?" again are not.
 */
export const suspicionReasons = ["repeated_text", "many_links", "one_character"] as const;
export type SuspicionReason = (typeof suspicionReasons)[number];

/** Milliseconds in which the same text counts as said again. */
export const repeatSpan = 60_000;
/** The same text so often within that time; short ones, which people repeat when they wait, more often. */
const repeats = { long: 3, short: 5 };
/** Characters from which a text is long. */
const longText = 20;
/** Links in one message: a customer names two or three goods, hardly five. */
const links = 5;
/** Characters of a text that is one character and nothing else, spaces apart. */
const oneCharacter = 50;

const linkStart = /https?:\/\/|(?<![\w/.])(?:www\.|t\.me\/)/gi;
/** Spaces, and what makes one emoji look like several characters: joiners, variants, skins. */
const unseen = /\s|\p{Default_Ignorable_Code_Point}|\p{Emoji_Modifier}/u;

/** Reasons to suspect a text that its customer has said `times` times within `repeatSpan`, this time counted. */
export function suspicionsOf(text: string, times: number): SuspicionReason[] {
  const reasons: SuspicionReason[] = [];
  if (times >= (text.length < longText ? repeats.short : repeats.long)) reasons.push("repeated_text");
  if (text.length >= longText && countOf(linkStart, text) >= links) reasons.push("many_links");
  if (text.length >= oneCharacter && isOneCharacter(text)) reasons.push("one_character");
  return reasons;
}

const countOf = (pattern: RegExp, text: string): number => text.match(pattern)?.length ?? 0;

function isOneCharacter(text: string): boolean {
  let first: string | undefined;
  let count = 0;
  for (const each of text.toLowerCase()) {
    if (unseen.test(each)) continue;
    first ??= each;
    if (each !== first) return false;
    count++;
  }
  return count >= oneCharacter;
}
