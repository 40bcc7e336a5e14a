import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** The certificates of a PEM file, the server's own first. Throws what Node says. */
export const readChain = (file: string): X509Certificate[] =>
  readFileSync(file, "utf8")
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .filter((block) => block.startsWith("-----BEGIN CERTIFICATE-----"))
    .map((block) => new X509Certificate(block));

export const readKey = (file: string): KeyObject => createPrivateKey(readFileSync(file, "utf8"));

/** Host names of its subjectAltName. */
export const hostNames = ({ subjectAltName = "" }: X509Certificate): string[] =>
  subjectAltName.split(", ").flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []));

/** The host names of a certificate's file; none where it cannot be read, which is another check's to say. */
export function namesOf(file: string | undefined): string[] {
  try {
    const [own] = file === undefined ? [] : readChain(file);
    return own === undefined ? [] : hostNames(own);
  } catch {
    return [];
  }
}
