import { afterAll, beforeAll, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Agent, InboxWorld } from "../e2e/inbox/kit.ts";
import { TestApp } from "../kit/app.ts";
import { openChromium } from "../kit/chromium.ts";
import { testUnless, warn } from "../kit/program.ts";
import { tempDir } from "../kit/temp.ts";
import { holds } from "../kit/until.ts";

/** The front-end code of seed 002 as it stands there; only the host changes, when it is served. */
const example = (name: string) => readFileSync(join(import.meta.dir, "002", name), "utf8");

/** Puts methods that the seed prints by themselves into a class, as a reader would. */
const withMethods = (code: string, ...methods: readonly string[]) =>
  code.replace(/\}\s*$/, `\n${methods.join("\n")}\n}\n`);

/** What the seed's code calls and does not print; each notes in `seen` that it was called. */
const supplied = `
createConversationElement({ id, title, unread_count, last_message }) {
  const element = document.createElement("li");
  element.dataset.id = id;
  element.textContent = title + " | " + unread_count + " | " + (last_message?.content ?? "");
  return element;
}
createMessageElement({ id, type, content }) {
  const element = document.createElement("p");
  element.dataset.id = id;
  element.className = type;
  element.textContent = content;
  return element;
}
loadRecentMessages(messages) {
  document.getElementById("chat-messages").replaceChildren();
  for (const message of messages) this.addMessageToChat(message);
}
updateConversationInList() { this.requestConversations(); }
refreshConversation() { this.requestConversations(); }
scrollToBottom() {}
playNotificationSound() { seen.sounds++; }
showToast(text) { seen.toasts.push(text); }
showError(text) { seen.errors.push(text); }
updateUserPresence(user, isOnline) { seen.presence.push([user, isOnline]); }
markMessagesAsRead(user) { seen.reads.push(user); }
`;

/** The seed's error handling on its WebSocketManager: what comes before `handleError` stands where a socket is made. */
function managedSocket(): string {
  const [onSocket, method] = example("errors.js").split(/^(?=handleError)/m);
  return `class ManagedSocket extends WebSocketManager {
  constructor(url) { super(); this.url = url; }
  connect() {
    const websocket = new WebSocket(this.url);
    this.websocket = websocket;
    websocket.onopen = () => this.onConnect();
    websocket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "error") this.handleError(message);
    };
    ${onSocket}
  }
  ${method}
  showError(text) { seen.errors.push(text); }
  showConnectionError() { seen.connectionErrors++; }
  redirectToLogin() { seen.logins++; }
}`;
}

function script(host: string): string {
  const socket = withMethods(
    example("fiko-websocket.js"),
    example("handlers.js"),
    example("ui.js"),
    supplied,
  );
  const chat = withMethods(
    // The class alone; what the seed does with it follows below.
    example("fiko-chat.js").split("// استفاده")[0]!,
    "updateUIForConversation() { document.getElementById('chat-messages').replaceChildren(); }",
  );
  const use = example("fiko-chat.js").split("// استفاده")[1];
  return [
    "const seen = { sounds: 0, toasts: [], errors: [], presence: [], reads: [], connectionErrors: 0, logins: 0 };",
    socket,
    example("manager.js"),
    managedSocket(),
    chat,
    use,
  ]
    .join("\n")
    .replaceAll("wss://api.fiko.net", `ws://${host}`);
}

const html = `<!doctype html><meta charset="utf-8"><title>Support</title>
<ul id="conversations-list"></ul><div id="chat-messages"></div><p id="typing-indicator" style="display: none"></p>
<textarea id="message-input"></textarea><button id="send-button">Send</button>`;

const browser = await openChromium();
const noBrowser = typeof browser === "string" ? browser : "";
warn("seed 002", noBrowser);

let world: InboxWorld;
/** The front end, on an origin of its own, as in the seed. */
let front: Bun.Server<undefined>;

beforeAll(async () => {
  world = await InboxWorld.start();
  front = Bun.serve({
    port: 0,
    hostname: "localhost",
    fetch(request) {
      const { pathname, search, searchParams } = new URL(request.url);
      const isScript = pathname === "/app.js";
      const body = isScript
        ? script(searchParams.get("host")!)
        : `${html}<script src="/app.js${search}"></script>`;
      const type = isScript ? "text/javascript" : "text/html";
      return new Response(body, { headers: { "Content-Type": `${type}; charset=utf-8` } });
    },
  });
});

afterAll(async () => {
  if (typeof browser !== "string") await browser.close();
  await front?.stop(true);
  await world?.[Symbol.asyncDispose]();
});

/** An agent's page with the seed's code in it. */
class Desk {
  readonly page: Page;
  readonly printed: string[];

  private constructor(page: Page, printed: string[]) {
    this.page = page;
    this.printed = printed;
  }

  static async open(token: string, { app } = world): Promise<Desk> {
    if (typeof browser === "string") throw new Error(browser);
    const context = await browser.newContext();
    await context.addInitScript(`localStorage.setItem("access_token", ${JSON.stringify(token)})`);
    const page = await context.newPage();
    const printed: string[] = [];
    page.on("console", (line) => printed.push(line.text()));
    page.on("pageerror", (error) => printed.push(String(error)));
    await page.goto(`${front.url}?host=127.0.0.1:${app.port}`);
    return new Desk(page, printed);
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into values of every shape.
  run(code: string): Promise<any> {
    return this.page.evaluate(code);
  }

  /** Opens a conversation, and waits for its messages. */
  async select(conversation: string): Promise<void> {
    await this.run(`fikoChat.selectConversation(${JSON.stringify(conversation)})`);
    await holds(async () => expect(await this.messages()).not.toEqual([]));
  }

  messages(): Promise<string[]> {
    return this.page.locator("#chat-messages p").allTextContents();
  }

  row(conversation: string): Promise<string[]> {
    return this.page.locator(`#conversations-list li[data-id="${conversation}"]`).allTextContents();
  }

  async shows(messages: readonly string[]): Promise<void> {
    await holds(async () => expect(await this.messages()).toEqual([...messages]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

const browserTest = (name: string, run: () => Promise<void>) => testUnless(noBrowser, name, run);
const userId = ({ id }: Agent) => Number(id);

browserTest("the list arrives, a chat opens, and what each agent sends is shown to both once", async () => {
  const { id } = await world.conversation("Salam");
  await using a = await Desk.open(world.ana.token);
  await using b = await Desk.open(world.staff.token);
  for (const desk of [a, b]) {
    await holds(async () => expect(await desk.row(id)).toEqual(["web - Visitor | 1 | Salam"]));
    await desk.select(id);
  }
  await a.page.locator("#message-input").fill("from A");
  await a.page.locator("#message-input").press("Enter");
  for (const desk of [a, b]) await desk.shows(["Salam", "from A"]);
  expect(await a.page.locator("#message-input").inputValue()).toBe("");
  await b.page.locator("#message-input").fill("from B");
  await b.page.locator("#send-button").click();
  for (const desk of [a, b]) await desk.shows(["Salam", "from A", "from B"]);
  const kinds = await b.run(
    "[...document.querySelectorAll('#chat-messages p')].map((each) => each.className)",
  );
  expect(kinds).toEqual(["customer", "support", "support"]);
  for (const desk of [a, b])
    await holds(async () => expect(await desk.row(id)).toEqual(["web - Visitor | 1 | from B"]));
});

browserTest("who types is shown to the other agent alone, and only while he does", async () => {
  const { id } = await world.conversation();
  await using a = await Desk.open(world.ana.token);
  await using b = await Desk.open(world.staff.token);
  for (const desk of [a, b]) await desk.select(id);
  await a.page.locator("#message-input").pressSequentially("hm");
  const indicator = b.page.locator("#typing-indicator");
  await indicator.waitFor();
  expect(await indicator.textContent()).toMatch(/^user-.+@example\.com در حال تایپ\.\.\.$/);
  // The seed's code itself says so after a second without a key.
  await indicator.waitFor({ state: "hidden" });
  expect(await a.page.locator("#typing-indicator").textContent()).toBe("");
});

browserTest("agents see who comes and goes, and what was read", async () => {
  const { id } = await world.conversation();
  const [ana, staff] = [userId(world.ana), userId(world.staff)];
  await using a = await Desk.open(world.ana.token);
  await a.select(id);
  await using b = await Desk.open(world.staff.token);
  await b.select(id);
  await holds(async () => expect(await a.run("seen.presence")).toEqual([[staff, true]]));
  await holds(async () => expect(await b.run("seen.presence")).toEqual([[ana, true]]));
  await a.run("fikoChat.ws.markAsRead()");
  for (const desk of [a, b]) {
    await holds(async () => expect(await desk.run("seen.reads")).toEqual([ana]));
    await holds(async () => expect(await desk.row(id)).toEqual(["web - Visitor | 0 | Salam"]));
  }
  await b.run("fikoChat.ws.chatSocket.close()");
  await holds(async () =>
    expect(await a.run("seen.presence")).toEqual([
      [staff, true],
      [staff, false],
    ]),
  );
});

browserTest(
  "a message from a visitor of the widget rings, and moves his conversation to the top",
  async () => {
    const { id, visitor } = await world.conversation("first");
    await world.conversation("of somebody else");
    await using a = await Desk.open(world.ana.token);
    await using b = await Desk.open(world.staff.token);
    await b.select(id);
    await holds(async () => expect(await a.row(id)).toEqual(["web - Visitor | 1 | first"]));
    visitor.send({ type: "message", content: "second" });
    for (const desk of [a, b]) {
      await holds(async () => expect(await desk.row(id)).toEqual(["web - Visitor | 2 | second"]));
      const top = await desk.page.locator("#conversations-list li").first().getAttribute("data-id");
      expect(top).toBe(id);
      expect(await desk.run("seen.toasts")).toEqual(["پیام جدید دریافت شد!"]);
      expect(await desk.run("seen.sounds")).toBe(1);
    }
    await b.shows(["first", "second"]);
    expect(await a.messages()).toEqual([]);
  },
);

const chatUrl = (id: string, token: string, { app } = world) =>
  `ws://127.0.0.1:${app.port}/ws/chat/${id}/?token=${token}`;
const manage = (name: string, url: string) =>
  `globalThis.${name} = new ManagedSocket(${JSON.stringify(url)}); ${name}.connect();`;

browserTest(
  "an empty message leads the seed's error handling to its Persian words, and the chat lives",
  async () => {
    const { id } = await world.conversation();
    await using desk = await Desk.open(world.ana.token);
    await desk.select(id);
    await desk.run("fikoChat.ws.sendMessage('  ')");
    await holds(async () =>
      expect(await desk.run("seen.errors")).toEqual(["Message content cannot be empty"]),
    );
    await desk.run(manage("managed", chatUrl(id, world.ana.token)));
    await holds(async () => expect(await desk.run("managed.websocket.readyState")).toBe(1));
    await desk.run("managed.websocket.send(JSON.stringify({ type: 'chat_message', content: '' }))");
    const [, persian] = /cannot be empty':\s+this\.showError\('(.+)'\)/.exec(example("errors.js"))!;
    await holds(async () => expect((await desk.run("seen.errors")).slice(1)).toEqual([persian!]));
    await desk.run("fikoChat.ws.sendMessage('still here')");
    await desk.shows(["Salam", "still here"]);
  },
);

browserTest(
  "a bad token closes with 1008, which sends the page to its login instead of a reconnect",
  async () => {
    const { id } = await world.conversation();
    await using desk = await Desk.open("no.valid.token");
    const codes = await desk.run(`(async () => {
    const fiko = new FikoWebSocket("no.valid.token");
    fiko.connectToConversations();
    fiko.connectToChat("${id}");
    const sockets = [fiko.conversationsSocket, fiko.chatSocket];
    const ends = sockets.map((each) => new Promise((resolve) => each.addEventListener("close", resolve)));
    return (await Promise.all(ends)).map(({ code }) => code);
  })()`);
    expect(codes).toEqual([1008, 1008]);
    await desk.run(manage("managed", chatUrl(id, "no.valid.token")));
    await holds(async () => expect(await desk.run("seen.logins")).toBe(1));
    expect(await desk.run("managed.reconnectAttempts")).toBe(0);
    expect(await desk.messages()).toEqual([]);
  },
);

browserTest("after a restart of the server the seed's code finds its way back by itself", async () => {
  using folder = tempDir();
  await using world = await InboxWorld.start({ dataDir: folder.path });
  const { id } = await world.conversation();
  await using desk = await Desk.open(world.ana.token, world);
  await desk.select(id);
  await desk.run("fikoChat.ws.sendMessage('before')");
  await desk.shows(["Salam", "before"]);
  await desk.run(manage("managed", chatUrl(id, world.ana.token, world)));
  await holds(() => expect(desk.printed).toContain("✅ Connection restored"));
  const { port } = world.app;
  const connects = () => desk.printed.filter((line) => line === "✅ Connected to conversations").length;
  expect(connects()).toBe(1);
  await world.app.app.stop();
  await holds(() => expect(desk.printed).toContain("❌ Conversations connection closed"));
  await using again = await TestApp.start({ dataDir: folder.path, flags: { port: String(port) } });
  await holds(() => expect(connects()).toBe(2));
  await holds(async () => expect(await desk.row(id)).toEqual(["web - Visitor | 1 | before"]));
  await holds(() => expect(desk.printed).toContain("🔄 Reconnection attempt 1"));
  await holds(() => expect(desk.printed.filter((line) => line === "✅ Connection restored")).toHaveLength(2));
  expect(await desk.run("managed.reconnectAttempts")).toBe(0);
  await desk.select(id);
  await desk.run("fikoChat.ws.sendMessage('after')");
  await desk.shows(["Salam", "before", "after"]);
  expect(again.port).toBe(port);
});
