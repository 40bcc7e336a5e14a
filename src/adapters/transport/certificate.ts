import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate and the key that belongs to it, as PEM, and what people want to know of it. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Host names of its subjectAltName. */
  readonly names: readonly string[];
  readonly expires: Date;
}

/** Throws a sentence where a file cannot be read, is not what it should be, or belongs to another. */
export function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  const cert = read("TLS_CERT", certFile);
  const key = read("TLS_KEY", keyFile);
  const x509 = parseCertificate(cert, certFile);
  if (!x509.checkPrivateKey(parseKey(key, keyFile)))
    throw new Error(
      `TLS_KEY=${keyFile}: this key does not belong to the first certificate in TLS_CERT=${certFile}. Name the two files that were issued together.`,
    );
  return { cert, key, names: namesOf(x509), expires: x509.validToDate };
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    throw new Error(`${setting}=${file}: ${what}. Name a PEM file that this user may read.`);
  }
}

/** The first is the server's own, its issuers' follow. All are parsed: the file may be half written. */
function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    const blocks = pem
      .split(/(?=-----BEGIN CERTIFICATE-----)/)
      .filter((each) => each.startsWith("-----BEGIN CERT"));
    const [own] = blocks.map((each) => new X509Certificate(each));
    if (own !== undefined) return own;
  } catch {
    // Said below.
  }
  throw new Error(
    `TLS_CERT=${file}: this is no certificate. Name a PEM file that starts with -----BEGIN CERTIFICATE-----, such as fullchain.pem.`,
  );
}

function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(
      `TLS_KEY=${file}: this is no private key, or it has a password. Name a PEM file such as privkey.pem; \`openssl pkey -in ${file} -out key.pem\` takes a password off.`,
    );
  }
}

const namesOf = ({ subjectAltName = "" }: X509Certificate): string[] =>
  subjectAltName.split(", ").flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []));

/**
 * Changes when one of the files does. Links are followed: certbot leaves the files as they are, and makes its links
 * point to new ones.
 */
export const stampOf = ({ certFile, keyFile }: CertificateFiles): string =>
  [certFile, keyFile].map(stampOfFile).join();

function stampOfFile(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${realpathSync(file)}:${ino}:${size}:${mtimeNs}`;
  } catch {
    return "none";
  }
}
