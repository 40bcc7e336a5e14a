import { z } from "zod";
import { roles } from "../../core/identity.ts";
import type { FaultName } from "../../protocol/faults.ts";
import { faults } from "../../protocol/faults.ts";
import { checks, type Refusal } from "../../protocol/refusal.ts";

const names = Object.keys(faults) as [FaultName, ...FaultName[]];
export const FaultWord = z.enum(names);

/** A refusal as `protocol/refusal.ts` tells it: the doctor reads that, and may not know zod. */
export const RefusalStory = z.object({
  id: z.string(),
  time: z.iso.datetime(),
  on: z.enum(["socket", "handshake", "http"]),
  method: z.string(),
  peer: z.string(),
  host: z.string(),
  path: z.string().describe("Without the query"),
  channel: z.string().nullable(),
  connection: z.string().nullable().describe("Its id in the log"),
  client: z.string().describe("Kind of client, read from its User-Agent"),
  token: z.enum(["none", "header", "query", "message"]).describe("Where the token was; never the token"),
  who: z.string(),
  check: z.enum(checks).describe("Which check of the way in said no"),
  fault: FaultWord,
  code: z.number().int().describe("Close code of a socket, HTTP status of everything else"),
  message: z.string(),
  hint: z.string().describe("What to do"),
  retry: z.enum(["never", "new_token", "later", "now"]),
  expected: z.looseObject({
    setting: z.string().exactOptional(),
    value: z.number().exactOptional(),
    roles: z.array(z.string()).readonly().exactOptional(),
    role: z.string().exactOptional(),
    allowed_origins: z.number().int().exactOptional(),
    origin: z.string().exactOptional(),
    expired_at: z.string().exactOptional(),
    valid_from: z.string().exactOptional(),
    server_time: z.string().exactOptional(),
  }),
}) satisfies z.ZodType<Refusal>;

const Count = z.object({ messages: z.number().int(), bytes: z.number().int() });

export const ConnectionView = z.object({
  id: z.string(),
  channel: z.string(),
  path: z.string().describe("Without the query"),
  state: z.enum(["authenticating", "opening", "open", "closing", "closed"]),
  identity: z.object({ id: z.string().nullable(), role: z.enum(roles), name: z.string() }),
  peer: z.string(),
  client: z.string().describe("Kind of client, read from its User-Agent"),
  user_agent: z.string(),
  opened_at: z.iso.datetime(),
  age_s: z.number(),
  last_message_s: z.number().describe("Seconds since its last message; since it came, if there was none"),
  last_seen_s: z.number().describe("Seconds since its last sign of life: a message, a ping or a pong"),
  received: Count,
  sent: Count,
  queue: Count.describe("What waits here because the client reads slowly"),
  topics: z.object({
    count: z.number().int(),
    names: z.array(z.string()).describe("The first 20"),
  }),
  round_trip_ms: z.number().nullable().describe("Of the last ping; null before the first was answered"),
  taps: z.number().int(),
});
export type ConnectionView = z.output<typeof ConnectionView>;

export const AuditEntry = z.object({
  id: z.number().int(),
  at: z.iso.datetime(),
  who: z.string().describe("An identity; `command-line`: somebody on the server itself"),
  name: z.string(),
  what: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.output<typeof AuditEntry>;

const Frame = z.object({
  seq: z.number().int().describe("Counts all frames of this tap, also those that were dropped"),
  at: z.iso.datetime(),
  direction: z.enum(["in", "out"]).describe("in: from the client"),
  kind: z.enum(["text", "binary", "ping", "pong", "close"]),
  bytes: z.number().int(),
  message_type: z.string().nullable(),
  shown: z.string().nullable().describe("The redacted frame, or how a binary one begins"),
  cut: z.boolean().describe("Only the beginning is shown"),
});

export const tapOutgoing = {
  tap_started: z.object({
    connection: ConnectionView,
    content: z.enum(["shape", "full"]),
    server_time: z.iso.datetime(),
  }),
  tap_frame: Frame,
  /** Frames that were not shown: there were too many, or the tap reads too slowly. */
  tap_dropped: z.object({ frames: z.number().int(), bytes: z.number().int() }),
  tap_ended: z.object({
    code: z.number().int(),
    reason: z.string(),
    frames: z.number().int(),
    dropped: z.number().int(),
  }),
  pong: z.object({}),
};
