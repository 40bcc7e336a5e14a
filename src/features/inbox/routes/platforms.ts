import type { Context } from "hono";
import type { HttpEnv } from "../../../core/http.ts";
import { Fault } from "../../../protocol/faults.ts";
import { type PlatformName, platformNames } from "../platform.ts";
import * as repo from "../repo.ts";
import type { Inbox } from "../service.ts";
import type { Kit, Routes } from "./kit.ts";

/** What came from strangers is shown as what it is, and never as a page. */
const fileHeaders = (contentType: string) => ({
  "Content-Type": contentType,
  "Content-Disposition": "inline",
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "sandbox; default-src 'none'",
  "Cache-Control": "private, max-age=3600",
});

/** Webhooks of platforms, and files that only a platform's token can fetch. */
export function addPlatformRoutes(app: Routes, inbox: Inbox, { mediaGuard }: Kit): void {
  const { inboxes, access, deps } = inbox;
  const { db } = deps.store;

  app.all("/webhooks/:kind/:inbox", async (c: Context<HttpEnv>) => {
    const kind = platformNames.find((each) => each === c.req.param("kind")) as PlatformName | undefined;
    if (kind === undefined) throw new Fault("not_found");
    const answer = await inboxes.webhook(kind, c.req.param("inbox") ?? "", {
      method: c.req.method,
      headers: c.req.raw.headers,
      query: new URL(c.req.url).searchParams,
      body: new Uint8Array(await c.req.arrayBuffer()),
    });
    const headers: Record<string, string> = { "Content-Type": answer.contentType };
    if (answer.retryAfter !== undefined) headers["Retry-After"] = String(answer.retryAfter);
    return new Response(answer.body, { status: answer.status, headers });
  });

  const fetchFile = async (inboxId: string, reference: string) => {
    const media = await inboxes.running.platform(inboxId)?.media?.(reference);
    if (media === undefined) throw new Fault("not_found", "the platform of this inbox has no files");
    return new Response(media.data, { headers: fileHeaders(media.contentType) });
  };

  app.get("/api/messages/:id/media", mediaGuard("user", "staff"), async (c) => {
    const row = await repo.messageById(db, c.req.param("id"));
    if (row === undefined) throw new Fault("not_found", "there is no such message, or it is none of yours");
    const { conversation } = await access.room(c.get("identity").id, row.conversation_id);
    const { reference } = row.media === null ? { reference: undefined } : JSON.parse(row.media);
    if (typeof reference !== "string") throw new Fault("not_found", "this message has no file");
    return fetchFile(conversation.inbox_id, reference);
  });

  app.get("/api/customers/:id/picture", mediaGuard("user", "staff"), async (c) => {
    const row = await repo.customerById(db, Number(c.req.param("id")));
    if (row?.picture == null)
      throw new Fault("not_found", "there is no such picture, or it is none of yours");
    await access.inbox(c.get("identity").id, row.inbox_id);
    return fetchFile(row.inbox_id, row.picture);
  });
}
