import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type OutcomeName, outcomes } from "../../../src/doctor/local/catalogue.ts";
import { languages, wordsOf } from "../../../src/doctor/local/words/words.ts";
import { TestClient } from "../../kit/client.ts";
import {
  alone,
  calm,
  examineHere,
  nobody,
  noUser,
  runLocal,
  serve,
  the,
  wrong,
} from "../../kit/doctor-local.ts";
import { peyk, ServerProcess } from "../../kit/process.ts";
import { freePorts, missing, outsideAddress, Program, testUnless, warn } from "../../kit/program.ts";
import { FakeTelegram } from "../../kit/telegram/server.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";

const outside = outsideAddress();
const noAddress = outside === undefined ? "this machine has no address but loopback" : "";
const noPython = missing(["python3", "--version"], "no python3");
warn("peyk doctor --local", noPython, noAddress, noUser);

describe("a healthy server", () => {
  testUnless(
    noAddress,
    "nothing is wrong, every group is looked at, and it takes less than 3 s",
    async () => {
      await using here = await serve();
      const found = await examineHere(here.options);
      expect(wrong(found)).toEqual([]);
      expect(found.code).toBe(0);
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
      const { code, out } = await runLocal({ settings }, "--lang", language);
      expect(code).toBe(0);
      expect(out).toContain(word);
      expect(out).toMatch(/^ {2}! .*PUBLIC_TOKENS=open/m);
      expect(out).not.toMatch(/\{\w+\}/);
    }
    const refused = await runLocal({ settings }, "--lang", "de");
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
    noUser || noAddress,
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

  testUnless(noUser, "a port below 1024 would, for an ordinary user", async () => {
    using dir = tempDir();
    const settings = { HOST: "127.0.0.1", PORT: "81", DATA_DIR: join(dir.path, "none"), ...calm };
    const found = await examineHere({ settings, before: nobody });
    expect(the(found, "port_forbidden").fix).toContain("above 1023");
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
    await until(health, ({ status }) => status !== "ok");
    expect(the(await examineHere(here.options), "platforms_ill").fix).toContain("Telegram");
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
    const { out } = await runLocal(here.options, "--lang", "ru");
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
