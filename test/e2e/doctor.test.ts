import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { examine } from "../../src/doctor/examine.ts";
import { print } from "../../src/doctor/print.ts";
import { type Report, stages } from "../../src/doctor/report.ts";
import { reportSchema } from "../../src/doctor/schema.ts";
import { type Language, languages } from "../../src/doctor/tell.ts";
import { TestApp } from "../kit/app.ts";
import { runDoctor } from "../kit/doctor.ts";
import { holds } from "../kit/until.ts";

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await TestApp.start();
  ({ token } = await app.user());
});
afterAll(() => app[Symbol.asyncDispose]());

const url = (path: string) => `ws://127.0.0.1:${app.port}${path}`;
const all = Object.keys(languages) as Language[];

test("each channel knows a JSON ping and its pong: the doctor takes silence after one for a fault", () => {
  const { channels } = app.app;
  const mute = channels.filter(({ incoming, outgoing }) => !("ping" in incoming && "pong" in outgoing));
  expect(channels.length).toBeGreaterThan(10);
  expect(mute.map(({ path }) => path)).toEqual([]);
});

describe("a healthy Peyk", () => {
  test("is all green within two seconds, and walks every stage that was asked for", async () => {
    const started = performance.now();
    const report = await examine(url("/ws/test/"));
    // The issue's own number; nothing here may wait for a time-out.
    expect(performance.now() - started).toBeLessThan(2000);
    expect(report.verdict).toBe("ok");
    expect(report.findings.map(({ stage }) => stage)).toEqual([...stages]);
    const walked = report.findings.filter(({ verdict }) => verdict === "ok").map(({ stage }) => stage);
    expect(report.findings.find(({ stage }) => stage === "heartbeat")!.facts.json_ms).toBeNumber();
    expect(walked).toEqual([
      "url",
      "dns",
      "tcp",
      "http",
      "upgrade",
      "auth",
      "heartbeat",
      "payload",
      "parallel",
    ]);
  });

  test("knows who came with a token, wherever it was put", async () => {
    for (const tokenIn of ["header", "query"] as const) {
      const report = await examine(url(`/ws/${tokenIn}`), { token, tokenIn });
      expect(report.verdict).toBe("ok");
      expect(report.findings.find(({ stage }) => stage === "auth")!.line).toBe("auth_who");
    }
    expect((await examine(url("/ws/conversations/"), { token, tokenIn: "message" })).verdict).toBe("ok");
  });

  test("is left by the doctor as it was: no connection stays", async () => {
    await examine(url("/ws/test/"), { parallel: 20 });
    await holds(() => expect(app.app.core.connections.size).toBe(0));
  });

  test("has a limit of messages that the doctor tells and does not call a fault", async () => {
    await using small = await TestApp.start({
      flags: { "max-message-bytes": "20000", "max-frame-bytes": "0" },
    });
    const report = await examine(`ws://127.0.0.1:${small.port}/ws/test/`);
    expect(report.verdict).toBe("ok");
    expect(report.findings.find(({ stage }) => stage === "payload")!.line).toBe("payload_limited");
  });
});

describe("secrets", () => {
  const bad = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEiLCJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJlLXRoYXQtaXMtbm9uZQ";
  const cookie = "sid=3f9c2b7a61d84e55";
  const questions: Readonly<Record<string, () => Promise<Report>>> = {
    "a token in a header": () => examine(url("/ws/conversations/"), { token: bad }),
    "a token in the URL": () => examine(url(`/ws/conversations/?token=${bad}`)),
    "a token in a first message": () =>
      examine(url("/ws/conversations/"), { token: bad, tokenIn: "message" }),
    "a token that is ignored": () => examine(url("/ws/my-client"), { token: bad }),
    "a token for a server that does not exist": () =>
      examine(`ws://127.0.0.1:1/?token=${bad}`, { headers: { Cookie: cookie } }),
    "a token in an address that is none": () =>
      examine(`ws://exa mple/?token=${bad}`, { headers: { Cookie: cookie } }),
    "a password in an address": () => examine(url("/ws/test/").replace("//", `//ana:${bad}@`)),
  };
  test.each(Object.keys(questions))("%s is nowhere whole, in no language", async (name) => {
    const report = await questions[name]!();
    const shown = [
      JSON.stringify(report),
      ...all.map((lang) => print(report, { lang, colours: true, width: 80 })),
    ].join("\n");
    for (const secret of [bad, bad.split(".")[2]!, bad.split(".")[1]!, cookie.slice(4)])
      expect(shown).not.toContain(secret);
    expect(shown).not.toContain(bad.slice(0, 20));
  });

  test("a server that quotes the token is not quoted", async () => {
    using echo = Bun.serve({
      port: 0,
      fetch: (request) => new Response(`bad: ${request.headers.get("authorization")}`, { status: 401 }),
    });
    const secret = "pd_abcdefghijkmnpqrstuvwxyz23456789abcdefgh";
    const report = await examine(`ws://127.0.0.1:${echo.port}/ws`, { token: secret });
    expect(report.cause).toBe("http_unauthorized");
    expect(JSON.stringify(report)).toContain("bad: Bearer pd_a…gh");
    expect(JSON.stringify(report)).not.toContain(secret.slice(4, 16));
  });
});

describe("the command", () => {
  test("ends with 0 where all is well, and says so in each language", async () => {
    const says: Readonly<Record<Language, RegExp>> = { en: /All well/, fa: /درست است/, ru: /Всё в порядке/ };
    for (const lang of all) {
      const { out, code, complaint } = await runDoctor([url("/ws/test/"), "--lang", lang]);
      expect({ code, complaint }).toEqual({ code: 0, complaint: "" });
      expect(out).toMatch(says[lang]);
    }
  });

  test.each([
    ["url", "ws://exa mple/", 10],
    ["tcp", "ws://127.0.0.1:1/", 12],
  ])("ends with 10 and the place of the stage: %s", async (stage, address, expected) => {
    const { out, code } = await runDoctor([address, "--json"]);
    expect(code).toBe(expected);
    expect(JSON.parse(out)).toMatchObject({ verdict: "broken", stage });
  });

  test("ends with 0 after a warning", async () => {
    const { out, code } = await runDoctor([url("/ws/my-client"), "--token", "hello"]);
    expect(code).toBe(0);
    expect(out).toContain("the token did not count");
  });

  test.each([
    [[], "doctor URL"],
    [["ws://a/", "ws://b/"], "one URL"],
    [["ws://a/", "--idle", "soon"], "--idle"],
    [["ws://a/", "--lang", "de"], "--lang"],
    [["ws://a/", "--header", "nonsense"], "--header"],
    [["ws://a/", "--token-in", "cookie"], "--token-in"],
    [["ws://a/", "--colour"], "--colour"],
  ])("ends with 2 where the words are wrong: %p", async (args, named) => {
    const { out, complaint, code } = await runDoctor(args);
    expect(code).toBe(2);
    expect(out + complaint).toContain(named);
  });

  test("prints one document that fits its schema, for a healthy and for a broken way", async () => {
    for (const address of [url("/ws/test/"), url("/ws/dispatch-map/"), "ws://127.0.0.1:1/"]) {
      const { out } = await runDoctor([address, "--json"]);
      expect(reportSchema.safeParse(JSON.parse(out)).error).toBeUndefined();
    }
  });

  test("colours are for a terminal alone", async () => {
    expect((await runDoctor([url("/ws/test/")])).out).not.toContain("\u001b[");
  });

  test("its help names every flag and every exit code", async () => {
    const { out } = await runDoctor(["--help"]);
    for (const word of [
      "--token",
      "--json",
      "--idle",
      "--ca",
      ...stages.map((stage, i) => `${10 + i} ${stage}`),
    ])
      expect(out).toContain(word);
  });
});

test("a foreign server is not sent a single message that was not asked for, and hears a goodbye", async () => {
  const heard: string[] = [];
  const codes: number[] = [];
  using server = Bun.serve({
    port: 0,
    fetch: (request, own) => (own.upgrade(request) ? undefined : new Response("no", { status: 404 })),
    websocket: {
      message: (_, data) => void heard.push(String(data)),
      close: (_, code) => void codes.push(code),
    },
  });
  const report = await examine(`ws://127.0.0.1:${server.port}/`, { parallel: 2 });
  expect(report.verdict).toBe("ok");
  await holds(() => expect({ heard, codes }).toEqual({ heard: [], codes: [1000, 1000, 1000] }));
});

test("with --origin it is judged as a page of that origin is", async () => {
  await using shop = await TestApp.start({ flags: { "allowed-origins": "http://shop.example" } });
  const address = `ws://127.0.0.1:${shop.port}/ws/test/`;
  expect((await examine(address, { origin: "http://evil.example" })).cause).toBe("origin_refused");
  expect((await examine(address, { origin: "http://shop.example" })).verdict).toBe("ok");
  expect((await examine(address)).verdict).toBe("ok");
});
