import type { Update } from "grammy/types";
import type { Backlog } from "./backlog.ts";

/** What came of one delivery to the webhook; status 0: no answer. */
export interface Delivery {
  readonly status: number;
  readonly body: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

/** One request to the webhook, as Telegram makes it. What is not taken with a 2xx goes on waiting. */
export async function deliver(backlog: Backlog, update: Update): Promise<Delivery> {
  const { url, secret } = backlog;
  if (url === "") throw new Error("no webhook is set");
  const headers = new Headers({ "Content-Type": "application/json" });
  if (secret !== "") headers.set("X-Telegram-Bot-Api-Secret-Token", secret);
  const init = { method: "POST", headers, body: JSON.stringify(update), redirect: "manual" } as const;
  const response = await fetch(url, init).catch(() => undefined);
  backlog.delivered(update, errorOf(response));
  const retryAfter = response?.headers.get("Retry-After") ?? undefined;
  return {
    status: response?.status ?? 0,
    body: (await response?.text()) ?? "",
    retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
  };
}

/** Everything that waits, in order; in a chat where one was not taken, the ones after it go on waiting. */
export async function deliverPending(backlog: Backlog): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  const stuck = new Set<number | undefined>();
  for (const update of [...backlog.pending]) {
    const chat = (update.message ?? update.edited_message ?? update.my_chat_member)?.chat.id;
    if (stuck.has(chat)) continue;
    const delivery = await deliver(backlog, update);
    deliveries.push(delivery);
    if (delivery.status < 200 || delivery.status > 299) stuck.add(chat);
  }
  return deliveries;
}

/** Telegram's words on a webhook that did not take an update. */
function errorOf(response: Response | undefined): string | undefined {
  if (response === undefined) return "Connection refused";
  if (response.status >= 200 && response.status <= 299) return undefined;
  return `Wrong response from the webhook: ${response.status} ${response.statusText}`.trimEnd();
}
