import { z } from "zod";
import type { Channel } from "../core/channel.ts";
import { faults } from "../protocol/faults.ts";

type Json = Record<string, unknown>;

/** AsyncAPI 3.0 of the given channels, from the same values that check the messages. */
export function asyncapi(version: string, channels: readonly Channel[]): Json {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Peyk",
      version,
      description:
        "Every message is one flat JSON object in a text frame; `type` names it. What carries a `cursor` is kept: connect again with `?since=<cursor>` and you get what you missed, once, in order.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(channels.map((channel) => [channel.name, describeChannel(channel)])),
    operations: Object.fromEntries(channels.flatMap(operations)),
    components: { messages: common, "x-faults": faults },
  };
}

/** `/ws/orders/:orderId/` → `/ws/orders/{orderId}/` */
const address = ({ path }: Channel): string => path.replace(/:(\w+)/g, "{$1}");

const paramsOf = ({ path }: Channel): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);

function describeChannel(channel: Channel): Json {
  const parameters = Object.fromEntries(paramsOf(channel).map((name) => [name, { description: name }]));
  return {
    address: address(channel),
    summary: channel.summary,
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    messages: { ...incomingMessages(channel), ...outgoingMessages(channel), ...references },
    "x-roles": channel.auth,
    ...(channel.closeCodes === undefined ? {} : { "x-close-codes": channel.closeCodes }),
  };
}

const incomingMessages = ({ incoming }: Channel): Json =>
  Object.fromEntries(
    Object.entries(incoming).map(([type, { body }]) => [`in_${type}`, message(type, body, "input")]),
  );

const outgoingMessages = ({ outgoing }: Channel): Json =>
  Object.fromEntries(
    Object.entries(outgoing).map(([type, { schema, delivery }]) => [
      `out_${type}`,
      { ...message(type, schema, "output", delivery === "durable"), "x-delivery": delivery },
    ]),
  );

function message(type: string, body: z.ZodObject, io: "input" | "output", kept = false): Json {
  const extra = kept ? { cursor: z.string() } : {};
  const { $schema: _, ...payload } = z.toJSONSchema(
    z.object({ type: z.literal(type), ...body.shape, ...extra }),
    { io },
  );
  return { name: type, payload };
}

const define = (type: string, shape: z.ZodRawShape): Json => message(type, z.object(shape), "output");

/** What every channel knows; see protocol/message.ts. */
const common: Json = {
  auth: define("auth", { token: z.string() }),
  authenticated: define("authenticated", { expires_at: z.iso.datetime().nullable() }),
  resume: define("resume", { since: z.string() }),
  catch_up: define("catch_up", { recovered: z.boolean(), events: z.number().int(), cursor: z.string() }),
  error: define("error", {
    error: z.enum(Object.keys(faults) as [string, ...string[]]),
    message: z.string(),
    hint: z.string(),
    retry: z.enum(["never", "new_token", "later", "now"]),
    in_reply_to: z.string().optional(),
    id: z.union([z.string(), z.number()]).optional(),
    receipt: z.string().optional(),
    incident: z.string().optional(),
  }),
};

const references: Json = Object.fromEntries(
  Object.keys(common).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
);

/** `action` is seen from the server: it receives what clients send. */
function operations(channel: Channel): [string, Json][] {
  const { name, incoming, outgoing } = channel;
  const reference = (key: string) => ({ $ref: `#/channels/${name}/messages/${key}` });
  const operation = (action: "receive" | "send", keys: string[]): [string, Json] => [
    `${name}_${action}`,
    { action, channel: { $ref: `#/channels/${name}` }, messages: keys.map(reference) },
  ];
  return [
    operation("receive", [...Object.keys(incoming).map((type) => `in_${type}`), "auth", "resume"]),
    operation("send", [
      ...Object.keys(outgoing).map((type) => `out_${type}`),
      "authenticated",
      "catch_up",
      "error",
    ]),
  ];
}
