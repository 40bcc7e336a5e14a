import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../kit/temp.ts";

export interface CertificateOptions {
  /** `DNS:name` or `IP:address`. */
  readonly names?: string;
  readonly subject?: string;
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
  readonly intermediateUntil?: number;
  /** `self`: nobody signed it. `intermediate`: a certificate between it and the root did. */
  readonly signedBy?: "root" | "intermediate" | "self";
}

/** Files of one certificate. */
export interface Certificate {
  readonly folder: string;
  /** The certificate alone. */
  readonly cert: string;
  readonly key: string;
  /** With what stands between it and the root. */
  readonly chain: string;
  /** The root of its own authority. Whoever trusts it has NODE_EXTRA_CA_CERTS set to it. */
  readonly ca: string;
}

const extensions = (names: string) => `[ca]
default_ca = x
[x]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
[root]
basicConstraints = critical, CA:true
[leaf]
basicConstraints = critical, CA:false
subjectAltName = ${names}
`;

/** A certificate from an authority of its own, made anew by OpenSSL, for loopback and for now unless told otherwise. */
export async function certificate(
  stack: AsyncDisposableStack,
  options: CertificateOptions = {},
): Promise<Certificate> {
  const {
    names = "IP:127.0.0.1,DNS:localhost",
    subject = "server",
    from = -10,
    until = 100,
    signedBy = "root",
    intermediateUntil = 200,
  } = options;
  const { path: folder } = stack.use(tempDir());
  writeFileSync(join(folder, "conf"), extensions(names));
  writeFileSync(join(folder, "index.txt"), "");
  await sign(folder, "root", "Root of the tests", [
    "-selfsign",
    "-keyfile",
    "root.key",
    "-extensions",
    "root",
  ]);
  const by = (name: string) => ["-cert", `${name}.crt`, "-keyfile", `${name}.key`];
  if (signedBy === "intermediate")
    await sign(
      folder,
      "intermediate",
      "Intermediate of the tests",
      [...by("root"), "-extensions", "root"],
      [-20, intermediateUntil],
    );
  const signer = signedBy === "self" ? ["-selfsign", "-keyfile", "leaf.key"] : by(signedBy);
  await sign(folder, "leaf", subject, [...signer, "-extensions", "leaf"], [from, until]);
  return await files(folder, signedBy === "intermediate");
}

async function files(folder: string, hasIntermediate: boolean): Promise<Certificate> {
  const file = (name: string) => join(folder, name);
  const parts = hasIntermediate ? ["leaf.crt", "intermediate.crt"] : ["leaf.crt"];
  const chain = await Promise.all(parts.map((name) => Bun.file(file(name)).text()));
  writeFileSync(file("chain.crt"), chain.join(""));
  return {
    folder,
    cert: file("leaf.crt"),
    key: file("leaf.key"),
    chain: file("chain.crt"),
    ca: file("root.crt"),
  };
}

async function sign(
  folder: string,
  name: string,
  subject: string,
  signer: readonly string[],
  days: readonly number[] = [-20, 200],
): Promise<void> {
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    `${name}.key`,
  ];
  await openssl(folder, ["req", "-new", ...key, "-subj", `/CN=${subject}`, "-out", `${name}.csr`]);
  const [start, end] = days.map(dayFromNow) as [string, string];
  const files = ["-in", `${name}.csr`, "-out", `${name}.crt`, "-startdate", start, "-enddate", end];
  await openssl(folder, ["ca", "-batch", "-notext", "-config", "conf", ...files, ...signer]);
}

/** As OpenSSL writes a time: 20200131235959Z. */
const dayFromNow = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+|[-:T]/g, "");

async function openssl(cwd: string, args: readonly string[]): Promise<void> {
  const child = Bun.spawn(["openssl", ...args], { cwd, stdout: "ignore", stderr: "pipe" });
  const [complaint, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`openssl ${args[0]}: ${complaint}`);
}
