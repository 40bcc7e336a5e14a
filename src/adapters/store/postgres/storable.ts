/** Stands for what cannot be stored, as it does in every decoder. */
const replacement = "\uFFFD";

/**
 * PostgreSQL keeps any text but the character NUL, and would refuse the whole change for it. Half of a surrogate pair
 * becomes the same sign on the wire.
 */
export const storable = (text: string): string =>
  text.includes("\0") ? text.replaceAll("\0", replacement) : text;

/** Values of a query, as PostgreSQL takes them. */
export const storableValues = (values: readonly unknown[]): unknown[] =>
  values.map((value) => (typeof value === "string" ? storable(value) : value));
