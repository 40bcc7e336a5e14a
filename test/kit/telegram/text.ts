import { badRequest } from "./answer.ts";

const tag = /<(\/?)([a-zA-Z-]*)/g;
const tags = new Set(["b", "strong", "i", "em", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler"]);

/** A text as Telegram takes it: blanks at its ends are cut away, and with a parse_mode it must be well formed. */
export function checkText(text: string, parseMode: unknown): string {
  const trimmed = text.trim();
  if (trimmed === "") throw badRequest("message text is empty");
  if (trimmed.length > 4096) throw badRequest("message is too long");
  if (/\p{Cs}/u.test(trimmed)) throw badRequest("strings must be encoded in UTF-8");
  if (parseMode === "HTML") checkHtml(trimmed);
  if (parseMode === "Markdown" || parseMode === "MarkdownV2") checkMarkdown(trimmed);
  return trimmed;
}

function checkHtml(text: string): void {
  const open: string[] = [];
  for (const { 1: slash, 2: name = "", index } of text.matchAll(tag)) {
    if (!tags.has(name)) throw entities(`Unsupported start tag "${name}" at byte offset ${index}`);
    if (slash === "") open.push(name);
    else if (open.pop() !== name) throw entities(`Unexpected end tag at byte offset ${index}`);
  }
  if (open.length > 0) throw entities("Can't find end tag");
}

function checkMarkdown(text: string): void {
  for (const mark of ["*", "_", "`"])
    if (text.split(mark).length % 2 === 0) throw entities("Can't find end of the entity");
}

const entities = (words: string) => badRequest(`can't parse entities: ${words}`);
