import { type Context, Hono } from "hono";
import { languages, page, scripts, style } from "../../web/doctor/files.js";
import { faults } from "../protocol/faults.ts";

type Language = keyof typeof languages;

/** Each in its own letters; Persian runs from right to left. */
const names: Readonly<Record<Language, { name: string; dir: "ltr" | "rtl" }>> = {
  en: { name: "English", dir: "ltr" },
  fa: { name: "فارسی", dir: "rtl" },
  ru: { name: "Русский", dir: "ltr" },
};
const all = Object.keys(names) as Language[];

/**
 * `/doctor`: what a browser can find out about its way to this server. For people whose app does not connect, so it needs
 * no login, and none of the consoles.
 */
export const doctorPage = (): Hono =>
  new Hono()
    .get("/doctor", (c) => c.html(render(languageOf(c)), 200, headers(c)))
    .get("/doctor/page.css", (c) => c.body(style, 200, file("text/css")))
    .get("/doctor/faults.json", (c) => c.json(faults, 200, { "Cache-Control": "no-cache" }))
    .get("/doctor/:script", (c, next) => {
      const script = c.req.param("script");
      if (!Object.hasOwn(scripts, script)) return next();
      return c.body(scripts[script]!, 200, file("text/javascript"));
    });

const file = (type: string) => ({
  "Content-Type": `${type}; charset=utf-8`,
  // Asked for anew each time: a page that finds faults must not be an old one.
  "Cache-Control": "no-cache",
  "X-Content-Type-Options": "nosniff",
});

/** Nothing but this server's own files and sockets; a browser that is too old to take `'self'` for sockets gets the host. */
function headers(c: Context): Record<string, string> {
  const host = c.req.header("host") ?? "";
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    Vary: "Accept-Language",
  };
}

/** What `?lang=` says, else the browser's first that we speak, else English. */
function languageOf(c: Context): Language {
  const asked = [c.req.query("lang") ?? "", ...accepted(c.req.header("accept-language") ?? "")];
  return asked.map(toLanguage).find((each) => each !== undefined) ?? "en";
}

/** `fa-IR,fa;q=0.9,en;q=0.8`, the dearest first (RFC 9110 12.5.4). */
const accepted = (header: string): string[] =>
  header
    .split(",")
    .map((each) => each.split(";q="))
    .sort(([, a = "1"], [, b = "1"]) => Number(b) - Number(a))
    .map(([tag = ""]) => tag.trim());

const toLanguage = (tag: string): Language | undefined =>
  all.find((language) => tag.toLowerCase().split("-")[0] === language);

const pages = new Map<Language, string>();

function render(language: Language): string {
  const made = pages.get(language) ?? fill(language);
  pages.set(language, made);
  return made;
}

/** Sentences go in as text. `words` and `switch` are markup of our own making. */
function fill(language: Language): string {
  const words = languages[language];
  const own: Record<string, string> = {
    words: `<script type="application/json" id="words">${JSON.stringify(words).replaceAll("<", "\\u003c")}</script>`,
    switch: all.map((each) => link(each, language)).join("\n"),
  };
  return page
    .replace('lang="en" dir="ltr"', `lang="${language}" dir="${names[language].dir}"`)
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => own[name] ?? prose(String(words[name])));
}

const link = (language: Language, current: Language): string => {
  const { name, dir } = names[language];
  const mark = language === current ? ' aria-current="true"' : "";
  return `<a href="?lang=${language}" lang="${language}" dir="${dir}" hreflang="${language}"${mark}>${name}</a>`;
};

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);
/** What stands between backticks keeps its own direction inside a sentence that runs from right to left. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<bdi dir="ltr">$1</bdi>');
