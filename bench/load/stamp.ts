/** A moment of the generator's clock, as digits in a message: what it comes back with tells how long it was away. */
const digits = 12;

/** What stands in a message until its time is known. */
export const blankTime = "0".repeat(digits);

export function writeTime(message: Buffer, at: number, ms: number): void {
  message.write(String(Math.round(ms * 100)).padStart(digits, "0"), at, "latin1");
}

/** Without a string between: this runs for each delivery that is measured. */
export function readTime(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + bytes[i]! - 48;
  return value / 100;
}
