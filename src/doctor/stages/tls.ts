import * as tls from "node:tls";
import { type Outcome, skipped } from "../outcome.ts";
import type { Walk } from "../walk.ts";
import { type Endpoint, LineFault } from "../wire/line.ts";
import { isTooOld, judgeCertificate, judgeTlsFailure, type Shown } from "./certificate.ts";

export async function tlsStage(walk: Walk): Promise<Outcome> {
  const { target, options } = walk;
  if (!target.secure) return skipped("tls_not_asked");
  const tried = await tryTls(walk);
  const outcome =
    "code" in tried
      ? await judgeFailure(walk, tried.code)
      : judgeCertificate(tried, target.host, walk.clock.now());
  if (outcome.verdict !== "broken" || options.insecure !== true || !outcome.cause?.startsWith("cert_"))
    return outcome;
  return { verdict: "warning", cause: outcome.cause, facts: { ...outcome.facts, insecure: true } };
}

/** Everything that browsers or this system believe, and what the command line names. */
function believed(ca: string | undefined): readonly string[] {
  const all = tls.getCACertificates as ((kind: string) => string[]) | undefined;
  const sets = all === undefined ? tls.rootCertificates : [...all("default"), ...all("system")];
  return [...new Set(sets), ...(ca === undefined ? [] : [ca])];
}

async function tryTls(walk: Walk, minVersion?: "TLSv1"): Promise<Shown | { readonly code: string }> {
  const { endpoint, options, target } = walk;
  const wish = {
    ...endpoint.tls,
    ca: believed(options.ca),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
  try {
    const line = await walk.dial({ ...endpoint, tls: wish });
    walk.keep(line);
    return describe(line.socket as tls.TLSSocket, target.host);
  } catch (error) {
    return { code: error instanceof LineFault ? error.code : String(error) };
  }
}

function describe(socket: tls.TLSSocket, host: string): Shown {
  const certificate = socket.getPeerCertificate(true);
  const fault = faultOf(socket);
  return {
    protocol: socket.getProtocol() ?? "",
    ...(fault === undefined ? {} : { chainFault: fault }),
    // Without such names Node looks at the subject, as browsers did until 2017 (RFC 2818 3.1 calls that deprecated).
    nameFits:
      certificate.subjectaltname !== undefined && tls.checkServerIdentity(host, certificate) === undefined,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: (certificate.subjectaltname ?? "")
      .split(", ")
      .flatMap((each) => each.replace(/^(DNS|IP Address):/, "") || []),
    from: Date.parse(certificate.valid_from),
    to: Date.parse(certificate.valid_to),
    chain: chainOf(certificate).length,
  };
}

/** Why the chain is not believed. Names are judged by themselves: one code would hide the others. */
function faultOf({ authorizationError }: tls.TLSSocket): string | undefined {
  const error = authorizationError as unknown as { code?: string } | string | null | undefined;
  const code = typeof error === "object" ? error?.code : error;
  return code === undefined || code === null || code === namesFault ? undefined : code;
}

const namesFault = "ERR_TLS_CERT_ALTNAME_INVALID";

const nameOf = (subject: tls.Certificate | undefined): string => String(subject?.CN ?? subject?.O ?? "");

/** Bun 1.4.5 gives the leaf twice: as the certificate, and as its own issuer. */
function chainOf(certificate: tls.DetailedPeerCertificate): string[] {
  const seen: string[] = [];
  for (
    let each: tls.DetailedPeerCertificate | undefined = certificate;
    each !== undefined;
    each = each.issuerCertificate
  ) {
    if (seen.includes(each.fingerprint256) && each.issuerCertificate === each) break;
    if (!seen.includes(each.fingerprint256)) seen.push(each.fingerprint256);
    if (seen.length > 10) break;
  }
  return seen;
}

async function judgeFailure(walk: Walk, code: string): Promise<Outcome> {
  if (!isTooOld(code)) return judgeTlsFailure(code, { plain: await speaksPlain(walk) });
  const old = await tryTls(walk, "TLSv1");
  return judgeTlsFailure(code, "protocol" in old ? old : {});
}

/** Says hello in plain HTTP: `http` where that is answered, else the first words of what came; `undefined`: nothing. */
async function speaksPlain(walk: Walk): Promise<string | undefined> {
  const { endpoint, pace, timeout, target } = walk;
  const plain: Endpoint = { address: endpoint.address, port: endpoint.port };
  try {
    const line = await walk.dial(plain);
    line.write(`GET / HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`);
    const bytes = await line.read(Math.min(timeout, pace.patience(1_500)));
    line.close();
    const text = Buffer.from(bytes ?? []).toString("latin1");
    if (text.startsWith("HTTP/")) return isTlsTeller(text) ? undefined : "http";
    return text === "" || text.startsWith("\x15")
      ? undefined
      : text
          .replace(/[^\x20-\x7e]+/g, " ")
          .trim()
          .slice(0, 60);
  } catch {
    return undefined;
  }
}

/** A TLS port that tells in plain HTTP that it wants TLS, as nginx, Go and Apache do. */
export const isTlsTeller = (text: string): boolean =>
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|speaking plain HTTP to an SSL-enabled/i.test(
    text,
  );
