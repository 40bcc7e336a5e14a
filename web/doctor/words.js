/** What this page says, in the language in which the server sent it. */
const words = JSON.parse(document.getElementById("words").textContent);

/** A sentence, filled with facts. */
export const say = (key, facts = {}) => fill(words[key] ?? key, facts);

/** For texts of several lines. */
export const list = (key) => (words[key] ?? []).map((text) => fill(text, {}));

export const isKnown = (key) => Object.hasOwn(words, key);

/** Facts, and what stands between backticks, keep their own direction inside a sentence that runs from right to left. */
const fill = (text, facts) =>
  text
    .replace(/`([^`]+)`/g, (_, words) => isolate(words))
    .replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? isolate(facts[name]) : whole));

/** U+2068 FIRST STRONG ISOLATE to U+2069 POP DIRECTIONAL ISOLATE. */
const isolate = (text) => `\u2068${text}\u2069`;

/** Milliseconds as people say them: the two greatest units. */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    ["days", Math.floor(seconds / 86_400)],
    ["hours", Math.floor(seconds / 3600) % 24],
    ["minutes", Math.floor(seconds / 60) % 60],
    ["seconds", seconds % 60],
  ].filter(([, n]) => n > 0);
  return (
    parts
      .slice(0, 2)
      .map(([unit, n]) => say(unit, { n }))
      .join(" ") || say("seconds", { n: 0 })
  );
}
