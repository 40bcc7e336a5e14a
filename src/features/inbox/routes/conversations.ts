import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json, security } from "../../../core/http.ts";
import { isJudged } from "../conversations.ts";
import { Conversation, Message, maxContent, Pagination } from "../messages.ts";
import { statuses } from "../repo.ts";
import type { Inbox } from "../service.ts";
import { done, Id, type Kit, ListQuery, PageQuery, type Routes, refusals, tags, unknown } from "./kit.ts";

const userId = z.union([z.string(), z.number()]);
const List = z.object({ conversations: z.array(Conversation), pagination: Pagination });
const Messages = z.object({ messages: z.array(Message), pagination: Pagination });
const One = Conversation.extend({
  viewers: z.array(z.object({ user_id: userId, username: z.string() })).describe("Who has it open now"),
});
const Change = z.object({
  status: z.enum(statuses).optional(),
  priority: z.number().int().min(0).max(10).optional(),
  title: z.string().trim().min(1).max(100).optional(),
  assigned_to: userId.nullable().optional().describe("A member of the inbox; null gives it back"),
  suspected: z
    .boolean()
    .optional()
    .describe("false: it is no spam, and nothing in it is suspected any more; true: it is spam after all"),
});
const NewMessage = z.object({
  content: z.string().max(100_000),
  type: z.enum(["support", "marketing"]).default("support"),
  client_message_id: z.string().min(1).max(100).optional(),
});
const Sent = z.object({ message: Message, is_new: z.boolean() });
const MessageId = Id.extend({ message: z.string().max(60) });
const common = (middleware: MiddlewareHandler) => ({
  tags,
  security,
  middleware: [middleware] as [MiddlewareHandler],
});

const routes = {
  list: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/conversations",
      summary: "Your conversations",
      request: { query: ListQuery },
      responses: { 200: json(List, "A page"), ...refusals },
      ...common(guard),
    }),
  one: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/conversations/{id}",
      summary: "One conversation, and who has it open",
      request: { params: Id },
      responses: { 200: json(One, "The conversation"), ...refusals, ...unknown },
      ...common(guard),
    }),
  change: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/conversations/{id}",
      summary: "Close, reopen, prioritise, name, assign or clear a conversation: all of it, or nothing",
      request: { params: Id, body: body(Change) },
      responses: {
        200: json(One, "The conversation"),
        409: { description: "Somebody else took it first" },
        ...refusals,
        ...unknown,
      },
      ...common(guard),
    }),
  messages: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/conversations/{id}/messages",
      summary: "Its messages: the newest page, oldest first",
      request: { params: Id, query: PageQuery },
      responses: { 200: json(Messages, "A page"), ...refusals, ...unknown },
      ...common(guard),
    }),
  send: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/conversations/{id}/messages",
      summary: `Send a message of at most ${maxContent} characters; the same way as over the socket`,
      request: { params: Id, body: body(NewMessage) },
      responses: {
        201: json(Sent, "Stored, and on its way"),
        422: { description: "Empty or too long" },
        429: { description: "Too many messages of yours within a minute; Retry-After says how long to wait" },
        ...refusals,
        ...unknown,
      },
      ...common(guard),
    }),
  resend: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/conversations/{id}/messages/{message}/resend",
      summary: "Send a message again that failed",
      request: { params: MessageId },
      responses: {
        202: { description: "On its way again" },
        409: { description: "It has not failed" },
        ...refusals,
        ...unknown,
      },
      ...common(guard),
    }),
  read: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/conversations/{id}/read",
      summary: "You have seen everything up to a message, or up to the newest",
      request: { params: Id, body: body(z.object({ message_id: z.string().max(60).optional() })) },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
};

export function addConversationRoutes(app: Routes, inbox: Inbox, { guard }: Kit): void {
  const agent = guard("user", "staff");
  const { access, conversations, talk } = inbox;
  const view = async (user: string, id: string) => {
    const room = await access.room(user, id);
    return { ...(await conversations.view(room)), viewers: await conversations.viewers(id) };
  };

  app.openapi(routes.list(agent), async (c) => {
    const { conversations: found, pagination } = await conversations.list(
      await access.inboxes(c.get("identity").id),
      c.req.valid("query"),
    );
    return c.json({ conversations: found, pagination }, 200);
  });
  app.openapi(routes.one(agent), async (c) =>
    c.json(await view(c.get("identity").id, c.req.valid("param").id), 200),
  );
  app.openapi(routes.change(agent), async (c) => {
    const by = c.get("identity");
    const { conversation } = await access.room(by.id, c.req.valid("param").id);
    const { assigned_to, ...change } = c.req.valid("json");
    const agentId = assigned_to == null ? assigned_to : String(assigned_to);
    await conversations.change(conversation, { ...change, assigned_to: agentId });
    if (isJudged(conversation, change.suspected)) await inbox.judged(conversation, by, change.suspected);
    return c.json(await view(by.id, conversation.id), 200);
  });
  app.openapi(routes.messages(agent), async (c) => {
    const room = await access.room(c.get("identity").id, c.req.valid("param").id);
    const { messages, pagination } = await conversations.messages(room, c.req.valid("query"));
    return c.json({ messages, pagination }, 200);
  });
  app.openapi(routes.send(agent), async (c) => {
    const { id, name } = c.get("identity");
    const room = await access.room(id, c.req.valid("param").id);
    const { content, type, client_message_id: clientId } = c.req.valid("json");
    const { message, isNew } = await talk.say(room, { id, name }, { content, type, clientId });
    return c.json({ message, is_new: isNew }, 201);
  });
  app.openapi(routes.resend(agent), async (c) => {
    const { id, message } = c.req.valid("param");
    const { id: user, name } = c.get("identity");
    const room = await access.room(user, id);
    await talk.again(room, { id: user, name }, await conversations.message(room, message));
    return c.body(null, 202);
  });
  app.openapi(routes.read(agent), async (c) => {
    const { id, name } = c.get("identity");
    const room = await access.room(id, c.req.valid("param").id);
    await talk.markRead(room, { id, name }, c.req.valid("json").message_id);
    return c.body(null, 204);
  });
}
