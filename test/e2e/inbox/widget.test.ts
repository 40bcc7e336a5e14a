import { afterAll, beforeAll, expect } from "bun:test";
import type { BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { TestApp } from "../../kit/app.ts";
import { openChromium } from "../../kit/chromium.ts";
import type { Received, TestClient } from "../../kit/client.ts";
import { testUnless, warn } from "../../kit/program.ts";
import { tempDir } from "../../kit/temp.ts";
import { holds } from "../../kit/until.ts";

const browser = await openChromium();
const noBrowser = typeof browser === "string" ? browser : "";
warn("the web widget", noBrowser);

/** Milliseconds that something may take to be seen. */
const patience = 12_000;

/** Somebody's site, on an origin of its own; what stands in the address goes into the page. */
const site = Bun.serve({
  port: 0,
  hostname: "localhost",
  fetch(request) {
    const { searchParams: query } = new URL(request.url);
    const html = `<!doctype html>
<html lang="${query.get("lang") ?? "en"}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>* { color: red; font-size: 40px; direction: ltr } button { display: none } p { margin: 9rem }</style>
<title>A shop</title><h1>A shop</h1><button id="own">Ours</button>
<script src="${query.get("script")}" ${query.get("data")}></script>
</html>`;
    const policy = query.get("policy");
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    return new Response(html, {
      headers: policy === null ? headers : { ...headers, "Content-Security-Policy": policy },
    });
  },
});

let app: TestApp;
let token: string;
let inbox: string;

beforeAll(async () => {
  app = await TestApp.start();
  ({ token, inbox } = await shop(app));
});

afterAll(async () => {
  if (typeof browser !== "string") await browser.close();
  await app?.[Symbol.asyncDispose]();
  await site.stop(true);
});

/** A web inbox, and an agent of it. */
async function shop(app: TestApp) {
  const { token } = await app.user("staff");
  const { id } = await app.json(app.post("/api/inboxes", { kind: "web", name: "Shop" }, token));
  return { token, inbox: id as string };
}

async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  if (typeof browser === "string") throw new Error(browser);
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  return context;
}

interface Visit {
  readonly app?: TestApp;
  readonly data?: string;
  readonly lang?: string;
  readonly policy?: string;
}

/** A page of the site with our script in it. */
async function visit(context: BrowserContext, { app: at = app, data, lang, policy }: Visit = {}) {
  const page = await context.newPage();
  const query = new URLSearchParams({
    script: `${at.http}/widget.js`,
    data: data ?? `data-inbox="${inbox}"`,
    ...(lang === undefined ? {} : { lang }),
    ...(policy === undefined ? {} : { policy }),
  });
  const printed: string[] = [];
  page.on("console", (line) => printed.push(line.text()));
  page.on("pageerror", (error) => printed.push(String(error)));
  await page.goto(`${site.url}?${query}`);
  return { page, printed, widget: new Widget(page) };
}

/** What a visitor sees of the widget, and does with it. */
class Widget {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  find(selector: string) {
    return this.page.locator(`peyk-widget ${selector}`);
  }

  open(): Promise<void> {
    return this.find(".launcher").click();
  }

  async say(text: string): Promise<void> {
    await this.find("textarea").fill(text);
    await this.find("textarea").press("Enter");
  }

  style(selector: string, property: string): Promise<string> {
    return styleOf(this.find(selector), property);
  }

  /** The words of all bubbles, top to bottom. */
  said(kind = ".bubble"): Promise<string[]> {
    return this.find(`${kind} .words`).allTextContents();
  }

  /** Resolves when exactly these bubbles are there. */
  shows(words: readonly string[], kind?: string): Promise<void> {
    return holds(async () => expect(await this.said(kind)).toEqual([...words]));
  }
}

interface Styles {
  getComputedStyle(element: unknown): { getPropertyValue(name: string): string };
}

const styleOf = (element: Locator, property: string): Promise<string> =>
  element.evaluate(
    // Runs in the page, whose names this project's types do not know.
    (it, name) => (globalThis as never as Styles).getComputedStyle(it).getPropertyValue(name),
    property,
  );

/** An agent with his list open. */
async function agent(at = app, as = token): Promise<TestClient> {
  const list = await at.connect(`/ws/conversations/?token=${as}`);
  await list.next("conversations_list");
  return list;
}

/** The conversation from which the next message comes, as an agent opens it. */
async function answering(list: TestClient, at = app, as = token) {
  const { conversation_id: id } = await list.next("new_customer_message");
  const chat = await at.connect(`/ws/chat/${id}/?token=${as}`);
  return { id: id as string, chat, recent: await chat.next("recent_messages") };
}

const contents = ({ messages }: Received): string[] =>
  messages.map(({ content }: { content: string }) => content);

/** All messages of a conversation, as the server has them. */
async function stored(id: string, at = app, as = token): Promise<string[]> {
  const chat = await at.connect(`/ws/chat/${id}/?token=${as}`);
  const recent = await chat.next("recent_messages");
  await chat.close();
  return contents(recent);
}

const browserTest = (name: string, run: () => Promise<void>) => testUnless(noBrowser, name, run);

browserTest("a visitor writes, an agent answers, and each sees each message once, as text", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget, page, printed } = await visit(context);
  await widget.open();
  await widget.find(".name").fill("Sara");
  const hostile = `<img src=x onerror="document.title='broken'"><b>bold</b>\nsecond line`;
  await widget.say(hostile);
  const { chat, recent, id } = await answering(list);
  expect(contents(recent)).toEqual([hostile]);
  expect(recent.messages[0].customer.first_name).toBe("Sara");

  chat.send({ type: "chat_message", content: "<script>document.title='broken'</script> سلام" });
  await widget.shows([hostile, "<script>document.title='broken'</script> سلام"]);
  expect(await widget.said(".you")).toEqual([hostile]);
  expect(await widget.find(".bubble img, .bubble b, .bubble script").count()).toBe(0);
  expect(await page.title()).toBe("A shop");
  expect(await stored(id)).toEqual(await widget.said());
  expect(printed).toEqual([]);
});

browserTest("an agent sees that a visitor types", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget, page } = await visit(context);
  await widget.open();
  await widget.say("hello");
  const { chat } = await answering(list);
  await widget.find("textarea").pressSequentially("more");
  expect(await chat.next("typing_indicator")).toMatchObject({ is_typing: true, username: "Visitor" });
  await widget.find("textarea").fill("");
  expect(await chat.next("typing_indicator")).toMatchObject({ is_typing: false });
  await widget.find("textarea").fill("again");
  expect(await chat.next("typing_indicator")).toMatchObject({ is_typing: true });
  await page.goto("about:blank");
  expect(await chat.next("typing_indicator")).toMatchObject({ is_typing: false });
});

browserTest("a visitor sees that an agent types", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget } = await visit(context);
  await widget.open();
  await widget.say("hello");
  const { chat } = await answering(list);
  chat.send({ type: "typing", is_typing: true });
  await widget.find(".dots").waitFor();
  chat.send({ type: "typing", is_typing: false });
  await widget.find(".dots").waitFor({ state: "hidden" });
});

browserTest("an agent sees that an answer before the visitor's eyes is read", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget } = await visit(context);
  await widget.open();
  await widget.say("hello");
  const { chat } = await answering(list);
  chat.send({ type: "chat_message", content: "good day" });
  const { message } = await chat.next("chat_message");
  expect(await chat.next("messages_seen")).toMatchObject({ message_ids: [message.id] });
});

browserTest(
  "what comes while the panel is closed is counted on the button, and read when it opens",
  async () => {
    await using context = await newContext();
    const list = await agent();
    const { widget } = await visit(context);
    await widget.open();
    await widget.say("hello");
    const { chat } = await answering(list);
    await widget.find("textarea").press("Escape");
    expect(await widget.find(".panel").isHidden()).toBe(true);
    for (const content of ["one", "two"]) chat.send({ type: "chat_message", content });
    await holds(async () => expect(await widget.find(".badge").textContent()).toBe("2"));
    expect(await widget.find(".launcher").getAttribute("aria-label")).toBe("Open the chat, new messages: 2");
    expect((await chat.settle()).filter(({ type }) => type === "messages_seen")).toEqual([]);
    await widget.open();
    await chat.next("messages_seen");
    expect(await widget.find(".badge").isHidden()).toBe(true);
  },
);

browserTest("a conversation survives a reload", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget, page } = await visit(context);
  await widget.open();
  await widget.say("before the reload");
  const { chat } = await answering(list);
  chat.send({ type: "chat_message", content: "an answer" });
  await widget.shows(["before the reload", "an answer"]);
  await page.reload();
  await widget.open();
  await widget.shows(["before the reload", "an answer"]);
  await widget.say("after it");
  await widget.shows(["before the reload", "an answer", "after it"]);
  expect(await chat.next("chat_message")).toMatchObject({ message: { content: "an answer" } });
  expect(await chat.next("chat_message")).toMatchObject({ message: { content: "after it" } });
});

browserTest("a server that restarts loses nothing and doubles nothing", async () => {
  using folder = tempDir();
  await using context = await newContext();
  await using first = await TestApp.start({ dataDir: folder.path });
  const { token, inbox } = await shop(first);
  const list = await agent(first, token);
  const { widget, page } = await visit(context, { app: first, data: `data-inbox="${inbox}"` });
  await widget.open();
  await widget.say("one");
  const { chat, id } = await answering(list, first, token);
  chat.send({ type: "chat_message", content: "two" });
  await widget.shows(["one", "two"]);

  await first.app.stop();
  await holds(async () => expect(await widget.find(".state").textContent()).toStartWith("No connection"));
  await widget.say("three");
  await widget.say("four");
  await widget.shows(["three", "four"], ".waiting");
  expect(await widget.find(".waiting small").allTextContents()).toEqual([
    "Waiting to be sent",
    "Waiting to be sent",
  ]);

  await using second = await TestApp.start({ dataDir: folder.path, flags: { port: String(first.port) } });
  const again = await second.connect(`/ws/chat/${id}/?token=${token}`);
  again.send({ type: "chat_message", content: "five" });
  await holds(async () =>
    expect((await widget.said()).toSorted()).toEqual(["five", "four", "one", "three", "two"]),
  );
  await holds(async () => expect(await widget.find(".waiting").count()).toBe(0));
  expect(await widget.find(".state").textContent()).toBe("");
  expect(await stored(id, second, token)).toEqual(await widget.said());
  await page.reload();
  await widget.open();
  await holds(async () => expect(await widget.said()).toEqual(await stored(id, second, token)));
});

browserTest("a message whose confirmation was lost is sent again, and arrives once", async () => {
  await using context = await newContext();
  const list = await agent();
  let connections = 0;
  await context.routeWebSocket(/\/ws\/widget\//, (page) => {
    const server = page.connectToServer();
    const isFirst = ++connections <= 2;
    server.onMessage((data) => {
      // Gone on the way back, as when a train enters a tunnel.
      if (isFirst && JSON.parse(String(data)).type === "message") void page.close({ code: 4200 });
      else page.send(data);
    });
  });
  const { widget, page } = await visit(context);
  await widget.open();
  await widget.say("only once");
  const { id } = await answering(list);
  await holds(async () => expect(await widget.find(".waiting").count()).toBe(0));
  await widget.shows(["only once"]);
  expect(connections).toBeGreaterThan(2);
  expect(await stored(id)).toEqual(["only once"]);
  await page.reload();
  await widget.open();
  await widget.shows(["only once"]);
});

browserTest("many messages written without a connection arrive in their order", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget, page } = await visit(context);
  await widget.open();
  await widget.say("0");
  const { id } = await answering(list);
  await widget.shows(["0"]);
  await context.setOffline(true);
  await page.evaluate("dispatchEvent(new Event('offline'))");
  await holds(async () => expect(await widget.find(".state").textContent()).toStartWith("No connection"));
  const words = Array.from({ length: 13 }, (_, i) => String(i));
  for (const each of words.slice(1)) await widget.say(each);
  await context.setOffline(false);
  await holds(async () => expect(await widget.find(".waiting").count()).toBe(0));
  await widget.shows(words);
  expect(await stored(id)).toEqual(words);
});

browserTest("two tabs of one visitor share one conversation", async () => {
  await using context = await newContext();
  const list = await agent();
  const { widget: one } = await visit(context);
  const { widget: two } = await visit(context);
  await one.open();
  await two.open();
  await holds(async () => expect(await two.find(".state").textContent()).toBe(""));
  await one.say("from the first");
  const { chat, id } = await answering(list);
  await two.shows(["from the first"]);
  await two.say("from the second");
  chat.send({ type: "chat_message", content: "to both" });
  for (const tab of [one, two])
    await holds(async () =>
      expect((await tab.said()).toSorted()).toEqual(["from the first", "from the second", "to both"]),
    );
  expect(await one.said()).toEqual(await two.said());
  expect(await stored(id)).toEqual(await one.said());
});

browserTest("where the browser forbids storage, the chat works as long as the page stays", async () => {
  await using context = await newContext();
  const list = await agent();
  const forbid = `Object.defineProperty(globalThis, "localStorage", {
    get() { throw new DOMException("denied", "SecurityError"); },
  });`;
  await context.addInitScript(forbid);
  const { widget, printed } = await visit(context);
  await widget.open();
  await widget.say("hello");
  const { chat } = await answering(list);
  chat.send({ type: "chat_message", content: "good day" });
  await widget.shows(["hello", "good day"]);
  expect(printed).toEqual([]);
});

browserTest("who only reads the site holds no socket and leaves nothing behind", async () => {
  await using context = await newContext();
  const { widget, page } = await visit(context);
  await widget.find(".launcher").waitFor();
  await holds(() => {
    const widgets = [...app.app.core.connections.all()].filter(({ path }) => path.startsWith("/ws/widget/"));
    expect(widgets).toEqual([]);
  });
  expect(await page.evaluate("localStorage.length")).toBe(0);
});

browserTest("Persian is written from right to left, with the button at that side", async () => {
  await using context = await newContext({ viewport: { width: 900, height: 640 } });
  const { widget } = await visit(context, { lang: "fa-IR" });
  await widget.open();
  expect(await widget.find("h2").textContent()).toBe("گفت‌وگو با ما");
  expect(await widget.style("h2", "direction")).toBe("rtl");
  expect((await widget.find(".launcher").boundingBox())!.x).toBeLessThan(100);
  await widget.say("hello?");
  await widget.shows(["hello?"]);
  const [mine, log] = [await widget.find(".you").boundingBox(), await widget.find(".log").boundingBox()];
  expect(mine!.x - log!.x).toBeLessThan(30);
  expect(await widget.style(".you .words", "direction")).toBe("ltr");
});

browserTest("the language is that of data-lang, else of the page, else of the browser", async () => {
  await using context = await newContext({ locale: "ru-RU" });
  const title = async (choice: Visit) => {
    const { widget } = await visit(context, choice);
    return widget.find("h2").textContent();
  };
  expect(await title({ lang: "de" })).toBe("Напишите нам");
  expect(await title({ lang: "en-GB" })).toBe("Chat with us");
  expect(await title({ lang: "en", data: `data-inbox="${inbox}" data-lang="fa"` })).toBe("گفت‌وگو با ما");
  expect(await title({ data: `data-inbox="${inbox}" data-title="<i>Tea</i>"` })).toBe("<i>Tea</i>");
});

browserTest("on a phone the panel fills the screen, and the heading has a way out", async () => {
  await using context = await newContext({ viewport: { width: 375, height: 667 }, hasTouch: true });
  const { widget } = await visit(context);
  await widget.open();
  await holds(async () =>
    expect(await widget.find(".panel").boundingBox()).toEqual({ x: 0, y: 0, width: 375, height: 667 }),
  );
  expect(await widget.find(".launcher").isHidden()).toBe(true);
  expect(await widget.find(".panel").getAttribute("aria-modal")).toBe("true");
  await widget.find(".closer").tap();
  expect(await widget.find(".panel").isHidden()).toBe(true);
  expect(await widget.find(".launcher").isVisible()).toBe(true);
});

browserTest("the site's style does not reach the widget, nor the widget's the site", async () => {
  await using context = await newContext();
  const { widget, page } = await visit(context, { data: `data-inbox="${inbox}" data-color="#ffd400"` });
  await widget.open();
  // Black on yellow, since white would not be read.
  expect(await widget.style("header", "background-color")).toBe("rgb(255, 212, 0)");
  expect(await widget.style("h2", "color")).toBe("rgb(0, 0, 0)");
  expect(await widget.style("h2", "font-size")).toBe("17px");
  expect(await widget.style("h2", "display")).toBe("block");
  expect(await styleOf(page.locator("h1"), "color")).toBe("rgb(255, 0, 0)");
  expect(await styleOf(page.locator("h1"), "font-size")).toBe("40px");
  expect(await page.locator("#own").isHidden()).toBe(true);
});

browserTest("the keyboard is enough: Enter opens, Tab stays inside, Escape leaves", async () => {
  await using context = await newContext();
  const { widget, page } = await visit(context);
  await widget.find(".launcher").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const focused = (): Promise<string> =>
    page.evaluate('document.querySelector("peyk-widget").shadowRoot.activeElement?.className');
  await holds(async () =>
    expect(await widget.find("textarea").evaluate((it) => it.matches(":focus"))).toBe(true),
  );
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press("Tab");
    seen.push(await focused());
  }
  expect(seen).toEqual(["send", "closer", "log", "name", ""]);
  await page.keyboard.press("Shift+Tab");
  expect(await focused()).toBe("name");
  await page.keyboard.press("Escape");
  expect(await widget.find(".panel").isHidden()).toBe(true);
  expect(await focused()).toBe("launcher");
});

browserTest("a strict Content-Security-Policy needs two sources and nothing else", async () => {
  await using context = await newContext();
  const list = await agent();
  const sockets = app.http.replace("http", "ws");
  const policy = `default-src 'none'; script-src ${app.http}; connect-src ${sockets}; require-trusted-types-for 'script'; trusted-types 'none'`;
  const { widget, printed } = await visit(context, { policy });
  await widget.open();
  await widget.say("hello");
  const { chat } = await answering(list);
  chat.send({ type: "chat_message", content: "good day" });
  await widget.shows(["hello", "good day"]);
  expect(await widget.style("header", "background-color")).toBe("rgb(11, 92, 171)");
  // The site's own <style> is what this policy forbids.
  expect(printed.filter((line) => !line.includes("style"))).toEqual([]);
});

/** What the console tells the owner of a site on which the widget cannot work. */
async function complaint(choice: Visit): Promise<string> {
  await using context = await newContext();
  const { printed, widget } = await visit(context, choice);
  const own = () => printed.filter((line) => line.startsWith("Peyk widget: "));
  await holds(() => expect(own()).toHaveLength(1));
  expect(await widget.find(".launcher").count()).toBe(0);
  return own()[0]!;
}

browserTest(
  "an owner's mistake is told in the console, with what to do, and there is no button",
  async () => {
    expect(await complaint({ data: 'data-inbox="in_nobody"' })).toContain(
      `there is no web inbox "in_nobody" at ${app.http}: take the id from`,
    );
    expect(await complaint({ data: "" })).toContain('write data-inbox="in_…"');
    const policy = `default-src 'none'; script-src ${app.http}`;
    expect(await complaint({ policy })).toContain(`add ${app.http.replace("http", "ws")} to connect-src`);
    const origins = ["https://shop.example"];
    const picky = await app.json(app.post("/api/inboxes", { kind: "web", name: "Picky", origins }, token));
    expect(await complaint({ data: `data-inbox="${picky.id}"` })).toContain(
      `refuses pages of ${site.url.origin}: add it to the inbox's origins`,
    );
  },
);

testUnless("", "the script is small, cheap to ask for again, and open to any origin", async () => {
  await using picky = await TestApp.start({ flags: { "allowed-origins": "https://shop.example" } });
  const answer = await picky.fetch("/widget.js", { headers: { Origin: "https://other.example" } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect((await answer.text()).length).toBeLessThan(40_000);
  const headers = { "If-None-Match": answer.headers.get("etag")! };
  const again = await picky.fetch("/widget.js", { headers });
  expect(again.status).toBe(304);
  expect(again.headers.get("access-control-allow-origin")).toBe("*");
  expect(await again.text()).toBe("");
});
