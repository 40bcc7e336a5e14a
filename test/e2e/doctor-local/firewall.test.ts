import { describe, expect } from "bun:test";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { doctor as words } from "../../kit/doctor.ts";
import { calm, examineHere, noRoot, noUser, the, wrong } from "../../kit/doctor-local.ts";
import { missing, Program, testUnless, warn } from "../../kit/program.ts";
import { tempDir } from "../../kit/temp.ts";

const noNetns =
  noRoot || missing(["unshare", "--net", "ip", "link"], "no network of its own can be made here");
const noNft = noNetns || missing(["nft", "--version"], "no nft");
const noIptables = noNetns || missing(["iptables-save", "--version"], "no iptables");
const noUfw = noIptables || missing(["ufw", "--version"], "no ufw");
warn("peyk doctor --local", noNft, noIptables, noUfw, noUser);

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
      const main = join(import.meta.dir, "..", "..", "..", "src", "main.ts");
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
    const doctor = `DATA_DIR=${dir.path} HOST=0.0.0.0 PORT=8123 ${words.join(" ")} --local --json`;
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
    noUser || noNft,
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
