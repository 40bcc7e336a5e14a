import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { defineChannel } from "../../src/core/channel.ts";
import { Fault } from "../../src/protocol/faults.ts";
import { languages } from "../../web/doctor/files.js";
import { TestApp } from "../kit/app.ts";
import { openChromium } from "../kit/chromium.ts";
import { testUnless, warn } from "../kit/program.ts";
import { type Between, httpAnswer, TcpProxy } from "../kit/tcp-proxy.ts";

const browser = await openChromium();
const noBrowser = typeof browser === "string" ? browser : "";
warn("the page /doctor", noBrowser);

const markup = "<img src=x onerror=alert(1)>";
/** Refuses with words that are markup, as a server of somebody else's may. */
const rude = defineChannel({
  name: "rude",
  path: "/ws/rude/",
  summary: "Refuses everybody",
  auth: ["anonymous"],
  incoming: {},
  outgoing: {},
  open() {
    throw new Fault("forbidden", markup);
  },
  handle: {},
});

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ channels: () => [rude] });
}, 30_000);

afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
  if (typeof browser !== "string") await browser.close();
});

/** The page as somebody opens it, everything that it asks for, and what goes wrong in it. */
async function open(address: string, options: BrowserContextOptions = {}) {
  if (typeof browser === "string") throw new Error(browser);
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  const asked: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("websocket", (socket) => asked.push(socket.url()));
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("dialog", (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) errors.push(message.text());
  });
  await page.goto(address);
  return { page, context, asked, errors, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until the page has come to an end, and returns its sentence at the top. */
async function verdict(page: Page): Promise<{ status: string | null; headline: string }> {
  const box = page.locator("#verdict:not([data-status=running])");
  await box.waitFor({ timeout: 15_000 });
  await page.locator("#again:not(:disabled)").waitFor();
  return {
    status: await box.getAttribute("data-status"),
    headline: (await page.locator("#headline").textContent()) ?? "",
  };
}

async function step(page: Page, name: string): Promise<{ status: string | null; text: string }> {
  const row = page.locator(`[data-step=${name}]:not([data-status=running], [data-status=waiting])`);
  await row.waitFor({ timeout: 20_000 });
  // Isolates are for the eye alone.
  const text = ((await row.textContent()) ?? "").replace(/[\u2068\u2069]/g, "");
  return { status: await row.getAttribute("data-status"), text };
}

async function tryOwn(page: Page, path: string, token = "") {
  await page.getByLabel("Path").fill(path);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  return step(page, "own");
}

/** The page through something that stands between. */
async function behind(between: Between, query = "") {
  const proxy = await TcpProxy.start(app.port, between);
  const opened = await open(`${proxy.url}/doctor${query}`);
  const dispose = async () => {
    await opened[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  };
  return { ...opened, proxy, [Symbol.asyncDispose]: dispose };
}

const isHandshake = (text: string) => /^upgrade: websocket/im.test(text);

describe("where nothing is wrong", () => {
  testUnless(noBrowser, "every step works, and only this server is asked", async () => {
    await using opened = await open(`${app.http}/doctor`);
    const { page, asked, errors } = opened;
    expect(await verdict(page)).toEqual({ status: "ok", headline: "WebSocket works from here." });
    for (const name of ["page", "http", "clock", "server", "socket", "ping", "payload"])
      expect((await step(page, name)).status).toBe("ok");
    expect(await page.locator("#command").textContent()).toBe(
      `npx peyk doctor ws://127.0.0.1:${app.port}/ws/test/`,
    );
    const elsewhere = asked.filter(
      (url) => new URL(url).host !== `127.0.0.1:${app.port}` && url !== "data:,",
    );
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
    await page.getByRole("button", { name: "Do it again" }).click();
    expect((await verdict(page)).status).toBe("ok");
  });

  testUnless(noBrowser, "it stays open as long as it is asked to", async () => {
    await using opened = await open(`${app.http}/doctor?idle=1`);
    const { page } = opened;
    await verdict(page);
    await page.getByRole("button", { name: /Stay open for .?1.? s/ }).click();
    expect(await step(page, "idle")).toMatchObject({
      status: "ok",
      text: expect.stringContaining("Open for 1 s, and still answering."),
    });
  });

  testUnless(noBrowser, "over https, sockets go over wss", async () => {
    const file = (name: string) => join(import.meta.dir, "..", "kit", "certificates", name);
    await using secure = await TestApp.start({
      flags: { "tls-cert": file("first.crt"), "tls-key": file("first.key") },
    });
    await using opened = await open(`https://localhost:${secure.port}/doctor`, { ignoreHTTPSErrors: true });
    expect(await verdict(opened.page)).toMatchObject({ status: "ok" });
    expect((await step(opened.page, "page")).text).toContain("wss://");
    expect(await opened.page.locator("#command").textContent()).toContain("doctor wss://localhost:");
    expect(opened.errors).toEqual([]);
  });
});

describe("what stands between", () => {
  testUnless(
    noBrowser,
    "a proxy that takes out the Upgrade header: HTTP works, WebSocket does not",
    async () => {
      const strip = (text: string) => text.replace(/^(upgrade|connection): .*\r\n/gim, "");
      await using between = await behind({ request: (text) => (isHandshake(text) ? strip(text) : text) });
      const { page } = between;
      expect(await verdict(page)).toEqual({
        status: "broken",
        headline: "The server answers, but WebSocket does not get through.",
      });
      expect((await step(page, "http")).status).toBe("ok");
      expect((await step(page, "socket")).text).toContain("takes out the Upgrade header");
      expect((await step(page, "ping")).status).toBe("skipped");
      expect(await page.locator("#advice li").first().textContent()).toContain("https://");
      expect(await page.locator("#report").textContent()).toContain("[broken] socket");
    },
  );

  testUnless(noBrowser, "a proxy in front of the server that does not pass its sockets on", async () => {
    const isSocket = (text: string) => text.startsWith("GET /ws/");
    for (const [status, sentence] of [
      ["404 Not Found", "does not pass /ws/ on"],
      ["502 Bad Gateway", "a proxy says 502"],
    ] as const) {
      await using between = await behind({
        instead: (text) => (isSocket(text) ? httpAnswer(status, "<h1>nginx</h1>") : undefined),
      });
      expect((await verdict(between.page)).headline).toContain("own proxy does not lead to its sockets");
      expect((await step(between.page, "socket")).text).toContain(sentence);
    }
  });

  testUnless(noBrowser, "a proxy that cuts what is quiet for two seconds", async () => {
    await using between = await behind({ cutAfter: 2_000 }, "?idle=4");
    const { page } = between;
    expect((await verdict(page)).status).toBe("ok");
    await page.getByRole("button", { name: /Stay open for .?4.? s/ }).click();
    const { status, text } = await step(page, "idle");
    expect(status).toBe("broken");
    expect(text).toMatch(/Cut after 2 s, without a word \(1006\)/);
    expect((await verdict(page)).headline).toContain("does not carry everything");
  });

  testUnless(noBrowser, "a proxy that ends what is big", async () => {
    await using between = await behind({ request: (text) => (text.length > 8_000 ? undefined : text) });
    expect((await verdict(between.page)).headline).toContain("does not carry everything");
    expect((await step(between.page, "socket")).status).toBe("ok");
    expect(await step(between.page, "payload")).toMatchObject({
      status: "broken",
      text: expect.stringContaining("Closed with 1006"),
    });
  });

  testUnless(noBrowser, "the login page of a Wi-Fi, and a server that has gone", async () => {
    await using between = await behind({});
    const { page, proxy } = between;
    expect((await verdict(page)).status).toBe("ok");
    for (const [instead, sentence] of [
      [httpAnswer("200 OK", "<h1>Welcome to the hotel</h1>"), "Somebody else answers"],
      [httpAnswer("302 Found", "", "Location: http://127.0.0.1:9/login"), "leads elsewhere"],
      [httpAnswer("503 Service Unavailable", ""), "status 503"],
      ["", "No answer"],
    ] as const) {
      proxy.between = { instead: () => instead };
      await page.getByRole("button", { name: "Do it again" }).click();
      expect((await verdict(page)).headline).toBe("The server cannot be reached from here.");
      expect((await step(page, "http")).text).toContain(sentence);
      expect((await step(page, "socket")).status).toBe("skipped");
    }
  });

  testUnless(noBrowser, "a proxy that changes the name of the host is no fault", async () => {
    const rename = (text: string) => text.replace(/^host: .*$/im, "Host: peyk.internal");
    await using between = await behind({ request: rename });
    expect((await verdict(between.page)).status).toBe("ok");
    expect(between.errors).toEqual([]);
  });

  testUnless(noBrowser, "a server that refuses the page's origin says so itself", async () => {
    await using strict = await TestApp.start({ flags: { "allowed-origins": "https://shop.example" } });
    await using opened = await open(`${strict.http}/doctor`);
    expect((await verdict(opened.page)).headline).toContain("the server refuses it");
    const { text } = await step(opened.page, "socket");
    expect(text).toContain("Closed with 4003");
    expect(text).toContain("ALLOWED_ORIGINS");
  });

  testUnless(noBrowser, "a clock that is wrong", async () => {
    const context = typeof browser === "string" ? undefined : await browser.newContext({ locale: "en-US" });
    const page = await context!.newPage();
    await page.clock.install({ time: Date.now() - 7_200_000 });
    await page.goto(`${app.http}/doctor`);
    expect((await step(page, "clock")).text).toContain("by 120 min");
    await context!.close();
  });
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: object) => `${base64url({ alg: "HS256" })}.${base64url(claims)}.c2lnbmF0dXJl`;
const now = () => Math.floor(Date.now() / 1000);

describe("a socket of one's own", () => {
  testUnless(
    noBrowser,
    "a wrong token: its code, the server's reason, and what stands in the token",
    async () => {
      await using opened = await open(`${app.http}/doctor`);
      const { page, context, asked } = opened;
      await verdict(page);
      const token = jwt({ sub: "1", exp: now() - 3 * 3600 });
      const refused = await tryOwn(page, "/ws/dispatch-map/", token);
      expect(refused.status).toBe("broken");
      expect(refused.text).toContain("Closed with 4001: the token is missing, wrong, or has ended.");
      expect(refused.text).toMatch(/In the server's words: “.+ \[r_\w+\]”/);
      expect((await step(page, "own_token")).text).toMatch(/it ended 3 h( \d+ s)? ago/);

      const report = await page.locator("#report").textContent();
      expect(report).toContain("[broken] own /ws/dispatch-map/");
      for (const part of [token, token.split(".")[1]!]) expect(report).not.toContain(part);
      expect(await page.getByLabel("Token").getAttribute("type")).toBe("password");
      expect(await page.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage }))).toEqual([]);
      expect(await context.cookies()).toEqual([]);
      const carriers = asked.filter((url) => url.includes(token));
      expect(carriers.map((url) => new URL(url).pathname)).toEqual(["/ws/dispatch-map/"]);
    },
  );

  testUnless(noBrowser, "without a token, with a good one, and where a bad one does not count", async () => {
    await using opened = await open(`${app.http}/doctor`);
    const { page } = opened;
    await verdict(page);
    const missing = await tryOwn(page, "/ws/dispatch-map/");
    expect(missing.text).toContain("“a token is needed");
    expect(missing.text).toContain("Send Authorization: Bearer");
    expect(missing.text).toContain("Try again with a new token.");
    const { token } = await app.user("staff");
    expect(await tryOwn(page, "/ws/dispatch-map/", token)).toMatchObject({
      status: "ok",
      text: expect.stringContaining("map_snapshot"),
    });
    expect((await step(page, "own_token")).text).toMatch(/good for \d+ min/);
    expect(await tryOwn(page, "/ws/somebody", "no-such-token")).toMatchObject({
      status: "warning",
      text: expect.stringContaining("the token does not count"),
    });
    expect((await tryOwn(page, "/nowhere")).text).toContain(
      "Closed with 4004: there is nothing at this path.",
    );
  });

  testUnless(noBrowser, "a path of another host is none, and nobody is asked there", async () => {
    await using opened = await open(`${app.http}/doctor`);
    const { page, asked } = opened;
    await verdict(page);
    for (const path of ["//127.0.0.1:9/ws", "/\\127.0.0.1:9/ws", "/\t/127.0.0.1:9/ws"]) {
      const { text } = await tryOwn(page, path, "secret-token");
      expect(text).toContain("This is no path on this server");
    }
    expect(asked.filter((url) => new URL(url).port === "9")).toEqual([]);
  });

  testUnless(noBrowser, "markup in a path or in the server's words is shown as text", async () => {
    await using opened = await open(`${app.http}/doctor`);
    const { page, errors } = opened;
    await verdict(page);
    expect((await tryOwn(page, "/ws/rude/")).text).toContain(`“${markup}`);
    await tryOwn(page, `/nowhere/${markup}`);
    expect(await page.locator("#report").textContent()).toContain(`own /nowhere/${markup}`);
    expect(await page.locator("main img").count()).toBe(0);
    expect(errors).toEqual([]);
  });
});

describe("for everybody", () => {
  testUnless(
    noBrowser,
    "three languages, by the browser's wish and by the switch, also on a phone",
    async () => {
      for (const [locale, lang, dir] of [
        ["fa-IR", "fa", "rtl"],
        ["ru", "ru", "ltr"],
        ["de-DE", "en", "ltr"],
      ] as const) {
        await using opened = await open(`${app.http}/doctor`, {
          locale,
          viewport: { width: 320, height: 640 },
          colorScheme: "dark",
        });
        const { page } = opened;
        expect((await verdict(page)).headline).toBe(languages[lang].verdict_ok as string);
        expect(await page.locator("html").getAttribute("lang")).toBe(lang);
        expect(await page.locator("html").getAttribute("dir")).toBe(dir);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
        expect(await page.locator("body").textContent()).not.toMatch(/\{\{?\w+\}|undefined|verdict_|steps_/);
        await page.getByRole("link", { name: "فارسی" }).click();
        expect(await page.locator("html").getAttribute("lang")).toBe("fa");
      }
    },
  );

  testUnless(
    noBrowser,
    "fields have labels, changes are told, and the keyboard gets everywhere",
    async () => {
      await using opened = await open(`${app.http}/doctor`);
      const { page } = opened;
      await verdict(page);
      expect(await page.getByRole("status").textContent()).toContain("WebSocket works");
      for (const name of [/^Do it again$/, /^Stay open for .?75.? s$/, /^Connect$/])
        await page.getByRole("button", { name }).focus({ timeout: 2_000 });
      expect(await page.getByRole("listitem").filter({ hasText: "The server answers: works" }).count()).toBe(
        1,
      );
    },
  );

  test("the same words in each language, with the same places for facts", () => {
    const places = (text: string | readonly string[]) =>
      String(text)
        .match(/\{\w+\}/g)
        ?.sort() ?? [];
    for (const lang of ["fa", "ru"] as const) {
      expect(Object.keys(languages[lang])).toEqual(Object.keys(languages.en));
      for (const [key, text] of Object.entries(languages.en))
        expect({ key, places: places(languages[lang][key]!) }).toEqual({ key, places: places(text) });
    }
  });

  test("nothing inline runs, nothing from elsewhere is loaded, nobody frames it", async () => {
    const answer = await app.fetch("/doctor/", { headers: { "Accept-Language": "xx, ru;q=0.8, en;q=0.3" } });
    const policy = answer.headers.get("content-security-policy") ?? "";
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "form-action 'none'",
    ])
      expect(policy).toContain(rule);
    expect(policy).not.toContain("unsafe");
    const html = await answer.text();
    expect(html).toStartWith('<!doctype html>\n<html lang="ru" dir="ltr">');
    expect(html).not.toMatch(/ on\w+=|style=|https?:\/\/(?!<)\w/);
    expect((await app.fetch("/doctor/secrets.js")).status).toBe(404);
    const faults = await app.json(app.fetch("/doctor/faults.json"));
    expect(faults.token_expired).toMatchObject({ close: 4001, retry: "new_token" });
  });
});
