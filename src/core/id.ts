const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/**
 * `length` random characters (5 bits each) that a person can read over the telephone: no l, o, 0 or 1.
 * Unguessable from 26 characters on; shorter ones are names, not secrets.
 */
export function randomId(length: number): string {
  let id = "";
  for (let i = 0; i < length; i++) id += alphabet[randomByte() & 31];
  return id;
}

/** Random bytes that nobody has used: asking for many at once costs little more than asking for one. */
const pool = new Uint8Array(1024);
let used = pool.length;

function randomByte(): number {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  return pool[used++]!;
}
