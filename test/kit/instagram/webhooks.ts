import { createHmac } from "node:crypto";
import type { WebhookAnswer, WebhookRequest } from "../../../src/features/inbox/platform.ts";

/** Where webhooks go: an address, or the platform's own method in this process. */
export type WebhookTarget = string | ((request: WebhookRequest) => Promise<WebhookAnswer>);

export interface Signed {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
}

/** Meta's JSON: ASCII alone, everything else as \uXXXX with lowercase digits, and slashes escaped. */
export const metaJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll("/", "\\/")
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The bytes as they go out, signed as they are. */
export function sign(payload: unknown, appSecret: string): Signed {
  const body = new TextEncoder().encode(metaJson(payload));
  const hex = createHmac("sha256", appSecret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-hub-signature-256": `sha256=${hex}` };
  return { body, headers: new Headers(headers) };
}

/** One webhook; the status that came back, 0 where nothing did. */
export async function post(to: WebhookTarget, { body, headers }: Signed): Promise<number> {
  if (typeof to === "function")
    return (await to({ method: "POST", headers, query: new URLSearchParams(), body })).status;
  const response = await fetch(to, { method: "POST", headers, body }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status ?? 0;
}
