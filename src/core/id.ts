const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/**
 * `length` random characters (5 bits each) that a person can read over the telephone: no l, o, 0 or 1.
 * Unguessable from 26 characters on; shorter ones are names, not secrets.
 */
export function randomId(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  let id = "";
  for (const byte of bytes) id += alphabet[byte & 31];
  return id;
}
