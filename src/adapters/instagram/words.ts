import type { InstagramSettings } from "../../features/inbox/platform.ts";

/** A sentence of Meta's or of an error: what a log line or an agent's screen can bear. */
const maxCharacters = 300;

/** Cleans words that are not ours. Meta repeats a malformed token in its error message: secrets are cut out here. */
export type Words = (text: string) => string;

export function wordsWithout(settings: InstagramSettings): Words {
  const secrets = [settings.access_token, settings.app_secret, settings.verify_token]
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const clean = secrets.reduce((left, secret) => left.replaceAll(secret, "[secret]"), text);
    return [...clean.replace(/\p{Cc}+/gu, " ").trim()].slice(0, maxCharacters).join("");
  };
}
