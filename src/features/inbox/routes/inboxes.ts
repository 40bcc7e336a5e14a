import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json, security } from "../../../core/http.ts";
import { platformNames } from "../platform.ts";
import type { Inbox } from "../service.ts";
import { done, Id, type Kit, type Routes, refusals, tags, unknown } from "./kit.ts";

const InboxView = z
  .object({
    id: z.string(),
    kind: z.enum(platformNames),
    name: z.string(),
    account: z.string().nullable().describe("The bot's or the account's name"),
    webhook_url: z.string().nullable(),
    auto_assign: z.boolean(),
    origins: z.array(z.string()).describe("Web: pages that may show the widget; empty: all"),
    ok: z.boolean(),
    problem: z.string().nullable().describe("What is wrong with the platform, and what to do"),
    waiting: z.number().int().describe("Messages on their way out"),
    members: z.array(z.string()),
    created_at: z.iso.datetime(),
  })
  .openapi("Inbox");

const name = z.string().trim().min(1).max(100);
const autoAssign = z
  .boolean()
  .optional()
  .describe("Give new conversations to the agent with the least to do");
const origins = z
  .array(z.string().max(300))
  .max(100)
  .optional()
  .describe(
    "Web: pages that may show the widget; empty or missing: all. ALLOWED_ORIGINS does not count for it",
  );
const telegram = {
  bot_token: z.string().regex(/^\d+:[\w-]{20,}$/, "must be a bot token as BotFather gives it"),
  mode: z.enum(["polling", "webhook"]),
  api_root: z.url(),
};
const instagram = {
  access_token: z.string().min(10),
  app_secret: z.string().min(10),
  verify_token: z.string().min(8),
  api_root: z.url(),
  human_agent: z.boolean(),
};
const NewInbox = z
  .object({
    kind: z.enum(platformNames),
    name,
    auto_assign: autoAssign,
    origins,
    telegram: z
      .object({
        ...telegram,
        mode: telegram.mode.default("polling"),
        api_root: telegram.api_root.default("https://api.telegram.org"),
      })
      .optional(),
    instagram: z
      .object({
        account_id: z.string().regex(/^\d+$/, "must be the numeric id of the account"),
        ...instagram,
        api_root: instagram.api_root.default("https://graph.instagram.com/v23.0"),
        human_agent: instagram.human_agent.default(false),
      })
      .optional(),
  })
  .openapi("NewInbox");
const InboxChange = z
  .strictObject({
    name: name.optional(),
    auto_assign: autoAssign,
    origins,
    telegram: z.strictObject(telegram).partial().optional(),
    instagram: z.strictObject(instagram).partial().optional(),
  })
  .openapi("InboxChange");

const Added = InboxView.extend({ webhook_secret: z.string().nullable().describe("Shown this once") });
const Member = z.object({ user_id: z.string().min(1).max(200) });
const MemberId = Id.extend({ user: z.string().max(200) });
const common = (middleware: MiddlewareHandler) => ({
  tags,
  security,
  middleware: [middleware] as [MiddlewareHandler],
});

const routes = {
  list: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/inboxes",
      summary: "The inboxes that you are a member of; administrators see all",
      responses: { 200: json(z.object({ inboxes: z.array(InboxView) }), "Inboxes"), ...refusals },
      ...common(guard),
    }),
  add: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/inboxes",
      summary: "Connect a Telegram bot, an Instagram account, or make a web widget",
      request: { body: body(NewInbox) },
      responses: {
        201: json(Added, "The inbox; you are its first member"),
        400: { description: "The platform does not take these settings; its own words are in the detail" },
        409: { description: "Another inbox has this bot or account" },
        ...refusals,
      },
      ...common(guard),
    }),
  change: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/inboxes/{id}",
      summary: "Change an inbox: its name, its settings, its secrets; what is not given stays",
      request: { params: Id, body: body(InboxChange) },
      responses: {
        200: json(
          InboxView,
          "The inbox; its platform was asked, and started anew where its settings changed",
        ),
        400: { description: "The platform does not take these settings; its own words are in the detail" },
        409: { description: "Somebody else changed it in the same moment" },
        ...refusals,
        ...unknown,
      },
      ...common(guard),
    }),
  remove: (guard: MiddlewareHandler) =>
    createRoute({
      method: "delete",
      path: "/api/inboxes/{id}",
      summary: "Disconnect an inbox; its secrets are forgotten",
      request: { params: Id },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
  addMember: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/inboxes/{id}/members",
      summary: "Make somebody an agent of this inbox",
      request: { params: Id, body: body(Member) },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
  removeMember: (guard: MiddlewareHandler) =>
    createRoute({
      method: "delete",
      path: "/api/inboxes/{id}/members/{user}",
      summary:
        "Take an agent from this inbox: his chats of it are closed, his conversations are anybody's again",
      request: { params: MemberId },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
};

/** Staff connect platforms; what is in an inbox, its members see alone. */
export function addInboxRoutes(app: Routes, { inboxes, access }: Inbox, { guard }: Kit): void {
  const staff = guard("staff");
  const agent = guard("user", "staff");

  app.openapi(routes.list(agent), async (c) => {
    const { id, role } = c.get("identity");
    const mine = await access.inboxes(id);
    const rows = (await inboxes.all()).filter((row) => role === "admin" || mine.includes(row.id));
    return c.json({ inboxes: (await Promise.all(rows.map((row) => inboxes.view(row)))).map(mutable) }, 200);
  });
  app.openapi(routes.add(staff), async (c) => {
    const { id, role } = c.get("identity");
    const added = await inboxes.add(c.req.valid("json"), id, { id, seesAll: role === "admin" });
    const view = await inboxes.view(await inboxes.row(added.id));
    return c.json({ ...mutable(view), webhook_secret: added.webhook_secret }, 201);
  });
  app.openapi(routes.change(staff), async (c) => {
    const { id } = c.req.valid("param");
    await inboxes.update(id, c.req.valid("json"));
    return c.json(mutable(await inboxes.view(await inboxes.row(id))), 200);
  });
  app.openapi(routes.remove(staff), async (c) => {
    await inboxes.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
  app.openapi(routes.addMember(staff), async (c) => {
    await inboxes.addMember(c.req.valid("param").id, c.req.valid("json").user_id);
    return c.body(null, 204);
  });
  app.openapi(routes.removeMember(staff), async (c) => {
    const { id, user } = c.req.valid("param");
    await inboxes.removeMember(id, user);
    return c.body(null, 204);
  });
}

const mutable = <V extends { members: readonly string[]; origins: readonly string[] }>(view: V) => ({
  ...view,
  origins: [...view.origins],
  members: [...view.members],
});
