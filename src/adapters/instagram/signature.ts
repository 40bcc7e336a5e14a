import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** `sha256=<hex>` of the bytes as they came: Meta signs its own escaped form of the text, not ours. */
export function isSigned(header: string, secret: string, body: Uint8Array): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(header)?.[1];
  if (hex === undefined || secret === "") return false;
  const expected = createHmac("sha256", secret).update(body).digest();
  return timingSafeEqual(Buffer.from(hex, "hex"), expected);
}

/** Takes as long for a wrong token as for the right one. An empty secret fits nothing. */
export const isSame = (given: string, secret: string): boolean =>
  timingSafeEqual(digest(given), digest(secret)) && secret !== "";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
