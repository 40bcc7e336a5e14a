import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { openChromium } from "../kit/chromium.ts";
import { testUnless, warn } from "../kit/program.ts";
import { examples, expectCommands, Repeater, Site } from "./kit.ts";

const browser = await openChromium();
const noBrowser = typeof browser === "string" ? browser : "";
warn("the browser example", noBrowser);

const file = pathToFileURL(join(examples, "browser", "index.html")).href;
let site: Site;

beforeAll(async () => {
  site = await Site.start();
}, 30_000);

afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  if (typeof browser !== "string") await browser.close();
});

/** The page as somebody opens it, and what went wrong in it. */
async function open(address: string): Promise<{ page: Page; errors: string[] } & AsyncDisposable> {
  if (typeof browser === "string") throw new Error(browser);
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(address);
  return { page, errors, [Symbol.asyncDispose]: () => context.close() };
}

async function connect(page: Page, host: string, token: string): Promise<void> {
  await page.getByLabel("Server").fill(`ws://${host}`);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
}

const says = (page: Page, text: string) => page.getByRole("status").filter({ hasText: text }).waitFor();

testUnless(
  noBrowser,
  "from a file: it gets what was commanded while it was away, and comes back after a restart",
  async () => {
    const token = await site.administrator.addDevice("pico", "tab");
    await using opened = await open(file);
    const { page, errors } = opened;
    await expectCommands(site, "tab", () => {
      void connect(page, site.host, token);
      return { [Symbol.asyncDispose]: async () => {} };
    });
    await says(page, "Connected as tab.");
    expect(await page.getByRole("row").allInnerTexts()).toEqual([
      "Command\tWhat\tAnswer",
      expect.stringContaining("status"),
      expect.stringMatching(/^servo\t.*\tX=45°, Y=46°$/),
      expect.stringMatching(/^servo\t.*\tX=30°, Y=120°$/),
    ]);
    await page.getByLabel("Log line").fill("سلام <b>");
    await page.getByRole("button", { name: "Send" }).click();
    const { logs } = await site.administrator.until("/api/devices/tab/logs", (body) => body.logs.length > 0);
    expect(logs).toMatchObject([{ message: "سلام <b>", source: "pico" }]);
    expect(await page.getByRole("log").innerText()).not.toContain(token);
    expect(errors).toEqual([]);
  },
);

testUnless(noBrowser, "it shows code, reason and what to do where the token is wrong", async () => {
  await using opened = await open(file);
  await connect(opened.page, site.host, "wrong");
  await says(opened.page, "Closed with 4001: this device token is not known [r_");
  await says(opened.page, "Check the token");
  expect(await opened.page.getByRole("status").innerText()).not.toContain("Next attempt");
});

testUnless(noBrowser, "it goes on trying where no server answers", async () => {
  await using opened = await open(file);
  await connect(opened.page, "127.0.0.1:1", "any");
  await says(opened.page, "Closed with 1006");
  await says(opened.page, "Next attempt in");
});

testUnless(noBrowser, "a command that comes twice runs once, and an ack is not answered", async () => {
  await using repeater = new Repeater();
  await using opened = await open(file);
  await connect(opened.page, repeater.host, "any");
  await says(opened.page, "Connected as repeated.");
  expect(repeater.heard[0]).toEqual({ type: "auth", token: "any" });
  const command = { type: "action", command: { action: "<img src=x>" }, command_id: "one" };
  repeater.send(command);
  repeater.send(command);
  repeater.send({ type: "ack", command_type: "sensor_data", status: "success", command_id: "one" });
  await repeater.settle();
  expect(repeater.heard.filter(({ type }) => type === "ack")).toHaveLength(2);
  expect(await opened.page.getByRole("row").count()).toBe(2);
  expect(await opened.page.locator("img").count()).toBe(0);
});

testUnless(noBrowser, "any web server may serve it", async () => {
  await using web = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(Bun.file(join(examples, "browser", "index.html"))),
  });
  await using opened = await open(`http://127.0.0.1:${web.port}/`);
  expect(await opened.page.getByLabel("Server").inputValue()).toBe(`ws://127.0.0.1:${web.port}`);
  // A page of this machine needs no token.
  await connect(opened.page, site.host, "");
  await says(opened.page, "Connected as pico-browser.");
});
