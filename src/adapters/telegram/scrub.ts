/** What has the shape of a bot token, whoever's it is. */
const tokenShape = /\d{5,}:[\w-]{20,}/g;
const longest = 500;

/** Takes secrets out of a text that others will read, and keeps it short and on one line. */
export const scrubber =
  (...secrets: readonly string[]) =>
  (text: string): string =>
    secrets
      .filter((secret) => secret !== "")
      .flatMap((secret) => [secret, encodeURIComponent(secret)])
      .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text)
      .replace(tokenShape, "[secret]")
      .replace(/\p{Cc}+/gu, " ")
      .slice(0, longest);

export type Scrub = ReturnType<typeof scrubber>;
