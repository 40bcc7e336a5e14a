import { expect, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../../../test/kit/temp.ts";
import type { LocalCheck } from "../catalogue.ts";
import { runLocal } from "../run.ts";
import type { Situation, System } from "../situation.ts";
import { kindOf } from "./addresses.ts";
import { clockCheck } from "./clock.ts";
import { diskCheck, roomCheck } from "./disk.ts";
import { believes } from "./network.ts";
import { ProxyWatch } from "./proxy-watch.ts";
import { settingsCheck } from "./settings.ts";

/*
 * What no test can bring about on every machine; all the rest is looked at with real processes in
 * test/e2e/doctor-local.test.ts.
 */

const names = async (check: LocalCheck) => (await check.run()).map(({ outcome }) => outcome);

test.each([
  ["203.0.113.7", "eth0", "address_public"],
  ["192.168.1.10", "eth0", "address_lan"],
  ["172.31.0.9", "eth0", "address_lan"],
  ["172.32.0.9", "eth0", "address_public"],
  ["10.0.0.1", "wlan0", "address_lan"],
  ["fd12::1", "eth0", "address_lan"],
  ["2001:db8::1", "eth0", "address_public"],
  ["100.64.0.1", "eth0", "address_cgnat"],
  ["100.127.255.1", "ppp0", "address_tunnel"],
  ["100.128.0.1", "eth0", "address_public"],
  ["100.100.1.1", "tailscale0", "address_tunnel"],
  ["172.17.0.1", "docker0", "address_container"],
  ["172.18.0.1", "br-3fa2", "address_container"],
] as const)("%s on %s is %s", (address, name, kind) => {
  expect(kindOf(address, name)).toBe(kind);
});

test("a proxy is named by its address or by its network", () => {
  expect(believes(["10.0.0.0/8", "::1"], "10.9.9.9")).toBe(true);
  expect(believes(["10.0.0.0/8", "::1"], "::1")).toBe(true);
  expect(believes(["10.0.0.0/8"], "11.0.0.1")).toBe(false);
});

test("a disk on which a write needs long, and a log that is not written back", async () => {
  using dir = tempDir();
  const databaseFile = join(dir.path, "peyk.db");
  let now = 0;
  const slow = { monotonic: () => (now += 150) };
  const facts = { dataDir: dir.path, databaseFile, runs: async () => true };
  expect(await names(diskCheck({ ...facts, clock: slow }))).toEqual(["disk_room", "disk_slow"]);
  writeFileSync(`${databaseFile}-wal`, "");
  truncateSync(`${databaseFile}-wal`, 300 * 1024 * 1024);
  expect(await names(roomCheck(facts))).toEqual(["disk_room", "wal_big"]);
});

test("a clock that nobody keeps right; one that its host keeps right is none", async () => {
  using dir = tempDir();
  const clock = { now: () => Date.now() };
  const look = (out: string | undefined) => {
    const run: System["run"] = async () => (out === undefined ? undefined : { code: 0, out, complaint: "" });
    return names(
      clockCheck({ config: { dataDir: dir.path }, clock, system: { run } } as unknown as Situation),
    );
  };
  expect(await look("NTP=no\nNTPSynchronized=no\n")).toEqual(["clock_not_synchronized"]);
  expect(await look("NTP=yes\nNTPSynchronized=no\n")).toEqual(["clock_right"]);
  expect(await look("NTP=no\nNTPSynchronized=yes\n")).toEqual(["clock_right"]);
  expect(await look(undefined)).toEqual(["clock_right"]);
});

test("metrics that answer to another address than loopback", async () => {
  using dir = tempDir();
  const config = { dataDir: dir.path, trustProxy: [], publicTokens: "off", logLevel: "info", messageRate: 1 };
  const look = (status: number) =>
    names(
      settingsCheck({
        config: { ...config, maxConnections: 2, maxConnectionsPerAddress: 1 },
        fromEnvironment: new Set(),
        isContainer: true,
        server: async () => ({ port: { port: 8000, tls: false } }),
        outside: () => "192.0.2.1",
        answer: async () => ({ status, body: "", ms: 1 }),
      } as unknown as Situation),
    );
  expect(await look(403)).toEqual(["settings_fine"]);
  expect(await look(200)).toEqual(["metrics_open"]);
});

test("a proxy that is not named is forgotten an hour after it was mended; strangers from afar do not count", async () => {
  let now = 0;
  const watch = new ProxyWatch({ monotonic: () => now } as never, []);
  const from = (address: string, doubted: boolean) => {
    const peer = { address, loopback: false, forwarded: true };
    for (let i = 0; i < 10; i++) watch.saw(doubted ? { ...peer, doubted: true } : peer);
  };
  from("203.0.113.9", true);
  from("172.18.0.2", false);
  expect(await names(watch.check)).toEqual(["proxy_none"]);
  from("172.18.0.2", true);
  expect(await names(watch.check)).toEqual(["proxy_not_named"]);
  now += 3_600_000;
  expect(await names(watch.check)).toEqual(["proxy_none"]);
});

test("a check that throws or hangs holds up no other, and accuses nobody", async () => {
  const started = performance.now();
  const found = await runLocal([
    { group: "disk", run: () => new Promise(() => {}) },
    { group: "clock", run: () => Promise.reject(new Error("no such thing")) },
  ]);
  expect(performance.now() - started).toBeLessThan(3_000);
  expect(found.map(({ verdict, saw }) => [verdict, saw])).toEqual([
    ["unknown", "could not be looked at: no answer within 2.5 s"],
    ["unknown", "could not be looked at: no such thing"],
  ]);
});
