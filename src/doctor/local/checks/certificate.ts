import type { X509Certificate } from "node:crypto";
import { X509Certificate as Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { connect, rootCertificates } from "node:tls";
import type { Config } from "../../../config/schema.ts";
import type { Clock } from "../../../core/clock.ts";
import { found, type LocalCheck, type Outcome } from "../catalogue.ts";
import type { ConfiguredPort, Situation } from "../situation.ts";
import { hostNames, readChain, readKey } from "./certificate-files.ts";
import { loopbackOf } from "./network.ts";

const day = 86_400_000;
/** Days before its end at which a certificate should long be renewed: certbot does it 30 days before. */
const soon = 14;

/** The certificate's files, and whether the ports show what is in them. */
export const certificateCheck = ({ config, clock, ports }: Situation): LocalCheck =>
  lookingAt(config, async ({ own, chain, certFile, keyFile }) => [
    ...keyMode(keyFile),
    ...dates(own, clock),
    ...chainTrouble(chain, certFile),
    ...nameTrouble(own, config),
    ...(await shown(
      ports.filter(({ tls }) => tls),
      loopbackOf(config.host),
      own,
    )),
  ]);

/** The dates alone, for a server that has long read the files. */
export const certificateDates = (config: Config, clock: Clock): LocalCheck =>
  lookingAt(config, async ({ own }) => dates(own, clock));

/** Both files, as they are now. */
interface Files {
  readonly own: X509Certificate;
  readonly chain: readonly X509Certificate[];
  readonly certFile: string;
  readonly keyFile: string;
}

/** Looks for trouble in files that can be read and belong together. */
const lookingAt = (
  { tlsCert: certFile, tlsKey: keyFile }: Config,
  troubleWith: (files: Files) => Promise<Outcome[]>,
): LocalCheck => ({
  group: "certificate",
  async run() {
    if (certFile === undefined || keyFile === undefined) return [found("tls_off")];
    const read = readBoth(certFile, keyFile);
    if ("outcome" in read) return [read];
    const trouble = await troubleWith({ ...read, certFile, keyFile });
    return trouble.length > 0 ? trouble : [found("tls_good", good(read.own))];
  },
});

const good = (own: X509Certificate) => ({
  names: hostNames(own).join(", ") || "-",
  until: dateOf(own.validToDate),
});

const dateOf = (date: Date): string => date.toISOString().slice(0, 10);

function readBoth(
  certFile: string,
  keyFile: string,
): { own: X509Certificate; chain: X509Certificate[] } | Outcome {
  let file = certFile;
  try {
    const chain = readChain(certFile);
    const [own] = chain;
    if (own === undefined) return unusable(certFile, "no -----BEGIN CERTIFICATE-----");
    file = keyFile;
    if (own.checkPrivateKey(readKey(keyFile))) return { own, chain };
    return unusable(keyFile, `another key than that of ${certFile}`);
  } catch (error) {
    return unusable(file, error instanceof Error ? error.message : String(error));
  }
}

const unusable = (file: string, detail: string): Outcome => found("tls_unusable", { file, detail });

/** Groups such as ssl-cert may read it; everybody may not. */
function keyMode(file: string): Outcome[] {
  const mode = statSync(file).mode & 0o777;
  return mode & 0o007 ? [found("tls_key_open", { file, mode: `0${mode.toString(8)}` })] : [];
}

function dates(own: X509Certificate, clock: Clock): Outcome[] {
  const now = clock.now();
  const facts = { until: dateOf(own.validToDate), from: dateOf(own.validFromDate) };
  if (own.validFromDate.getTime() > now) return [found("tls_not_yet", facts)];
  const days = Math.floor((own.validToDate.getTime() - now) / day);
  if (days < 0) return [found("tls_expired", facts)];
  return days < soon ? [found("tls_expires_soon", { ...facts, days })] : [];
}

/** Clients know the roots alone: what stands between must be in the file, each followed by its issuer. */
function chainTrouble(chain: readonly X509Certificate[], file: string): Outcome[] {
  const last = chain.findLast((each, i) => i === 0 || isIssuedBy(chain[i - 1]!, each))!;
  if (isIssuedBy(last, last) || isKnownRoot(last)) return [];
  return [found("tls_chain_cut", { file, issuer: last.issuer.replaceAll("\n", ", ") })];
}

const isIssuedBy = (child: X509Certificate, parent: X509Certificate): boolean =>
  child.checkIssued(parent) && child.verify(parent.publicKey);

const isKnownRoot = (last: X509Certificate): boolean =>
  rootCertificates.some((pem) => {
    const root = new Certificate(pem);
    return root.subject === last.issuer && isIssuedBy(last, root);
  });

function nameTrouble(own: X509Certificate, { publicUrl }: Config): Outcome[] {
  if (publicUrl === undefined || !publicUrl.startsWith("https:")) return [];
  const name = new URL(publicUrl).hostname;
  return own.checkHost(name) === undefined
    ? [found("tls_name_missing", { name, names: hostNames(own).join(", ") || "-" })]
    : [];
}

/** A renewed file is taken up by itself; a port that shows another one has not done so. */
async function shown(
  ports: readonly ConfiguredPort[],
  address: string,
  own: X509Certificate,
): Promise<Outcome[]> {
  const all = ports.map(async ({ port }) => {
    const fingerprint = await fingerprintAt(address, port);
    const isOther = fingerprint !== undefined && fingerprint !== own.fingerprint256;
    return isOther ? [found("tls_old_shown", { port })] : [];
  });
  return (await Promise.all(all)).flat();
}

const patience = 1_000;

function fingerprintAt(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () =>
      end(socket.getPeerCertificate().fingerprint256),
    );
    const end = (what: string | undefined) => {
      clearTimeout(timer);
      resolve(what);
      socket.destroy();
    };
    const timer = setTimeout(() => end(undefined), patience);
    socket.on("error", () => end(undefined));
  });
}
