/*
 * Peyk's web widget: a chat with your support on any page.
 *
 *   <script src="https://peyk.example/widget.js" data-inbox="in_…" async></script>
 *
 * data-inbox     the id of a web inbox (needed)
 * data-server    where Peyk is; by default where this file came from
 * data-lang      en, fa or ru; by default the page's language, else the browser's
 * data-title     the panel's heading
 * data-color     of the button and of the visitor's messages
 * data-position  end (default), start, left or right
 *
 * The page may call PeykWidget.open() and PeykWidget.close(). A page with a Content-Security-Policy needs
 * script-src with the server's https address and connect-src with its wss address; nothing else.
 *
 * What others wrote goes into the page as text alone, never as HTML.
 */
(() => {
  const script = document.currentScript ?? document.querySelector("script[data-inbox]");
  if (!(script instanceof HTMLScriptElement) || window.PeykWidget !== undefined) return;
  const options = script.dataset;
  const inbox = options.inbox ?? "";
  const server = new URL(
    options.server ?? new URL(script.src || location.href).origin,
    location.href,
  ).href.replace(/\/+$/, "");
  const sockets = server.replace(/^http/, "ws");

  // --- texts ---

  /** English, Persian, Russian. */
  const texts = {
    title: ["Chat with us", "گفت‌وگو با ما", "Напишите нам"],
    greeting: [
      "Hello! How can we help you?",
      "سلام! چطور می‌توانیم کمکتان کنیم؟",
      "Здравствуйте! Чем можем помочь?",
    ],
    open: ["Open the chat", "باز کردن گفت‌وگو", "Открыть чат"],
    close: ["Close the chat", "بستن گفت‌وگو", "Закрыть чат"],
    fresh: ["new messages", "پیام تازه", "новых сообщений"],
    log: ["Messages", "پیام‌ها", "Сообщения"],
    write: ["Write a message…", "پیام خود را بنویسید…", "Напишите сообщение…"],
    send: ["Send", "فرستادن", "Отправить"],
    name: ["Your name (optional)", "نام شما (اختیاری)", "Ваше имя (необязательно)"],
    connecting: ["Connecting…", "در حال اتصال…", "Соединение…"],
    offline: [
      "No connection. What you write is kept and sent when it is back.",
      "اتصال برقرار نیست. نوشته‌های شما می‌ماند و با وصل شدن فرستاده می‌شود.",
      "Нет связи. Написанное сохранится и уйдёт, когда она появится.",
    ],
    typing: ["Support is typing", "پشتیبان در حال نوشتن است", "Поддержка печатает"],
    support: ["Support", "پشتیبان", "Поддержка"],
    you: ["You", "شما", "Вы"],
    waiting: ["Waiting to be sent", "در انتظار ارسال", "Ждёт отправки"],
    failed: ["Not sent", "فرستاده نشد", "Не отправлено"],
  };
  const languages = ["en", "fa", "ru"];
  const wanted = [options.lang, document.documentElement.lang, ...navigator.languages, "en"];
  const lang = wanted.map((each) => each?.slice(0, 2).toLowerCase()).find((each) => languages.includes(each));
  const text = {};
  for (const [name, each] of Object.entries(texts)) text[name] = each[languages.indexOf(lang)];
  const number = new Intl.NumberFormat(lang);
  const clock = new Intl.DateTimeFormat(lang, { timeStyle: "short" });
  const calendar = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  const when = (at) => (at.toDateString() === new Date().toDateString() ? clock : calendar).format(at);

  // --- what survives a reload ---

  /**
   * `visitor` (the token that is this browser's key to its conversation), `queue` (what the server has not confirmed),
   * `name`, `read` (time of the newest message that was looked at). Nothing is kept of a visitor who never wrote.
   * Where the browser forbids storage, the page's memory must do.
   */
  const key = `peyk:${server}:${inbox}`;
  let memory = {};
  const load = () => {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? memory;
    } catch {
      return memory;
    }
  };
  const save = (change) => {
    memory = { ...load(), ...change };
    try {
      localStorage.setItem(key, JSON.stringify(memory));
    } catch {
      // Forbidden or full: see above.
    }
  };
  const queue = () => load().queue ?? [];
  const unqueue = (id) => save({ queue: queue().filter((each) => each.id !== id) });

  // --- the socket ---

  let socket;
  let visitor = load().visitor;
  /** The greeting has come on this socket. */
  let ready = false;
  /** There was a greeting once: the inbox exists, and this page may use it. */
  let proven = false;
  let over = false;
  let failures = 0;
  let readyAt = 0;
  let retry;
  let silence;
  /** Id of the message whose confirmation we await. One at a time, so that they arrive in their order. */
  let inFlight;
  let patience;

  const transmit = (message) => ready && socket.send(JSON.stringify(message));

  function connect() {
    clearTimeout(retry);
    if (over || socket !== undefined) return;
    const url = new URL(`${sockets}/ws/widget/${encodeURIComponent(inbox)}`);
    if (visitor !== undefined) url.searchParams.set("visitor", visitor);
    try {
      socket = new WebSocket(url);
    } catch (error) {
      // An https page may not open ws://, and some browsers throw where the page's policy forbids it.
      return giveUp(`the browser does not let this page connect to ${sockets} (${error.message})`);
    }
    socket.onmessage = ({ data }) => hear(JSON.parse(data));
    socket.onclose = ({ code, reason }) => lost(code, reason);
    watch(15_000, 0);
    update();
  }

  /** Asks for a sign of life after so much silence: a browser does not notice by itself that a network is gone. */
  function watch(quiet, grace) {
    clearTimeout(silence);
    silence = setTimeout(() => {
      if (grace === 0) return lost(1006, "");
      transmit({ type: "ping" });
      watch(grace, 0);
    }, quiet);
  }

  function hang() {
    clearTimeout(silence);
    clearTimeout(patience);
    inFlight = undefined;
    ready = false;
    if (socket === undefined) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    socket = undefined;
  }

  function lost(code, reason) {
    // 40xx: do not come back unchanged (docs/faults.md).
    if (code >= 4000 && code < 4100) return giveUp(explain(code, reason));
    if (ready && Date.now() - readyAt > 10_000) failures = 0;
    hang();
    if (++failures === 3 && !proven)
      console.warn(
        `Peyk widget: cannot reach ${sockets}. Is the server up, does its proxy pass WebSocket on?`,
      );
    // Jitter: a server that restarts must not meet all of its visitors in the same instant.
    const pause = Math.min(30_000, 500 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random() / 2);
    retry = setTimeout(connect, pause);
    update();
  }

  const explain = (code, reason) => {
    if (code === 4003)
      return `${server} refuses pages of ${location.origin}: add it to the inbox's origins there`;
    if (code !== 4004) return `${server} refused the connection: ${code} ${reason}`;
    const remedy = `take the id from GET ${server}/api/inboxes, or make one: POST there {"kind":"web","name":"…"}`;
    return `there is no web inbox "${inbox}" at ${server}: ${remedy}`;
  };

  /** Tells the site's owner what to do. Visitors see nothing rather than a button that does nothing. */
  function giveUp(why) {
    over = true;
    clearTimeout(retry);
    hang();
    host.remove();
    console.error(`Peyk widget: ${why}`);
  }

  function hear(frame) {
    watch(25_000, 10_000);
    heard[frame.type]?.(frame);
  }

  const heard = {
    welcome(frame) {
      ready = proven = true;
      readyAt = Date.now();
      visitor = frame.visitor;
      for (const message of frame.messages) show(message);
      mount();
      if (isIdle()) {
        failures = 0;
        return hang();
      }
      // Before the first message: agents see it in the conversation's title.
      if (load().name && load().name !== frame.name) transmit({ type: "name", name: load().name });
      update();
      flush();
    },
    message(frame) {
      show(frame);
      if (frame.from === "support") {
        showTyping(false);
        announcer.textContent = `${text.support}: ${frame.content}`;
      }
      update();
    },
    typing: ({ is_typing }) => showTyping(is_typing),
    error({ id, error, retry: advice, message, retry_after = 1.5 }) {
      if (id === undefined || id !== inFlight) return;
      clearTimeout(patience);
      inFlight = undefined;
      // Too fast, or two tabs at once: it stays in the queue.
      if (advice !== "never" || error === "conflict") return void setTimeout(flush, retry_after * 1_000);
      unqueue(id);
      const refused = shown.get(id);
      refused?.body.classList.add("failed");
      if (refused !== undefined) refused.note.textContent = `${text.failed}: ${message}`;
      flush();
    },
  };

  /** Whoever only reads the site costs the server no socket. */
  const isIdle = () => !isOpen() && shown.size === 0 && queue().length === 0;

  /** Each message goes out until it has come back; the server knows it again by its id. */
  function flush() {
    const [next] = queue();
    if (!ready || inFlight !== undefined || next === undefined) return;
    inFlight = next.id;
    transmit({ type: "message", content: next.content, client_message_id: next.id, id: next.id });
    patience = setTimeout(() => lost(1006, ""), 15_000);
  }

  function confirm(id) {
    unqueue(id);
    if (inFlight !== id) return;
    clearTimeout(patience);
    inFlight = undefined;
    flush();
  }

  function say(content) {
    const { visitor: known } = load();
    if (known !== undefined && known !== visitor) adopt(known);
    // No randomUUID, which pages without https do not have.
    const entry = { id: `w_${crypto.getRandomValues(new Uint32Array(4)).join("_")}`, content };
    const name = nameField.value.trim();
    if (name !== "" && name !== load().name) transmit({ type: "name", name });
    save({ visitor, queue: [...queue(), entry], ...(name === "" ? {} : { name }) });
    showWaiting(entry);
    flush();
  }

  /** Another tab of this browser was first to write: its conversation is ours. */
  function adopt(token) {
    hang();
    visitor = token;
    for (const { body } of shown.values()) body.remove();
    shown.clear();
    for (const entry of queue()) showWaiting(entry);
    connect();
  }

  // --- what one sees ---

  /** `el("p.bubble.you", { lang: "en" }, "text", …)` */
  const el = (kind, attributes = {}, ...children) => {
    const [tag, ...classes] = kind.split(".");
    const element = document.createElement(tag);
    element.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    // `append` makes text nodes of strings.
    element.append(...children);
    return element;
  };
  const icon = (path) => {
    const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
    const [svg, line] = [make("svg"), make("path")];
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };
  const label = (words) => ({ placeholder: words, "aria-label": words });

  const badge = el("span.badge");
  const bubbleIcon = icon("M4 5h16v11H9l-5 4z");
  const launcher = el("button.launcher", { type: "button", "aria-haspopup": "dialog" }, bubbleIcon, badge);
  const heading = el("h2", { id: "heading" }, options.title ?? text.title);
  const closer = el(
    "button.closer",
    { type: "button", "aria-label": text.close },
    icon("M6 6l12 12M18 6L6 18"),
  );
  const state = el("p.state", { role: "status" });
  const greeting = el("p.bubble.support", {}, text.greeting);
  const dots = el("p.dots", {}, el("i"), el("i"), el("i"), el("span.unseen", {}, text.typing));
  // What comes is announced by `announcer` alone: a whole history read aloud is no greeting.
  const log = el("div.log", { role: "log", "aria-live": "off", "aria-label": text.log, tabindex: 0 });
  const announcer = el("p.unseen", { "aria-live": "polite" });
  const nameField = el("input.name", { ...label(text.name), maxlength: 100, autocomplete: "name" });
  const field = el("textarea", { ...label(text.write), rows: 1, maxlength: 1000, enterkeyhint: "send" });
  const sender = el("button.send", { "aria-label": text.send }, icon("M4 12h15M13 6l6 6-6 6"));
  const form = el("form", {}, nameField, el("div.row", {}, field, sender));
  const panel = el("div.panel", { role: "dialog", "aria-labelledby": "heading", tabindex: -1 });
  const root = el("div.root", { lang, dir: lang === "fa" ? "rtl" : "ltr" }, panel, launcher, announcer);
  log.append(greeting, dots);
  panel.append(el("header", {}, heading, closer), state, log, form);
  root.dataset.position = options.position ?? "end";
  for (const each of [badge, dots, panel]) each.hidden = true;
  // In a shadow tree the site's rules do not reach us, nor ours the site.
  const host = el("peyk-widget");
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(root);

  /** Messages in the log by id; what waits, by its own id. */
  const shown = new Map();
  const inOrder = () => [...shown.values()].sort((a, b) => a.at - b.at);

  const isOpen = () => !panel.hidden;
  const isPhone = () => matchMedia("(max-width: 480px)").matches;

  /** Without a proof that the inbox exists there is no button, except where it was here before: then we are offline. */
  function mount() {
    if (over || host.isConnected || !(proven || load().visitor !== undefined)) return;
    document.body.append(host);
    paint();
    for (const entry of queue()) showWaiting(entry);
    update();
  }

  function bubble(from, content) {
    const note = el("small");
    // Read out before the words, since the side of a bubble is not.
    const who = el("span.unseen", {}, `${text[from]}: `);
    const body = el(`p.bubble.${from}`, {}, who, el("span.words", { dir: "auto" }, content), note);
    return { from, body, note };
  }

  /** Behind all that is not younger. What waits has no time yet, and stays at the end. */
  function put(id, entry, at, note) {
    const before = inOrder().findLast((each) => each !== entry && each.at <= at)?.body ?? greeting;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    if (before.nextSibling !== entry.body) before.after(entry.body);
    if (isAtEnd || entry.from === "you") log.scrollTop = log.scrollHeight;
    entry.at = at;
    entry.id = id;
    entry.note.textContent = note;
    shown.set(id, entry);
  }

  /** A message that has come back takes the place of the one that waited. */
  function show({ id, from, content, created_at, client_message_id }) {
    const waiting = shown.get(client_message_id);
    shown.delete(client_message_id);
    if (client_message_id) confirm(client_message_id);
    if (shown.has(id)) return waiting?.body.remove();
    const at = new Date(created_at);
    const entry = waiting ?? bubble(from, content);
    entry.body.classList.remove("waiting");
    put(id, entry, at.getTime(), when(at));
  }

  function showWaiting({ id, content }) {
    if (shown.has(id)) return;
    const entry = bubble("you", content);
    entry.body.classList.add("waiting");
    put(id, entry, Number.POSITIVE_INFINITY, text.waiting);
  }

  let toldSeen = 0;
  /** All that follows from the rest: what is unread, the line under the heading. */
  function update() {
    const theirs = inOrder().filter(({ from }) => from === "support");
    look(theirs.at(-1));

    const count = theirs.filter(({ at }) => at > (load().read ?? 0)).length;
    badge.hidden = count === 0;
    badge.textContent = number.format(count);
    const news = count === 0 ? "" : `, ${text.fresh}: ${number.format(count)}`;
    launcher.setAttribute("aria-expanded", isOpen());
    launcher.setAttribute("aria-label", isOpen() ? text.close : text.open + news);

    const isOffline = !ready && failures > 0;
    state.textContent = isOffline ? text.offline : !ready && isOpen() ? text.connecting : "";
    nameField.hidden = load().name !== undefined || shown.size > 0;
    if (!ready) showTyping(false);
  }

  /** What stands before the visitor's eyes is read: panel open, tab in front. */
  function look(newest) {
    if (newest === undefined || !isOpen() || document.visibilityState !== "visible") return;
    const { at, id: message_id } = newest;
    if (at > (load().read ?? 0)) save({ read: at });
    if (at > toldSeen && transmit({ type: "seen", message_id }) !== false) toldSeen = at;
  }

  let typingEnds;
  function showTyping(isTyping) {
    clearTimeout(typingEnds);
    dots.hidden = !isTyping;
    // Whoever types and then loses his connection cannot say that he has stopped.
    if (isTyping) typingEnds = setTimeout(() => showTyping(false), 10_000);
    if (isTyping) log.scrollTop = log.scrollHeight;
  }

  // --- what one does ---

  function open() {
    if (over || !host.isConnected || isOpen()) return;
    panel.hidden = false;
    panel.setAttribute("aria-modal", isPhone());
    connect();
    fit();
    log.scrollTop = log.scrollHeight;
    // On a phone the keyboard would cover what there is to read.
    (isPhone() ? panel : field).focus();
    update();
  }

  function close() {
    if (!isOpen()) return;
    panel.hidden = true;
    launcher.focus();
    update();
  }

  let typedAt = 0;
  let stops;
  /** Told at most every two seconds, and its end once. */
  function type() {
    clearTimeout(stops);
    if (field.value.trim() === "") return stopTyping();
    stops = setTimeout(stopTyping, 4_000);
    if (Date.now() - typedAt < 2_000) return;
    typedAt = Date.now();
    transmit({ type: "typing", is_typing: true });
  }
  function stopTyping() {
    clearTimeout(stops);
    if (typedAt !== 0) transmit({ type: "typing", is_typing: false });
    typedAt = 0;
  }

  function submit() {
    const content = field.value.trim();
    field.focus();
    if (content === "") return;
    field.value = "";
    grow();
    stopTyping();
    say(content);
    update();
  }

  function grow() {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 120)}px`;
  }

  /** A phone's keyboard makes the visible part of the page smaller, but not the page. */
  function fit() {
    const { height = innerHeight, offsetTop = 0 } = window.visualViewport ?? {};
    root.style.setProperty("--height", `${height}px`);
    root.style.setProperty("--top", `${offsetTop}px`);
  }

  /** Tab stays in the open panel; Escape leaves it. */
  function keys(event) {
    // The site's own shortcuts are not meant for what is typed here.
    event.stopPropagation();
    if (event.key === "Escape") return close();
    if (event.key !== "Tab") return;
    event.preventDefault();
    const stops = [closer, log, nameField, field, sender].filter((each) => !each.hidden);
    // -1: the panel itself.
    const at = stops.indexOf(shadow.activeElement);
    stops.at(event.shiftKey ? Math.max(at, 0) - 1 : (at + 1) % stops.length).focus();
  }

  launcher.addEventListener("click", () => (isOpen() ? close() : open()));
  closer.addEventListener("click", close);
  panel.addEventListener("keydown", keys);
  field.addEventListener("input", () => {
    grow();
    type();
  });
  field.addEventListener("keydown", (event) => {
    // `isComposing`: that Enter chooses a word of an input method.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  document.addEventListener("visibilitychange", () => {
    update();
    if (document.visibilityState !== "visible") return;
    if (socket === undefined && failures > 0) connect();
    // After a sleep: is there still somebody at the other end?
    else if (ready) watch(0, 5_000);
  });
  addEventListener("online", () => (socket === undefined ? failures > 0 && connect() : watch(0, 5_000)));
  addEventListener("offline", () => ready && watch(0, 2_000));
  // A page with an open socket is not kept for the way back.
  addEventListener("pagehide", () => {
    stopTyping();
    hang();
  });
  addEventListener("pageshow", ({ persisted }) => persisted && !isIdle() && connect());
  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    const { visitor: known } = load();
    if (known !== undefined && known !== visitor) adopt(known);
    update();
  });
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective === "connect-src" && !over && blockedURI.startsWith(sockets))
      giveUp(`this page's Content-Security-Policy forbids the connection: add ${sockets} to connect-src`);
  });

  // --- how it looks ---

  const css = `
:host { all: initial !important; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
.root {
  --paper: #fff; --ink: #1b1f24; --soft: #5b6470; --line: #d5dae0; --back: #f4f6f8; --theirs: #e6eaef; --alarm: #b3261e;
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, Vazirmatn, "Noto Sans Arabic", Tahoma, sans-serif;
  color: var(--ink); text-align: start;
}
@media (prefers-color-scheme: dark) {
  .root { --paper: #171b21; --ink: #e9edf2; --soft: #a3adb9; --line: #3a424d; --back: #101318; --theirs: #2a313b; --alarm: #ff8a80; }
}
@media print { .root { display: none; } }
button, input, textarea { font: inherit; color: inherit; }
button { cursor: pointer; border: 0; background: none; padding: 0; display: grid; place-items: center; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 2px var(--paper); }
svg { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.launcher, .panel { position: fixed; z-index: 2147483000; inset-inline-end: 20px; }
.launcher { bottom: max(20px, env(safe-area-inset-bottom)); width: 56px; height: 56px; border-radius: 50%; background: var(--accent); color: var(--on-accent); box-shadow: 0 4px 16px #0005; border: 1px solid transparent; }
.badge { position: absolute; top: -4px; inset-inline-end: -4px; min-width: 22px; padding: 0 6px; border-radius: 11px; font-size: 13px; font-weight: 700; line-height: 22px; text-align: center; background: #b3261e; color: #fff; }
.panel { bottom: 88px; width: 370px; max-width: calc(100vw - 40px); height: min(560px, calc(100vh - 112px)); display: flex; flex-direction: column; overflow: hidden; border: 1px solid var(--line); border-radius: 16px; background: var(--paper); box-shadow: 0 12px 40px #0004; }
.panel:focus { outline: none; }
[data-position="start"] :is(.launcher, .panel) { inset-inline: 20px auto; }
[data-position="left"] :is(.launcher, .panel) { inset-inline: auto; left: 20px; }
[data-position="right"] :is(.launcher, .panel) { inset-inline: auto; right: 20px; }
header { display: flex; align-items: center; gap: 8px; padding: 10px 16px; background: var(--accent); color: var(--on-accent); }
h2 { flex: 1; font-size: 17px; font-weight: 600; overflow-wrap: anywhere; }
.closer { width: 36px; height: 36px; border-radius: 8px; margin-inline-end: -8px; }
header :focus-visible, .launcher:focus-visible { outline-color: var(--on-accent); outline-offset: -4px; box-shadow: none; }
.state:not(:empty) { padding: 6px 16px; font-size: 14px; background: var(--theirs); border-bottom: 1px solid var(--line); }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; display: flex; flex-direction: column; gap: 6px; padding: 16px; background: var(--back); }
.log:focus-visible { outline-offset: -3px; }
.bubble { max-width: 85%; padding: 8px 12px; border-radius: 14px; border: 1px solid transparent; white-space: pre-wrap; overflow-wrap: anywhere; }
.support { align-self: flex-start; background: var(--theirs); border-end-start-radius: 4px; }
.you { align-self: flex-end; background: var(--accent); color: var(--on-accent); border-end-end-radius: 4px; }
.waiting, .failed { background: var(--paper); color: var(--ink); border: 1px dashed var(--soft); }
.failed { border-color: var(--alarm); }
.words, small { display: block; }
small { font-size: 12px; color: var(--soft); }
.you small { color: inherit; }
.failed small { color: var(--alarm); }
.dots { align-self: flex-start; display: flex; gap: 4px; padding: 12px; border-radius: 14px; background: var(--theirs); }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--soft); }
form { display: flex; flex-direction: column; gap: 8px; padding: 10px 12px max(10px, env(safe-area-inset-bottom)); border-top: 1px solid var(--line); }
.row { display: flex; gap: 8px; align-items: flex-end; }
input, textarea { width: 100%; min-height: 42px; padding: 8px 12px; border: 1px solid var(--soft); border-radius: 12px; background: var(--paper); resize: none; unicode-bidi: plaintext; }
input:focus-visible, textarea:focus-visible { outline-width: 2px; outline-offset: 0; box-shadow: none; }
::placeholder { color: var(--soft); opacity: 1; }
.send { flex: none; width: 42px; height: 42px; border-radius: 12px; background: var(--accent); color: var(--on-accent); }
[dir="rtl"] .send svg { transform: scaleX(-1); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) {
  .root .panel { inset: var(--top, 0) 0 auto; width: 100%; max-width: none; height: var(--height, 100%); border: 0; border-radius: 0; }
  .panel:not([hidden]) + .launcher { display: none; }
}
@media (prefers-reduced-motion: no-preference) {
  .panel { animation: rise .18s ease-out; }
  .dots i { animation: blink 1.2s infinite; } .dots i:nth-child(2) { animation-delay: .2s; } .dots i:nth-child(3) { animation-delay: .4s; }
  @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
  @keyframes blink { 50% { opacity: .25; } }
}`;

  /** Sheets made by script are what a strict Content-Security-Policy lets through; a <style> would not be. */
  function paint() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
    const color = CSS.supports("color", options.color ?? "") ? options.color : "#0b5cab";
    root.style.setProperty("--accent", color);
    root.style.setProperty(
      "--on-accent",
      isLight(getComputedStyle(launcher).backgroundColor) ? "#000" : "#fff",
    );
  }

  /** Whether black stands out from a colour more than white does (WCAG's relative luminance). */
  function isLight(color) {
    const linear = (value) => (value <= 10 ? value / 3295 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = (color.match(/[\d.]+/g) ?? [0, 0, 0]).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
  }

  // --- start ---

  function start() {
    if (inbox === "")
      return giveUp('the script tag has no data-inbox: write data-inbox="in_…" with the id of a web inbox');
    mount();
    connect();
  }
  window.PeykWidget = { open, close };
  if (document.body === null) addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
