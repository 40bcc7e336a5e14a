/** UTF-16 units, which is never more generous than Telegram's own count. */
const longest = 4096;

/** From the best place to cut to the least good. */
const borders = ["\n\n", "\n", " "];

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Cuts at the end of a paragraph, a line or a word, or else between characters as a reader sees them. */
export function split(text: string): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > longest) {
    const at = borderOf(rest) ?? characterBorder(rest);
    parts.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  parts.push(rest);
  // Telegram refuses a blank message; only a text that is blank as a whole is left for it to refuse.
  const spoken = parts.filter((part) => part.trim() !== "");
  return spoken.length === 0 ? [rest] : spoken;
}

/** A border in the second half: a part of three words, for the sake of a paragraph, helps nobody. */
function borderOf(text: string): number | undefined {
  for (const border of borders) {
    const at = text.lastIndexOf(border, longest);
    if (at >= longest / 2) return at;
  }
  return undefined;
}

function characterBorder(text: string): number {
  // The code point at the border whole: whether it belongs to the one before cannot be seen from half of it.
  const window = text.slice(0, longest + 2);
  const at = graphemes.segment(window).containing(longest)?.index ?? 0;
  if (at > 0) return at;
  // One "character" that is longer than a message: its code points at least stay whole.
  const isLow = (text.charCodeAt(longest) & 0xfc00) === 0xdc00;
  return isLow ? longest - 1 : longest;
}
