import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type OutcomeName, outcomes } from "../../src/doctor/local/catalogue.ts";
import { languages, wordsOf } from "../../src/doctor/local/words/words.ts";
import { TestApp } from "../kit/app.ts";
import { TestClient } from "../kit/client.ts";
import { type ExamineOptions, examineHere, runDoctor, the, wrong } from "../kit/doctor-local.ts";
import { peyk, ServerProcess } from "../kit/process.ts";
import { freePorts, missing, outsideAddress, Program, testUnless, warn } from "../kit/program.ts";
import { RawClient } from "../kit/raw.ts";
import { FakeTelegram } from "../kit/telegram/server.ts";
import { tempDir } from "../kit/temp.ts";

const certificates = join(import.meta.dir, "..", "kit", "certificates");
const file = (name: string) => join(certificates, name);
const outside = outsideAddress();

const noPython = missing(["python3", "--version"], "no python3");
const noOpenssl = missing(["openssl", "version"], "no openssl");
const noRoot = process.getuid?.() === 0 ? "" : "needs root";
const noMount =
  noRoot ||
  missing(["unshare", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"], "nothing can be mounted here");
const noNetns =
  noRoot || missing(["unshare", "--net", "ip", "link"], "no network of its own can be made here");
const noNft = noNetns || missing(["nft", "--version"], "no nft");
const noIptables = noNetns || missing(["iptables-save", "--version"], "no iptables");
const noUfw = noIptables || missing(["ufw", "--version"], "no ufw");
/** An ordinary user, to whom root's things are closed. */
const nobody = ["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];
const noSetpriv =
  noRoot || missing([...nobody, process.execPath, "--version"], "an ordinary user may not run this Bun");
const noAddress = outside === undefined ? "this machine has no address but loopback" : "";
/** Of version 1 and of version 2. */
const groups = ["memory/", ""].map((each) => `/sys/fs/cgroup/${each}peyk-${process.pid}`);
const noGroup = noRoot || (groups.some(canGroup) ? "" : "no control group for memory can be made here");
warn(
  "peyk doctor --local",
  noPython,
  noOpenssl,
  noMount,
  noNft,
  noIptables,
  noUfw,
  noSetpriv,
  noGroup,
  noAddress,
);

/** A control group of version 1 or 2 with a limit. */
function makeGroup(folder: string, bytes: number): boolean {
  try {
    mkdirSync(folder);
    const file = ["memory.limit_in_bytes", "memory.max"].find((name) => existsSync(join(folder, name)));
    if (file !== undefined) writeFileSync(join(folder, file), String(bytes));
    else rmdirSync(folder);
    return file !== undefined;
  } catch {
    return false;
  }
}

function canGroup(folder: string): boolean {
  const could = makeGroup(folder, 126 * 1024 * 1024);
  if (could) rmdirSync(folder);
  return could;
}

/** Few enough for every machine's descriptors: how many there are is a test's own subject. */
const calm = { MAX_CONNECTIONS: "500", MAX_CONNECTIONS_PER_ADDRESS: "100" };

/** A server on all addresses, and the settings that it and the doctor share. */
async function serve(settings: Record<string, string> = {}) {
  const [port] = await freePorts(1);
  const all = { HOST: "0.0.0.0", PORT: String(port), ...calm, ...settings };
  const server = await ServerProcess.start({ settings: all });
  const options: ExamineOptions = { settings: { ...all, DATA_DIR: server.dataDir } };
  return { server, options, port: port!, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Settings without a server. */
async function alone(dataDir: string, settings: Record<string, string> = {}): Promise<ExamineOptions> {
  const [port] = await freePorts(1);
  return { settings: { HOST: "127.0.0.1", PORT: String(port), DATA_DIR: dataDir, ...calm, ...settings } };
}

describe("a healthy server", () => {
  testUnless(
    noAddress,
    "nothing is wrong, every group is looked at, and it takes less than 3 s",
    async () => {
      await using here = await serve();
      const found = await examineHere(here.options);
      expect(wrong(found)).toEqual([]);
      expect({ code: found.code, verdict: found.verdict }).toEqual({ code: 0, verdict: "ok" });
      expect(found.ms).toBeLessThan(3_000);
      expect(the(found, "port_serves")).toMatchObject({
        saw: expect.stringContaining(`(${here.server.pid}), listens on 0.0.0.0 and answers`),
        fix: "",
      });
      expect(new Set(found.findings.map(({ check }) => check)).size).toBe(14);
      expect(found.findings.map(({ saw }) => saw).join()).toContain(`ws://${outside}:${here.port}`);
      for (const cause of [
        "server_well",
        "database_good",
        "disk_room",
        "disk_fast",
        "node_alone",
        "proxy_none",
      ])
        the(found, cause);
    },
  );

  test("it leaves nothing behind, and finds the database of a stopped server whole", async () => {
    const here = await serve();
    await here.server.end();
    const before = readdirSync(here.server.dataDir).sort();
    const found = await examineHere(here.options);
    expect(the(found, "database_good").saw).toContain("no damage found");
    expect(readdirSync(here.server.dataDir).sort()).toEqual(before);
    expect(the(found, "port_idle").fix).toContain("peyk serve");
    expect(found.code).toBe(0);
    await here.server[Symbol.asyncDispose]();
  });

  test("each outcome has words in each language, with the same places for facts, and a remedy unless all is well", () => {
    const places = (text: string) => text.match(/\{\w+\}/g)?.sort() ?? [];
    for (const language of languages)
      for (const [name, { verdict }] of Object.entries(outcomes)) {
        const { saw, fix } = wordsOf(language).outcomes[name as OutcomeName];
        const english = wordsOf("en").outcomes[name as OutcomeName];
        expect({ name, places: places(saw) }).toEqual({ name, places: places(english.saw) });
        expect({ name, places: places(fix) }).toEqual({ name, places: places(english.fix) });
        expect({ name, fix: fix === "" }).toEqual({ name, fix: verdict === "ok" });
      }
  });

  test("people get marks and the same in three languages", async () => {
    using dir = tempDir();
    const { settings } = await alone(dir.path, { PUBLIC_TOKENS: "open" });
    for (const [language, word] of [
      ["en", "Firewall"],
      ["fa", "فایروال"],
      ["ru", "Файрвол"],
    ] as const) {
      const { code, out } = await runDoctor(settings, [], "--lang", language);
      expect(code).toBe(0);
      expect(out).toContain(word);
      expect(out).toMatch(/^ {2}! .*PUBLIC_TOKENS=open/m);
      expect(out).not.toMatch(/\{\w+\}/);
    }
    const refused = await runDoctor(settings, [], "--lang", "de");
    expect(refused).toMatchObject({ code: 2, complaint: expect.stringContaining("en, fa, ru") });
  });
});

describe("ports", () => {
  testUnless(noPython, "another program holds the port: it is named, with what ends it", async () => {
    using dir = tempDir();
    const options = await alone(dir.path);
    const port = options.settings.PORT!;
    await using holder = Program.start(["python3", "-m", "http.server", port, "--bind", "127.0.0.1"], {
      cwd: dir.path,
    });
    await holder.prints("Serving HTTP");
    const found = await examineHere(options);
    expect(found.code).toBe(1);
    expect(the(found, "port_held").saw).toMatch(/python3?[\d.]* \(\d+\) holds it/);
    expect(the(found, "port_held").fix).toMatch(new RegExp(`kill \\d+.*PORT=${Number(port) + 1}`));
    expect(found.findings.map(({ cause }) => cause)).toContain("server_idle");
  });

  test("on loopback alone: said, and right behind a proxy that is named", async () => {
    await using here = await serve({ HOST: "127.0.0.1" });
    const found = await examineHere(here.options);
    expect(the(found, "port_loopback_only").fix).toContain("HOST=0.0.0.0");
    the(found, "address_loopback");
    the(found, "firewall_not_asked");
    const settings = { ...here.options.settings, TRUST_PROXY: "127.0.0.1" };
    expect(wrong(await examineHere({ settings }))).toEqual([]);
  });

  testUnless(
    noAddress,
    "on one address of the network: it is asked there, and keeps details to itself",
    async () => {
      await using here = await serve({ HOST: outside! });
      const found = await examineHere(here.options);
      expect(the(found, "port_serves").saw).toContain(`listens on ${outside}`);
      the(found, "server_silent_on_details");
      expect(wrong(found)).toEqual([]);
    },
  );

  test("a server that hangs is told from one that is not there", async () => {
    await using here = await serve();
    process.kill(here.server.pid, "SIGSTOP");
    try {
      const found = await examineHere(here.options);
      expect(the(found, "port_silent").saw).toContain(`(${here.server.pid}), takes connections`);
      expect(found.ms).toBeLessThan(4_000);
    } finally {
      process.kill(here.server.pid, "SIGCONT");
    }
  });

  testUnless(
    noSetpriv || noAddress,
    "for another user than the server's, what he may not see is no fault",
    async () => {
      await using here = await serve();
      const found = await examineHere({ ...here.options, before: nobody });
      expect(wrong(found)).toEqual([]);
      for (const cause of [
        "data_dir_unseen",
        "database_unseen",
        "nodes_unseen",
        "firewall_unreadable",
        "server_well",
      ])
        the(found, cause);
    },
  );

  test("a server with other settings is found", async () => {
    await using here = await serve();
    const [other] = await freePorts(1);
    const found = await examineHere({ settings: { ...here.options.settings, PORT: String(other) } });
    // On a machine where others serve, too, it may be theirs that is found.
    expect(the(found, "port_elsewhere").fix).toMatch(/--port \d+/);
  });

  test("an address that this machine does not have would keep it from starting", async () => {
    using dir = tempDir();
    const found = await examineHere(await alone(dir.path, { HOST: "198.51.100.7" }));
    expect(the(found, "host_unknown").fix).toContain("HOST=0.0.0.0");
    expect(found.code).toBe(1);
  });

  testUnless(noSetpriv, "a port below 1024 would, for an ordinary user", async () => {
    using dir = tempDir();
    const settings = { HOST: "127.0.0.1", PORT: "81", DATA_DIR: join(dir.path, "none"), ...calm };
    const found = await examineHere({ settings, before: nobody });
    expect(the(found, "port_forbidden").fix).toContain("above 1023");
  });
});

/** A network of its own, with loopback and one address; what runs in it meets its own rules. */
async function network() {
  const name = `peyk-${process.pid}-${Math.random().toString(36).slice(2, 7)}`;
  const command = (...words: string[]) => {
    const { status, stderr } = spawnSync(words[0]!, words.slice(1), { encoding: "utf8" });
    if (status !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
  };
  const before = ["ip", "netns", "exec", name];
  command("ip", "netns", "add", name);
  command(...before, "ip", "link", "set", "lo", "up");
  command(...before, "ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
  command(...before, "ip", "address", "add", "192.168.77.10/24", "dev", "lan0");
  command(...before, "ip", "address", "add", "100.64.3.4/10", "dev", "lan0");
  for (const end of ["lan0", "lan1"]) command(...before, "ip", "link", "set", end, "up");
  return {
    before,
    run: (...words: string[]) => command(...before, ...words),
    [Symbol.dispose]: () => command("ip", "netns", "delete", name),
  };
}

const everywhere = { HOST: "0.0.0.0", PORT: "8123", ...calm };

describe("firewalls and addresses", () => {
  testUnless(
    noNft,
    "nft: open, dropped by a rule, by the policy, for some; and what opens it does",
    async () => {
      using net = await network();
      using dir = tempDir();
      const look = () => examineHere({ settings: { ...everywhere, DATA_DIR: dir.path }, before: net.before });
      const first = await look();
      the(first, "firewall_open");
      expect(the(first, "address_lan").saw).toContain("ws://192.168.77.10:8123");
      expect(the(first, "address_cgnat").saw).toContain("100.64.0.0/10");
      expect(the(first, "address_not_public").saw).toContain("docs/external-access.md");

      net.run("nft", "add table inet own");
      net.run("nft", "add chain inet own in { type filter hook input priority 0; }");
      net.run("nft", "add rule inet own in ct state established,related accept");
      net.run("nft", "add rule inet own in ip saddr 203.0.113.0/24 drop");
      the(await look(), "firewall_open");
      net.run("nft", "add rule inet own in tcp dport 8000-8200 drop");
      const dropped = the(await look(), "firewall_blocks");
      expect(dropped.saw).toContain("nft, inet own in: tcp dport 8000-8200 drop");
      expect(dropped.fix).toEndWith("sudo nft insert rule inet own in tcp dport 8123 accept");
      net.run(...dropped.fix.slice(dropped.fix.indexOf("nft insert")).split(" "));
      the(await look(), "firewall_open");

      net.run("nft", "flush chain inet own in");
      net.run("nft", "add chain inet own in { policy drop; }");
      net.run("nft", 'add rule inet own in iif "lo" accept');
      net.run("nft", "add rule inet own in tcp dport { 22, 443 } accept");
      expect(the(await look(), "firewall_blocks").saw).toContain("in: policy drop");
      net.run("nft", "add rule inet own in ip saddr 192.168.77.0/24 tcp dport 8123 accept");
      expect(the(await look(), "firewall_some").saw).toContain("ip saddr 192.168.77.0/24");
      net.run("nft", "add map inet own verdicts { type inet_service : verdict; }");
      net.run("nft", "add chain inet own web");
      net.run("nft", "add rule inet own web accept");
      net.run("nft", "add rule inet own in tcp dport vmap { 8123 : jump web }");
      the(await look(), "firewall_open");
    },
  );

  testUnless(
    noNft,
    "nft: named sets are looked into, and what cannot be judged is said as such",
    async () => {
      using net = await network();
      using dir = tempDir();
      const look = () => examineHere({ settings: { ...everywhere, DATA_DIR: dir.path }, before: net.before });
      net.run("nft", "add table inet own");
      net.run(
        "nft",
        "add set inet own doors { type inet_service; flags interval; elements = { 22, 8100-8199 }; }",
      );
      net.run("nft", "add chain inet own in { type filter hook input priority 0; policy drop; }");
      net.run("nft", "add rule inet own in tcp dport @doors accept");
      the(await look(), "firewall_open");
      net.run("nft", "delete element inet own doors { 8100-8199 }");
      the(await look(), "firewall_blocks");
      net.run("nft", "add set inet own guests { type ipv4_addr . inet_service; }");
      net.run("nft", "add rule inet own in ip saddr . tcp dport @guests accept");
      expect(the(await look(), "firewall_may_block").fix).toContain("Try from another machine");
    },
  );

  testUnless(noNft, "the chains of firewalld: jumps to zones, refused at the end", async () => {
    using net = await network();
    using dir = tempDir();
    const look = () => examineHere({ settings: { ...everywhere, DATA_DIR: dir.path }, before: net.before });
    const rules = join(dir.path, "rules.nft");
    writeFileSync(
      rules,
      `table inet firewalld {
        chain filter_PREROUTING { type filter hook prerouting priority filter + 10; policy accept;
          icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
          meta nfproto ipv6 fib saddr . mark . iif oif missing drop
        }
        chain filter_INPUT { type filter hook input priority filter + 10; policy accept;
          ct state { established, related } accept
          ct status dnat accept
          iifname "lo" accept
          ct state invalid drop
          jump filter_INPUT_ZONES
          reject with icmpx admin-prohibited
        }
        chain filter_INPUT_ZONES {
          iifname "lan0" goto filter_IN_public
          goto filter_IN_public
        }
        chain filter_IN_public {
          jump filter_IN_public_allow
          meta l4proto { icmp, ipv6-icmp } accept
        }
        chain filter_IN_public_allow {
          tcp dport 22 accept
          ip6 daddr fe80::/64 udp dport 546 accept
        }
      }`,
    );
    net.run("nft", "-f", rules);
    expect(the(await look(), "firewall_blocks").saw).toContain("reject with icmpx admin-prohibited");
    net.run("nft", "add rule inet firewalld filter_IN_public_allow tcp dport 8123 accept");
    the(await look(), "firewall_open");
  });

  testUnless(noNft, "behind a proxy that is named, a closed port is as it should be", async () => {
    using net = await network();
    using dir = tempDir();
    net.run("nft", "add table inet own");
    net.run("nft", "add chain inet own in { type filter hook input priority 0; policy drop; }");
    const settings = { ...everywhere, DATA_DIR: dir.path, TRUST_PROXY: "127.0.0.0/8" };
    the(await examineHere({ settings, before: net.before }), "firewall_left_to_proxy");
  });

  testUnless(
    noNft,
    "a server that answers over IPv6 alone, and one whose own address is cut off",
    async () => {
      using net = await network();
      using dir = tempDir();
      const settings = { ...everywhere, DATA_DIR: dir.path };
      net.run("ip", "address", "add", "fd00:77::1/64", "dev", "lan0", "nodad");
      const main = join(import.meta.dir, "..", "..", "src", "main.ts");
      const serving = async (more: Record<string, string>) => {
        const program = Program.start([...net.before, process.execPath, main, "serve"], {
          cwd: dir.path,
          env: { ...settings, ...more },
        });
        await program.prints("is listening");
        return program;
      };
      {
        await using _ = await serving({ HOST: "fd00:77::1" });
        const found = await examineHere({
          settings: { ...settings, HOST: "fd00:77::1" },
          before: net.before,
        });
        expect(the(found, "port_ipv6_only").fix).toContain("HOST=::");
      }
      {
        await using _ = await serving({ HOST: "::" });
        const found = await examineHere({ settings: { ...settings, HOST: "::" }, before: net.before });
        expect(the(found, "port_serves").saw).toContain("listens on :: and answers");
        expect(found.findings.map(({ saw }) => saw).join()).toContain("ws://[fd00:77::1]:8123");
        the(found, "server_well");
      }
      await using _ = await serving({});
      net.run("nft", "add table inet own");
      net.run("nft", "add chain inet own in { type filter hook input priority 0; }");
      net.run("nft", "add rule inet own in ip daddr 192.168.77.10 tcp dport 8123 drop");
      const found = await examineHere({ settings, before: net.before });
      expect(the(found, "port_address_dead").saw).toContain("not on 192.168.77.10 (silent)");
      expect(found.ms).toBeLessThan(4_000);
    },
  );

  testUnless(noIptables, "iptables: chains, port lists and REJECT are followed", async () => {
    using net = await network();
    using dir = tempDir();
    const look = () => examineHere({ settings: { ...everywhere, DATA_DIR: dir.path }, before: net.before });
    net.run("iptables", "-N", "web");
    net.run(
      "iptables",
      "-A",
      "web",
      "-p",
      "tcp",
      "-m",
      "multiport",
      "--dports",
      "443,8100:8200",
      "-j",
      "REJECT",
    );
    net.run("iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT");
    net.run("iptables", "-A", "INPUT", "-j", "web");
    const dropped = the(await look(), "firewall_blocks");
    expect(dropped.saw).toContain("iptables: -A web -p tcp -m multiport --dports 443,8100:8200 -j REJECT");
    net.run(...dropped.fix.slice(dropped.fix.indexOf("iptables -I")).split(" "));
    the(await look(), "firewall_open");
  });

  testUnless(noUfw, "ufw: its own command is the one to use", async () => {
    using net = await network();
    using dir = tempDir();
    // ufw keeps its rules in /etc, so it gets a copy of that which only this process sees.
    const inside = ["unshare", "--mount", "sh", "-c"];
    const doctor = `DATA_DIR=${dir.path} HOST=0.0.0.0 PORT=8123 ${process.execPath} ${join(import.meta.dir, "..", "kit", "doctor-local-main.ts")} --json`;
    const script = `cp -a /etc/ufw ${dir.path}/ufw && mount --bind ${dir.path}/ufw /etc/ufw && cd / &&
      ufw --force enable >&2 && { ${doctor}; ufw allow 8123/tcp comment 'Peyk' >&2; echo ----; ${doctor}; ufw --force disable >&2; true; }`;
    const child = spawnSync(net.before[0]!, [...net.before.slice(1), ...inside, script], {
      encoding: "utf8",
    });
    const [closed, open] = child.stdout.split("----\n").map((text) => JSON.parse(text));
    expect(the(closed, "firewall_blocks").saw).toContain("ufw: ");
    expect(the(closed, "firewall_blocks").fix).toEndWith("sudo ufw allow 8123/tcp comment 'Peyk'");
    the(open, "firewall_open");
  });

  testUnless(
    noSetpriv || noNft,
    "without the right to read the rules, the command of root is named",
    async () => {
      using dir = tempDir();
      const before = ["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];
      const settings = { ...everywhere, DATA_DIR: join(dir.path, "none") };
      if (missing([...before, process.execPath, "--version"], "x") !== "")
        return console.warn("SKIPPED: an ordinary user may not run this Bun");
      const found = await examineHere({ settings, before });
      const unreadable = the(found, "firewall_unreadable");
      expect(unreadable).toMatchObject({
        verdict: "unknown",
        fix: expect.stringContaining("sudo nft list ruleset"),
      });
      expect(found.code).toBe(1);
      // The folder above belongs to root: that is an error of its own, and the only one.
      expect(wrong(found).filter((cause) => cause.startsWith("firewall"))).toEqual([]);
    },
  );
});

/** A folder that is a disk of its own. */
function smallDisk(size: string) {
  const dir = tempDir();
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir.path], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return {
    path: dir.path,
    [Symbol.dispose]() {
      spawnSync("umount", [dir.path]);
      dir[Symbol.dispose]();
    },
  };
}

describe("what it stands on", () => {
  test("few descriptors for many sockets", async () => {
    using dir = tempDir();
    const options = await alone(dir.path, { MAX_CONNECTIONS: "5000" });
    const found = await examineHere({ ...options, before: ["sh", "-c", 'ulimit -n 1024; exec "$@"', "sh"] });
    expect(the(found, "descriptors_few")).toMatchObject({
      saw: expect.stringContaining("gives 1024, MAX_CONNECTIONS=5000"),
      fix: expect.stringContaining("LimitNOFILE=5100"),
    });
  });

  testUnless(noMount, "a full disk, and one that is only read", async () => {
    using disk = smallDisk("8m");
    expect(the(await examineHere(await alone(disk.path)), "disk_full").saw).toContain("8 MB free");
    spawnSync("mount", ["-o", "remount,ro", disk.path]);
    const found = await examineHere(await alone(disk.path));
    expect(the(found, "data_dir_unusable")).toMatchObject({
      saw: expect.stringContaining("cannot be written to: EROFS"),
      fix: expect.stringContaining("DATA_DIR"),
    });
    expect(found.code).toBe(1);
  });

  testUnless(noMount, "a small disk that fills up, in health too", async () => {
    using disk = smallDisk("600m");
    await using app = await TestApp.start({ dataDir: disk.path });
    const health = await app.json(app.fetch("/api/websocket/health/"));
    expect(health.status).toBe("warning");
    expect(health.recommendations[0]).toContain("Make room");
    the(await examineHere(await alone(disk.path)), "disk_low");
  });

  testUnless(noRoot, "descriptors that are nearly used up, said by the server itself", async () => {
    using dir = tempDir();
    const options = await alone(dir.path);
    const port = Number(options.settings.PORT);
    const main = join(import.meta.dir, "..", "..", "src", "main.ts");
    await using server = Program.start(
      ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh", process.execPath, main, "serve"],
      { cwd: dir.path, env: options.settings },
    );
    await server.prints("is listening");
    const used = () => readdirSync(`/proc/${server.pid}/fd`).length;
    const sockets = await Promise.all(Array.from({ length: 190 - used() }, () => RawClient.open(port)));
    // The kernel hands a connection over when its first bytes come.
    for (const { socket } of sockets) socket.write("GET /health HTTP/1.1\r\n");
    for (const end = Date.now() + 5_000; used() < 185 && Date.now() < end; ) await Bun.sleep(5);
    const found = await examineHere(options);
    for (const socket of sockets) socket[Symbol.dispose]();
    expect(the(found, "descriptors_used_up").saw).toMatch(/1[89]\d of 200 in use/);
    expect(found.code).toBe(1);
  });

  testUnless(noGroup, "a control group with little memory", async () => {
    await using here = await serve();
    const group = groups.find((each) => makeGroup(each, 126 * 1024 * 1024))!;
    try {
      writeFileSync(join(group, "cgroup.procs"), String(here.server.pid));
      expect(the(await examineHere(here.options), "memory_small").saw).toContain("126 MB");
    } finally {
      await here.server.end();
      rmdirSync(group);
    }
  });

  test("a data folder below a file", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "file"), "");
    const found = await examineHere(await alone(join(dir.path, "file", "below")));
    expect(the(found, "data_dir_unusable").saw).toContain("is no folder");
  });

  test("a clock that was set back", async () => {
    using dir = tempDir();
    writeFileSync(join(dir.path, "peyk.toml.bak"), "");
    const later = Date.now() / 1000 + 86_400;
    utimesSync(join(dir.path, "peyk.toml.bak"), later, later);
    const found = await examineHere(await alone(dir.path));
    expect(the(found, "clock_behind").saw).toContain("peyk.toml.bak");
  });
});

describe("the database", () => {
  test("broken, written by a newer Peyk, and to be brought up to date", async () => {
    using dir = tempDir();
    const database = join(dir.path, "peyk.db");
    const look = async () => examineHere(await alone(dir.path));
    the(await look(), "database_to_come");
    writeFileSync(database, "this is no database, only some text that is long enough to be read".repeat(20));
    expect(the(await look(), "database_broken").saw).toContain("not a database");
    writeFileSync(database, "");
    await peyk(dir.path, "migrate");
    the(await look(), "database_good");
    const edit = (sql: string) => {
      using db = new Database(database);
      db.run(sql);
    };
    edit("delete from kysely_migration where name like 'dispatch/%'");
    expect(the(await look(), "database_to_update").saw).toContain("dispatch/");
    edit("insert into kysely_migration (name, timestamp) values ('dispatch/999_later', '')");
    expect(the(await look(), "database_newer")).toMatchObject({ saw: expect.stringContaining("999_later") });
  });

  test("a page that is torn", async () => {
    using dir = tempDir();
    await peyk(dir.path, "user", "add", "--email", "a@b.example", "--password", "password123");
    const database = join(dir.path, "peyk.db");
    const bytes = new Uint8Array(await Bun.file(database).arrayBuffer());
    for (let page = 2; page * 4096 < bytes.length; page++) bytes.fill(0xaa, page * 4096, page * 4096 + 200);
    writeFileSync(database, bytes);
    const found = await examineHere(await alone(dir.path));
    the(found, "database_broken");
    expect(found.code).toBe(1);
  });

  test("a file that opens, and whose pages do not add up", async () => {
    using dir = tempDir();
    await peyk(dir.path, "migrate");
    const database = join(dir.path, "peyk.db");
    const bytes = new Uint8Array(await Bun.file(database).arrayBuffer());
    // The number of free pages, in the file's header (https://www.sqlite.org/fileformat.html, 1.3.8).
    bytes[39] = 7;
    writeFileSync(database, bytes);
    const found = await examineHere(await alone(dir.path));
    expect(the(found, "database_broken").saw).toContain("Freelist");
  });

  test("somebody keeps everybody from writing", async () => {
    await using here = await serve();
    using other = new Database(join(here.server.dataDir, "peyk.db"));
    other.run("BEGIN IMMEDIATE");
    the(await examineHere(here.options), "database_locked");
    other.run("ROLLBACK");
    expect(wrong(await examineHere(here.options))).toEqual([]);
  });

  test("two servers on one data folder", async () => {
    await using here = await serve();
    const [port] = await freePorts(1);
    await using second = await ServerProcess.start({
      dataDir: here.server.dataDir,
      settings: { PORT: String(port) },
    });
    const { saw } = the(await examineHere(here.options), "nodes_share");
    expect(saw).toContain(`(${here.server.pid})`);
    expect(saw).toContain(`(${second.pid})`);
  });
});

describe("what the server tells", () => {
  test("that its own sockets are refused", async () => {
    await using here = await serve({ MAX_CONNECTIONS: "1" });
    const only = await TestClient.open(`ws://127.0.0.1:${here.port}/ws/test/`);
    await only.next();
    const found = await examineHere(here.options);
    expect(the(found, "server_fails").saw).toStartWith("websocket: ");
    expect(found.code).toBe(1);
    await only.close();
  });

  test("a bot's inbox: well, ill, and asleep while the server is", async () => {
    await using telegram = FakeTelegram.start();
    await using here = await serve();
    const bot = ["--name", "Bot", "--bot-token", telegram.token, "--api-root", telegram.url];
    await peyk(here.server.dataDir, "user", "add", "--email", "a@b.example", "--password", "password123");
    const inbox = ["inbox", "add", "--kind", "telegram", "--member", "a@b.example"];
    the(await examineHere(here.options), "platforms_none");
    await peyk(here.server.dataDir, ...inbox, ...bot);
    await here.server.end();
    expect(the(await examineHere(here.options), "platforms_asleep").saw).toContain("1 inboxes");

    const { dataDir } = here.server;
    await using again = await ServerProcess.start({ dataDir, settings: { ...here.options.settings } });
    await telegram.until(() => telegram.called("getUpdates").length > 0);
    the(await examineHere(here.options), "platforms_well");
    await telegram.goDown();
    const health = async () =>
      (await (await fetch(new URL("/api/websocket/health/", again.url))).json()) as { status: string };
    for (const end = Date.now() + 10_000; (await health()).status === "ok" && Date.now() < end; )
      await Bun.sleep(50);
    expect(the(await examineHere(here.options), "platforms_ill").fix).toContain("Telegram");
  });
});

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

describe("a proxy on this machine", () => {
  test("that TRUST_PROXY does not name is counted, and told in health and here", async () => {
    await using here = await serve();
    const passOn = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          fetch(`http://127.0.0.1:${here.port}/health`, { headers: { "X-Forwarded-For": `192.0.2.${i}` } }),
        ),
      );
    await passOn(3);
    expect(wrong(await examineHere(here.options))).toEqual([]);
    await passOn(9);
    const found = await examineHere(here.options);
    expect(the(found, "proxy_not_named")).toMatchObject({
      verdict: "warning",
      saw: expect.stringContaining("12 requests came through a proxy at 127.0.0.1"),
      fix: expect.stringContaining("TRUST_PROXY=127.0.0.1"),
    });
    const { out } = await runDoctor(here.options.settings, [], "--lang", "ru");
    expect(out).toContain("12 запросов пришло через прокси 127.0.0.1");
  });

  test("that is named is no finding", async () => {
    await using here = await serve({ TRUST_PROXY: "127.0.0.1" });
    for (let i = 0; i < 12; i++)
      await fetch(`http://127.0.0.1:${here.port}/health`, { headers: { "X-Forwarded-For": "192.0.2.1" } });
    const found = await examineHere(here.options);
    expect(wrong(found)).toEqual([]);
    the(found, "proxy_named");
  });
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

test("each secret that others may read is named; in containers there are no others", async () => {
  const { settingsCheck } = await import("../../src/doctor/local/checks/settings.ts");
  using dir = tempDir();
  chmodSync(dir.path, 0o755);
  mkdirSync(join(dir.path, "sub"));
  for (const name of ["jwt_secret", "secret_key"])
    writeFileSync(join(dir.path, name), "abcdefghijkl".repeat(4));
  writeFileSync(join(dir.path, "peyk.db"), "");
  chmodSync(join(dir.path, "jwt_secret"), 0o644);
  chmodSync(join(dir.path, "secret_key"), 0o600);
  if (noRoot === "") chownSync(join(dir.path, "jwt_secret"), 0, 0);
  const { testConfig } = await import("../kit/app.ts");
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
