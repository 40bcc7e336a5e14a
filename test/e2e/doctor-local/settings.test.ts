import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsCheck } from "../../../src/doctor/local/checks/settings.ts";
import { testConfig } from "../../kit/app.ts";
import { alone, examineHere, noRoot, serve, the, wrong } from "../../kit/doctor-local.ts";
import { missing, testUnless, warn } from "../../kit/program.ts";
import { tempDir } from "../../kit/temp.ts";

const file = (name: string) => join(import.meta.dir, "..", "..", "kit", "certificates", name);
const noOpenssl = missing(["openssl", "version"], "no openssl");
warn("peyk doctor --local", noOpenssl);

describe("settings", () => {
  test("each dangerous one is named with its remedy", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "peyk.db"), "");
    const settings = {
      PUBLIC_TOKENS: "open",
      TRUST_PROXY: "0.0.0.0/0,::/0,10.0.0.0/8,127.0.0.1",
      JWT_SECRET: "ab".repeat(20),
      LOG_LEVEL: "trace",
      ADMIN_PASSWORD: "not so secret",
      MESSAGE_RATE: "0",
      MAX_CONNECTIONS_PER_ADDRESS: "500",
    };
    const found = await examineHere(await alone(dir.path, settings));
    expect(
      found.findings.filter(({ check, verdict }) => check === "settings" && verdict === "warning"),
    ).toHaveLength(7);
    expect(
      found.findings.filter(({ cause }) => cause === "proxy_everybody").map(({ facts }) => facts.entry),
    ).toEqual(["0.0.0.0/0", "::/0"]);
    expect(the(found, "tokens_open").fix).toContain("PUBLIC_TOKENS=pairing");
    expect(the(found, "secret_weak").fix).toContain("openssl rand");
    expect(the(found, "limits_off").saw).toContain("MESSAGE_RATE=0, MAX_CONNECTIONS_PER_ADDRESS=500");
    expect(JSON.stringify(found)).not.toContain("abab");
    expect(JSON.stringify(found)).not.toContain("not so secret");
  });

  test("health tells loopback of a TRUST_PROXY for everybody, and others that something is wrong", async () => {
    await using here = await serve({ TRUST_PROXY: "0.0.0.0/0" });
    const health = async (headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${here.port}/api/websocket/health/`, { headers })).json();
    expect(await health({ "X-Forwarded-For": "192.0.2.9" })).toMatchObject({
      status: "warning",
      recommendations: ["settings: ask the operator to look at this page from the server"],
    });
    const ready = await fetch(`http://127.0.0.1:${here.port}/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ok" }]);
  });
});

test("each secret that others may read is named; in containers there are no others", async () => {
  using dir = tempDir();
  chmodSync(dir.path, 0o755);
  mkdirSync(join(dir.path, "sub"));
  for (const name of ["jwt_secret", "secret_key"])
    writeFileSync(join(dir.path, name), "abcdefghijkl".repeat(4));
  writeFileSync(join(dir.path, "peyk.db"), "");
  chmodSync(join(dir.path, "jwt_secret"), 0o644);
  chmodSync(join(dir.path, "secret_key"), 0o600);
  if (noRoot === "") chownSync(join(dir.path, "jwt_secret"), 0, 0);
  const look = async (isContainer: boolean) => {
    const situation = { config: testConfig(dir.path), fromEnvironment: new Set(), isContainer };
    const check = settingsCheck({ ...situation, server: async () => undefined } as never);
    return (await check.run()).map(({ outcome, facts }) => [outcome, facts.file ?? facts.folder]);
  };
  expect(await look(true)).toEqual([["settings_fine", undefined]]);
  expect(await look(false)).toEqual([
    ["secret_file_open", join(dir.path, "jwt_secret")],
    ["data_dir_open", dir.path],
    ...(noRoot === "" ? [["runs_as_root", undefined]] : []),
  ]);
});

/** A certificate of any dates and mode, made by OpenSSL. */
function certificate(folder: string, from: string, until: string, names = "DNS:localhost") {
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  writeFileSync(join(folder, "index.txt"), "");
  writeFileSync(
    join(folder, "conf"),
    `[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=${names}\n`,
  );
  run(
    "req",
    "-new",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-subj",
    "/CN=x",
    "-keyout",
    "key.pem",
    "-out",
    "x.csr",
  );
  run(
    "ca",
    "-batch",
    "-notext",
    "-selfsign",
    "-config",
    "conf",
    "-in",
    "x.csr",
    "-keyfile",
    "key.pem",
    "-out",
    "cert.pem",
    "-startdate",
    from,
    "-enddate",
    until,
  );
  return { TLS_CERT: join(folder, "cert.pem"), TLS_KEY: join(folder, "key.pem") };
}

const stamp = (days: number) =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;

describe("certificates", () => {
  test("files that cannot be used, each with its file", async () => {
    using dir = tempDir();
    for (const [settings, sentence] of [
      [{ TLS_CERT: file("none.crt"), TLS_KEY: file("first.key") }, "none.crt: ENOENT"],
      [{ TLS_CERT: file("first.key"), TLS_KEY: file("first.key") }, "no -----BEGIN CERTIFICATE-----"],
      [{ TLS_CERT: file("first.crt"), TLS_KEY: file("second.key") }, "second.key: another key than that of"],
    ] as const) {
      const found = await examineHere(await alone(dir.path, settings));
      expect(the(found, "tls_unusable").saw).toContain(sentence);
      expect(found.code).toBe(1);
    }
  });

  testUnless(
    noOpenssl,
    "ended, not begun, ending soon, for another name, with a key for everybody",
    async () => {
      using dir = tempDir();
      for (const [from, until, cause] of [
        [stamp(-30), stamp(-1), "tls_expired"],
        [stamp(2), stamp(30), "tls_not_yet"],
        [stamp(-30), stamp(5.5), "tls_expires_soon"],
      ] as const) {
        const tls = certificate(dir.path, from, until);
        expect(wrong(await examineHere(await alone(dir.path, tls)))).toContain(cause);
      }
      const tls = certificate(dir.path, stamp(-1), stamp(90), "DNS:chat.example");
      chmodSync(tls.TLS_KEY, 0o644);
      const found = await examineHere(await alone(dir.path, { ...tls, PUBLIC_URL: "https://other.example" }));
      expect(the(found, "tls_key_open").fix).toBe(`chmod 0600 ${tls.TLS_KEY}`);
      expect(the(found, "tls_name_missing").saw).toContain("chat.example, and not for other.example");
    },
  );

  testUnless(noOpenssl, "one whose issuer is missing from the file", async () => {
    using dir = tempDir();
    const run = (...args: string[]) => spawnSync("openssl", args, { cwd: dir.path });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    run("req", "-x509", ...key, "-subj", "/CN=Some CA", "-keyout", "ca.key", "-out", "ca.pem", "-days", "90");
    run("req", "-new", ...key, "-subj", "/CN=leaf", "-keyout", "key.pem", "-out", "leaf.csr");
    run(
      "x509",
      "-req",
      "-in",
      "leaf.csr",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-out",
      "leaf.pem",
      "-days",
      "60",
    );
    const look = async (cert: string) =>
      wrong(
        await examineHere(
          await alone(dir.path, { TLS_CERT: join(dir.path, cert), TLS_KEY: join(dir.path, "key.pem") }),
        ),
      );
    expect(await look("leaf.pem")).toContain("tls_chain_cut");
    writeFileSync(
      join(dir.path, "full.pem"),
      (await Bun.file(join(dir.path, "leaf.pem")).text()) + (await Bun.file(join(dir.path, "ca.pem")).text()),
    );
    expect(await look("full.pem")).not.toContain("tls_chain_cut");
  });

  test("a port that still shows the old one", async () => {
    using dir = tempDir();
    const tls = { TLS_CERT: join(dir.path, "cert.pem"), TLS_KEY: join(dir.path, "key.pem") };
    const put = (name: string) => {
      copyFileSync(file(`${name}.crt`), tls.TLS_CERT);
      copyFileSync(file(`${name}.key`), tls.TLS_KEY);
      chmodSync(tls.TLS_KEY, 0o600);
    };
    put("first");
    await using here = await serve({ HOST: "127.0.0.1", TRUST_PROXY: "127.0.0.1", ...tls });
    const well = await examineHere(here.options);
    expect(wrong(well)).toEqual([]);
    expect(the(well, "tls_good").saw).toContain("localhost, first.peyk.test, until 2120-01-01");
    // Within seconds it would be taken up: so it is looked at before that.
    put("second");
    the(await examineHere(here.options), "tls_old_shown");
  });
});
