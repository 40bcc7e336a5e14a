import { z } from "zod";
import { durable } from "../../core/channel.ts";

export const Hello = z.object({ message: z.string().max(4000).optional() });

export const Connected = z.object({
  client_id: z.string(),
  authenticated: z.boolean(),
  user_id: z.string().nullable(),
  name: z.string().nullable(),
  /** Why a token that was offered counts for nothing. */
  reason: z.string().optional(),
  server_time: z.iso.datetime(),
  /** Hand it back as `?since=` to get what is missed while away. */
  cursor: z.string(),
});

export const HelloAnswer = z.object({
  message: z.string(),
  client_id: z.string(),
  user_id: z.string().nullable(),
});

/** What another back end sent through `POST /api/clients/send`. */
export const Pushed = z.object({ id: z.string(), data: z.unknown(), sent_at: z.iso.datetime() });

export const incoming = { hello: Hello, ping: z.object({}) };

export const outgoing = {
  connected: Connected,
  hello: HelloAnswer,
  pong: z.object({}),
  /** Kept in the journal: who is away gets it when he comes back with his cursor. */
  message: durable(Pushed),
  /** The same without a trace: who is away misses it. */
  notice: Pushed,
};
