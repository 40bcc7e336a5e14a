import type { WebhookInfo } from "grammy/types";

/** What to do about Telegram's own words on a webhook that fails. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /ssl|certificate|tls/i,
    "Give the server its full certificate chain, for the name in the webhook's address.",
  ],
  [/resolve|getaddrinfo/i, "Check the DNS entry of the webhook's host name."],
  [/reserved|ip address/i, "Telegram takes public IPv4 addresses only; use polling behind NAT."],
  [
    /timed? ?out|refused|reset|closed|unreachable/i,
    "Open one of the ports 443, 80, 88 or 8443 to Telegram, and look at the firewall and the proxy in front.",
  ],
  [
    /401|403|unauthorized|forbidden/i,
    "Something in front of Peyk refuses the request, or the webhook was set with another secret; save the inbox again.",
  ],
  [/404|30\d|redirect|moved/i, "The public address must lead to Peyk's /webhooks/ without a redirect."],
  [/5\d\d/, "Look into this server's log and health."],
];

const otherwise = "Look into this server's log, or use polling.";

/** The sentence for health, or nothing where the webhook does well. `grown`: more wait than five minutes ago. */
export function webhookProblem(
  info: WebhookInfo,
  ours: string,
  now: number,
  grown: boolean,
): string | undefined {
  if (info.url !== ours)
    return `Telegram sends this bot's messages to another address (${hostOf(info.url)}). Stop the program that set it, then save the inbox again.`;
  const waiting = info.pending_update_count;
  const queue = waiting === 0 ? "" : ` ${waiting} wait there.`;
  if (info.last_error_message !== undefined && (isRecent(info, now) || grown))
    return `Telegram cannot deliver messages: "${info.last_error_message}".${queue} ${adviceFor(info.last_error_message)}`;
  if (grown) return `More and more messages wait at Telegram (${waiting}). ${otherwise}`;
  return undefined;
}

const recent = 300_000;

/** Telegram keeps the last error long after it was mended. */
const isRecent = ({ last_error_date }: WebhookInfo, now: number): boolean =>
  last_error_date !== undefined && now - last_error_date * 1000 <= recent;

const adviceFor = (words: string): string =>
  advice.find(([pattern]) => pattern.test(words))?.[1] ?? otherwise;

/** No more than the host: paths of foreign webhooks often hold a token. */
const hostOf = (url = ""): string => (URL.canParse(url) ? new URL(url).host : "unreadable");
