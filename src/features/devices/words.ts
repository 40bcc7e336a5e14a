/** What boards say of themselves, as far as it is kept and shown. */

/** Bytes of one reading, or of a board's settings: they are kept in memory for each board. */
export const maxWords = 4_096;

const secret = /token|passw|secret|credential|api_?key|psk/i;

/** As JSON, without what no operator should see: firmware reports its whole configuration, passwords included. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value, (key, each) => (secret.test(key) ? undefined : each));

/** The fields that fit into `maxWords`, without secrets. */
export function fitting(words: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  let left = maxWords;
  for (const [key, value] of Object.entries(words)) {
    if (secret.test(key) || value === undefined) continue;
    const json = plainJson(value);
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(json) + 4;
    if (bytes > left) continue;
    left -= bytes;
    kept.push([key, JSON.parse(json)]);
  }
  return Object.fromEntries(kept);
}

/** The first `max` units, and no half of a character that takes two. */
export const cut = (text: string, max: number): string => text.slice(0, max).replace(/[\ud800-\udbff]$/, "");
