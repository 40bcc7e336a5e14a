/**
 * A stranger's words as a terminal may show them: it obeys control characters, and people are misled by text that turns
 * its own direction (Unicode UAX 9: embeddings, overrides, isolates).
 */
export const printable = (text: string): string =>
  text.replace(/[\t\r\n]+/g, " ").replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "?");
