/**
 * What an operator may see of a frame. Secrets never; what people write only where he asked for it, since that is
 * audited: by default strings are shown as their length, and what is left is the frame's shape.
 */
export type Content = "shape" | "full";

/** Characters of a frame that are shown. */
export const maxShown = 2_000;
/** Longer messages are not taken apart: that would cost the node more than it tells. */
const maxParsed = 32 * 1024;
const maxDepth = 12;
const maxItems = 20;
const maxKeys = 50;

/** Keys whose values are never shown. `visitor` is a web visitor's token, `sid` and `session` name a login. */
const secretKey =
  /token|passw|pwd|secret|authori[sz]ation|api_?-?key|private_?-?key|credential|cookie|session|bearer|jwt|signature|^(sid|pin|otp|visitor|key|auth)$/i;
/** Numbers that tell where somebody is, or how to call him. */
const personalKey = /^(lat|lng|lon|latitude|longitude|phone|phone_number|mobile)$/i;
/** Keys whose values are words of the protocol, names of things and times. */
const plainKey =
  /^(type|error|fault|status|state|kind|role|level|retry|event|action|command|cursor|since|receipt|incident|in_reply_to|timestamp|server_time|check|code|id|channel)$|_(at|id|type)$/i;

/** JSON text as it may be shown; `undefined`: this is no JSON, or too long to be taken apart. */
export function redactJson(text: string, content: Content): string | undefined {
  if (text.length > maxParsed) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    // Our own words, and what an operator looks for first.
    const isError = typeof value === "object" && value !== null && "type" in value && value.type === "error";
    return JSON.stringify(redact(value, "", isError ? "full" : content, 0));
  } catch {
    return undefined;
  }
}

function redact(value: unknown, key: string, content: Content, depth: number): unknown {
  if (secretKey.test(key)) return "[secret]";
  if (typeof value === "string") return redactString(value, key, content);
  if (content === "shape" && personalKey.test(key)) return "[personal]";
  if (typeof value !== "object" || value === null) return value;
  if (depth === maxDepth) return "[deeper]";
  return Array.isArray(value)
    ? redactList(value, key, content, depth + 1)
    : redactObject(value, content, depth + 1);
}

function redactList(list: readonly unknown[], key: string, content: Content, depth: number): unknown[] {
  const shown = list.slice(0, maxItems).map((each) => redact(each, key, content, depth));
  return list.length > maxItems ? [...shown, `[${list.length - maxItems} more]`] : shown;
}

/** As a list of pairs: a key may be a stranger's word, such as `__proto__`. */
function redactObject(value: object, content: Content, depth: number): unknown {
  const entries = Object.entries(value);
  const shown = entries
    .slice(0, maxKeys)
    .map(([key, each]) => [hideSecrets(key.slice(0, 64)), redact(each, key, content, depth)] as const);
  const rest = entries.length - shown.length;
  return Object.fromEntries(rest > 0 ? [...shown, ["…", `[${rest} more]`]] : shown);
}

function redactString(text: string, key: string, content: Content): string {
  if (content === "shape" && !(plainKey.test(key) && text.length <= 64)) return lengthOf(text);
  // Secrets are looked for before it is cut: half of one looks like none.
  return hideSecrets(text);
}

/** A text that is not shown. */
export const lengthOf = (text: string): string => `[${text.length} characters]`;

const jwt = /eyJ[\w-]{5,}(?:\.[\w-]*){0,2}/g;
const bearer = /\b(bearer|basic)(\s+)\S+/gi;
const assigned =
  /([\w-]*(?:token|passw\w*|secret|api_?key|authorization|visitor)["']?\s*[=:]\s*["']?)[^\s&"',;]+/gi;
const words = /[\w-]{24,}/g;
const base64 = /[\w+/=-]{24,}/g;

const isMixed = (word: string): boolean => /\d/.test(word) && /[a-z]/i.test(word);
const isBase64 = (word: string): boolean => /\d/.test(word) && /[a-z]/.test(word) && /[A-Z]/.test(word);

/** A text without JSON Web Tokens, assigned secrets, and long words that no person would write. */
export const hideSecrets = (text: string): string =>
  text
    .replace(jwt, "[token]")
    .replace(bearer, "$1$2[secret]")
    .replace(assigned, "$1[secret]")
    .replace(words, (word) => (isMixed(word) ? `[hidden ${word.length}]` : word))
    .replace(base64, (word) => (isBase64(word) ? `[hidden ${word.length}]` : word));
