import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json, security } from "../../../core/http.ts";
import { randomId } from "../../../core/id.ts";
import { Fault } from "../../../protocol/faults.ts";
import { pageOf } from "../filters.ts";
import { Customer, chatOutgoing, maxContent } from "../messages.ts";
import * as repo from "../repo.ts";
import type { Inbox } from "../service.ts";
import { toNote } from "../talk.ts";
import { toCustomer } from "../view.ts";
import { done, Id, type Kit, PageQuery, type Routes, refusals, tags, unknown } from "./kit.ts";

const Note = chatOutgoing.note_added.schema.shape.note;
const TagName = z.string().trim().min(1).max(50);
const TagPath = Id.extend({ tag: z.string().max(60) });
const CannedReply = z.object({ id: z.string(), shortcut: z.string(), content: z.string() });
const NewCannedReply = z.object({
  shortcut: z.string().trim().min(1).max(50),
  content: z.string().trim().min(1).max(maxContent),
});
const ReplyPath = Id.extend({ reply: z.string().max(60) });
const CustomerPath = z.object({ id: z.coerce.number().int().min(1) });
const CustomerChange = z.object({
  first_name: z.string().max(200).optional(),
  last_name: z.string().max(200).optional(),
  email: z.email().max(200).nullable().optional(),
  phone_number: z.string().max(50).nullable().optional(),
  description: z.string().max(2_000).nullable().optional(),
});
const common = (middleware: MiddlewareHandler) => ({
  tags,
  security,
  middleware: [middleware] as [MiddlewareHandler],
});

const routes = {
  notes: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/conversations/{id}/notes",
      summary: "Notes of the agents; the customer never sees them",
      request: { params: Id },
      responses: { 200: json(z.object({ notes: z.array(Note) }), "Oldest first"), ...refusals, ...unknown },
      ...common(guard),
    }),
  addNote: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/conversations/{id}/notes",
      summary: "Leave a note for the other agents",
      request: { params: Id, body: body(z.object({ content: z.string().trim().min(1).max(4_000) })) },
      responses: { 201: json(Note, "The note"), ...refusals, ...unknown },
      ...common(guard),
    }),
  tag: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/conversations/{id}/tags",
      summary: "Tag a conversation",
      request: { params: Id, body: body(z.object({ name: TagName })) },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
  untag: (guard: MiddlewareHandler) =>
    createRoute({
      method: "delete",
      path: "/api/conversations/{id}/tags/{tag}",
      summary: "Take a tag away",
      request: { params: TagPath },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
  replies: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/inboxes/{id}/canned-replies",
      summary: "Ready answers of an inbox",
      request: { params: Id },
      responses: {
        200: json(z.object({ replies: z.array(CannedReply) }), "By shortcut"),
        ...refusals,
        ...unknown,
      },
      ...common(guard),
    }),
  addReply: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/inboxes/{id}/canned-replies",
      summary: "Keep a ready answer",
      request: { params: Id, body: body(NewCannedReply) },
      responses: {
        201: json(CannedReply, "The answer"),
        409: { description: "The shortcut is taken" },
        ...refusals,
        ...unknown,
      },
      ...common(guard),
    }),
  removeReply: (guard: MiddlewareHandler) =>
    createRoute({
      method: "delete",
      path: "/api/inboxes/{id}/canned-replies/{reply}",
      summary: "Forget a ready answer",
      request: { params: ReplyPath },
      responses: { ...done, ...refusals, ...unknown },
      ...common(guard),
    }),
  customers: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/customers",
      summary: "Customers of your inboxes",
      request: { query: PageQuery },
      responses: {
        200: json(z.object({ count: z.number().int(), customers: z.array(Customer) }), "A page"),
        ...refusals,
      },
      ...common(guard),
    }),
  changeCustomer: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/customers/{id}",
      summary: "Note what you know of a customer",
      request: { params: CustomerPath, body: body(CustomerChange) },
      responses: { 200: json(Customer, "The customer"), ...refusals, ...unknown },
      ...common(guard),
    }),
};

/** What agents work with besides messages. */
export function addToolRoutes(app: Routes, inbox: Inbox, { guard }: Kit): void {
  const agent = guard("user", "staff");
  const { access, conversations, talk, deps } = inbox;
  const { store } = deps;

  app.openapi(routes.notes(agent), async (c) => {
    const { conversation } = await access.room(c.get("identity").id, c.req.valid("param").id);
    return c.json({ notes: (await repo.notesOf(store.db, conversation.id)).map(toNote) }, 200);
  });
  app.openapi(routes.addNote(agent), async (c) => {
    const { id, name } = c.get("identity");
    const room = await access.room(id, c.req.valid("param").id);
    return c.json(await talk.note(room, { id, name }, c.req.valid("json").content), 201);
  });
  app.openapi(routes.tag(agent), async (c) => {
    const { id: user } = c.get("identity");
    await conversations.tag(await access.room(user, c.req.valid("param").id), c.req.valid("json").name, user);
    return c.body(null, 204);
  });
  app.openapi(routes.untag(agent), async (c) => {
    const { id, tag } = c.req.valid("param");
    await conversations.untag(await access.room(c.get("identity").id, id), tag);
    return c.body(null, 204);
  });
  app.openapi(routes.replies(agent), async (c) => {
    const { id } = await access.inbox(c.get("identity").id, c.req.valid("param").id);
    return c.json({ replies: await repo.cannedReplies(store.db, id) }, 200);
  });
  app.openapi(routes.addReply(agent), async (c) => {
    const { id: inbox_id } = await access.inbox(c.get("identity").id, c.req.valid("param").id);
    const row = { id: `re_${randomId(10)}`, inbox_id, ...c.req.valid("json") };
    await store.commit({ writes: [repo.insertCannedReply(store.db, row)] });
    return c.json({ id: row.id, shortcut: row.shortcut, content: row.content }, 201);
  });
  app.openapi(routes.removeReply(agent), async (c) => {
    const { id, reply } = c.req.valid("param");
    const row = await access.inbox(c.get("identity").id, id);
    await store.commit({ writes: [repo.deleteCannedReply(store.db, row.id, reply)] });
    return c.body(null, 204);
  });
  app.openapi(routes.customers(agent), async (c) => {
    const inboxes = await access.inboxes(c.get("identity").id);
    if (inboxes.length === 0) return c.json({ count: 0, customers: [] }, 200);
    const { limit, offset } = pageOf(c.req.valid("query"));
    const rows = await repo.customers(store.db, inboxes, limit, offset);
    const kinds = new Map((await inbox.inboxes.all()).map(({ id, kind }) => [id, kind]));
    const found = rows.map((row) => toCustomer(row, kinds.get(row.inbox_id) ?? "web", []));
    return c.json({ count: await repo.countCustomers(store.db, inboxes), customers: found }, 200);
  });
  app.openapi(routes.changeCustomer(agent), async (c) => {
    const row = await repo.customerById(store.db, c.req.valid("param").id);
    if (row === undefined) throw new Fault("not_found", "there is no such customer, or he is none of yours");
    const { kind } = await access.inbox(c.get("identity").id, row.inbox_id);
    const change = Object.fromEntries(
      Object.entries(c.req.valid("json")).filter(([, value]) => value !== undefined),
    );
    return c.json(toCustomer(await inbox.customers.noted(row, change), kind, []), 200);
  });
}
