/** Instagram counts bytes of UTF-8, not characters: about 500 Persian or Cyrillic letters. */
export const maxTextBytes = 1000;

const encoder = new TextEncoder();
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const bytesOf = (text: string): number => encoder.encode(text).length;

/**
 * Parts of at most 1,000 bytes, never through what a reader sees as one character. Cuts at the end of a line or a
 * word where that does not make the part much smaller; white space at a cut is dropped.
 */
export function splitText(text: string): string[] {
  const parts: string[] = [];
  let rest = text.toWellFormed().trim();
  while (rest !== "") {
    const part = rest.slice(0, cut(rest));
    parts.push(part.trimEnd());
    rest = rest.slice(part.length).trimStart();
  }
  return parts;
}

/** Where the first part ends, in UTF-16 units. */
function cut(text: string): number {
  // No character has less than a byte for each unit, so what follows cannot matter.
  const head = text.slice(0, maxTextBytes + 1);
  if (head.length === text.length && bytesOf(head) <= maxTextBytes) return text.length;
  const full = fit(head);
  return lastBorder(head, full, /\n/g, 1 / 2) ?? lastBorder(head, full, /\s/g, 1 / 4) ?? full;
}

/** How much of `text` fits, on the border of a grapheme; of one that is itself too long, on that of a code point. */
function fit(text: string): number {
  const fitting = sum([...graphemes.segment(text)].map(({ segment }) => segment));
  return fitting > 0 ? fitting : sum([...text]);
}

function sum(pieces: readonly string[]): number {
  let [bytes, units] = [0, 0];
  for (const piece of pieces) {
    bytes += bytesOf(piece);
    if (bytes > maxTextBytes) break;
    units += piece.length;
  }
  return units;
}

/** Where the last border in the part is, if that leaves at least so much of the part. */
function lastBorder(text: string, full: number, border: RegExp, least: number): number | undefined {
  const at = [...text.slice(0, full + 1).matchAll(border)].at(-1)?.index;
  return at !== undefined && at >= full * least ? at : undefined;
}
