import type { Kysely } from "kysely";
import type { z } from "zod";
import type { Fault, FaultName } from "../protocol/faults.ts";
import type { reservedTypes } from "../protocol/message.ts";
import type { Authenticate, Identity, Role } from "./identity.ts";
import type { Peer } from "./transport.ts";

/**
 * How a message treats a slow reader. `queued`: it waits, and past the outbox's limit the reader is closed.
 * `latest`: only the newest per slot survives. `durable`: as queued, and kept in the journal, so that a reconnect
 * brings it.
 */
export type Delivery = "queued" | "latest" | "durable";

export interface Outgoing<S extends z.ZodObject = z.ZodObject, D extends Delivery = Delivery> {
  readonly schema: S;
  readonly delivery: D;
  /** Which `latest` messages replace each other; by default all of one type in one topic. */
  readonly slot?: (body: z.output<S>) => string;
}

/** A message of which only the newest matters: positions, typing, presence. */
export const latest = <S extends z.ZodObject>(
  schema: S,
  slot?: (body: z.output<S>) => string,
): Outgoing<S, "latest"> =>
  slot === undefined ? { schema, delivery: "latest" } : { schema, delivery: "latest", slot };

/** A message that must not be lost: it goes through the journal and carries a cursor. */
export const durable = <S extends z.ZodObject>(schema: S): Outgoing<S, "durable"> => ({
  schema,
  delivery: "durable",
});

export type OutgoingMap = Readonly<Record<string, z.ZodObject | Outgoing>>;
export type SchemaOf<V> = V extends Outgoing<infer S> ? S : V extends z.ZodObject ? V : never;
export type DurableTypes<O> = {
  [K in keyof O]: O[K] extends Outgoing<z.ZodObject, "durable"> ? K : never;
}[keyof O] &
  string;
export type VolatileTypes<O> = Exclude<keyof O & string, DurableTypes<O>>;

export const asOutgoing = (value: z.ZodObject | Outgoing): Outgoing =>
  "delivery" in value ? value : { schema: value, delivery: "queued" };

/** A message that clients send, with a tighter rate than the connection's where it needs one. */
export interface Incoming<S extends z.ZodObject = z.ZodObject> {
  readonly body: S;
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}
export type IncomingMap = Readonly<Record<string, z.ZodObject | Incoming>> & {
  readonly [K in (typeof reservedTypes)[number]]?: never;
};
export type BodyOf<V> =
  V extends Incoming<infer S> ? z.output<S> : V extends z.ZodObject ? z.output<V> : never;

export const asIncoming = (value: z.ZodObject | Incoming): Incoming =>
  "body" in value ? value : { body: value };

/** `"/ws/orders/:orderId"` → `{ orderId: string }`. */
export type ParamsOf<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name | keyof ParamsOf<Rest>]: string }
  : P extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : Readonly<Record<never, string>>;

export interface Ending {
  /** 1006 where no close frame came. */
  readonly code: number;
  /** What we closed with; absent where the client closed, or was lost. */
  readonly fault?: FaultName;
}

/** One open socket on a channel, as the channel's own code sees it. */
export interface Connection<Params = Readonly<Record<string, string>>, O extends OutgoingMap = OutgoingMap> {
  readonly id: string;
  readonly params: Params;
  readonly identity: Identity;
  readonly peer: Peer;
  /** User-Agent as sent, at most 200 characters. */
  readonly userAgent: string;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  /** Milliseconds since 1970 of the last sign of life: a message or a control frame. */
  readonly lastSeen: number;
  /** A parameter of the address's query, while `open` runs; later `undefined`. */
  option(name: string): string | undefined;
  /** How it ended; `undefined` while it is open. */
  readonly ending: Ending | undefined;
  /** Place in the journal up to which this connection knows everything, for a greeting or a snapshot. */
  readonly cursor: string;
  /** Sends to this connection alone. Durable types go through the journal instead. */
  send<K extends VolatileTypes<O>>(type: K, body: z.input<SchemaOf<O[K]>>): void;
  /** Sends one JSON object that no schema knows: what an operator wrote, for firmware that knows messages without a type. */
  sendJson(body: Readonly<Record<string, unknown>>): void;
  /** The client keeps up: nothing waits for it here. */
  readonly idle: boolean;
  /** Sends JSON that was encoded once for many. */
  sendText(frame: string): void;
  /** Sends a binary message; one that waits for a slow reader is replaced by the next with its slot. */
  sendBytes(data: Uint8Array, slot: string): void;
  /** From now on, what is published to the topic reaches this connection, once each, in order. */
  follow(topic: string): void;
  unfollow(topic: string): void;
  close(fault: Fault): void;
  /** As `close`, with an error message first, and a receipt in the log. */
  refuse(fault: Fault): void;
  /** Asks for a sign of life now: a dead peer is closed within `ms` instead of at the next heartbeat. */
  probe(ms: number): void;
}

export interface ChannelSpec<P extends string, I extends IncomingMap, O extends OutgoingMap> {
  /** Metric label and log field: one lower-case word. */
  readonly name: string;
  readonly path: P;
  /** One sentence for the documents. */
  readonly summary: string;
  /** Hosts on which this channel takes every path of its shape before all other channels. */
  readonly host?: string;
  /** Who may enter. An empty list is no policy; everybody is the explicit role `anonymous`. */
  readonly auth: readonly [Role, ...Role[]];
  /** A connection without a credential may send it as its first message, `{"type":"auth","token":…}`. */
  readonly firstMessageAuth?: boolean;
  /** Origins of pages that may connect, in place of ALLOWED_ORIGINS; empty: all. */
  readonly origins?: (params: ParamsOf<P>) => Promise<readonly string[]>;
  /** Judges credentials in place of the accounts' tokens. */
  readonly authenticate?: Authenticate;
  /** Close codes that existing clients of this path expect, where they differ from the catalogue's. */
  readonly closeCodes?: Partial<Record<FaultName, number>>;
  /** What a message without a `type` is, on paths whose clients leave it out. */
  readonly untyped?: string;
  /** Types that nobody declared are passed over in silence, as clients of this path expect. */
  readonly ignoreUnknown?: boolean;
  /** Further fields of error messages, where clients of this path read other ones than the catalogue's. */
  readonly errorFields?: (fault: Fault) => Readonly<Record<string, unknown>>;
  /** Milliseconds between JSON `{"type":"ping"}` frames, for clients that cannot see protocol pings. */
  readonly jsonPing?: (connection: Connection) => number | undefined;
  /** Milliseconds without a message (control frames do not count) after which the connection is closed as `idle`. */
  readonly idleTimeout?: number;
  /** Bytes that one binary message may have; text obeys MAX_MESSAGE_BYTES. Needs `binary`. */
  readonly maxBinaryBytes?: number;
  /** Bytes that one text message may have, where that is more than MAX_MESSAGE_BYTES. */
  readonly maxTextBytes?: number;
  readonly incoming: I;
  readonly outgoing: O;
  /** Lists the connection in a topic's presence while it is open. */
  readonly presence?: (connection: Connection<ParamsOf<P>, O>) => {
    readonly topic: string;
    readonly info: Readonly<Record<string, unknown>>;
  };
  /** Runs once identity is known: check access, follow topics, greet. A Fault thrown here refuses the connection. */
  open?(connection: Connection<ParamsOf<P>, O>): void | Promise<void>;
  /** Runs once when the connection is open and knows the past: what others may now hear of it. */
  ready?(connection: Connection<ParamsOf<P>, O>): void | Promise<void>;
  /**
   * Durable types after which missed events are not the whole truth, because what is followed has changed: who missed
   * one of them gets a snapshot.
   */
  readonly renewOn?: readonly DurableTypes<O>[];
  /** The snapshot is for those alone who ask to catch up and cannot: clients of this path expect nothing at first. */
  readonly opensSilent?: boolean;
  /** Sends the current state to a client that starts, or that asked to catch up and cannot. `db` shows one unchanging state. */
  // biome-ignore lint/suspicious/noExplicitAny: the store holds every feature's tables; each reads its own.
  snapshot?(connection: Connection<ParamsOf<P>, O>, db: Kysely<any>): Promise<void>;
  /** Runs once after every `open`, also after one that threw: takes back whatever it had done by then. */
  close?(connection: Connection<ParamsOf<P>, O>): void | Promise<void>;
  /** Takes binary messages, in order with the others; without it they are answered with `binary_refused`. */
  binary?(connection: Connection<ParamsOf<P>, O>, data: Uint8Array): void | Promise<void>;
  /** One function for each incoming type. A Fault thrown here is told to the client, and the connection lives. */
  readonly handle: {
    readonly [K in keyof I]: (
      connection: Connection<ParamsOf<P>, O>,
      body: BodyOf<I[K]>,
    ) => void | Promise<void>;
  };
}

type Erased =
  | "ready"
  | "origins"
  | "incoming"
  | "outgoing"
  | "handle"
  | "presence"
  | "renewOn"
  | "open"
  | "snapshot"
  | "close"
  | "binary";

/** A declared place, with its types erased: what router, documents and life cycle work on. */
export interface Channel extends Omit<ChannelSpec<string, IncomingMap, OutgoingMap>, Erased> {
  readonly incoming: Readonly<Record<string, Incoming>>;
  readonly outgoing: Readonly<Record<string, Outgoing>>;
  readonly handle: Readonly<Record<string, (connection: Connection, body: unknown) => void | Promise<void>>>;
  readonly presence?: (connection: Connection) => { topic: string; info: Readonly<Record<string, unknown>> };
  readonly origins?: (params: Readonly<Record<string, string>>) => Promise<readonly string[]>;
  readonly renewOn?: readonly string[];
  open?(connection: Connection): void | Promise<void>;
  ready?(connection: Connection): void | Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  snapshot?(connection: Connection, db: Kysely<any>): Promise<void>;
  close?(connection: Connection): void | Promise<void>;
  binary?(connection: Connection, data: Uint8Array): void | Promise<void>;
}

/** Keeps what the types knew, for typed clients: `TypedChannel["types"]`. Nothing of it exists at run time. */
export interface TypedChannel<P extends string, I, O> extends Channel {
  readonly types?: { readonly path: P; readonly incoming: I; readonly outgoing: O };
}

/**
 * Declares a channel. Params come from the path, bodies from the schemas; a handler too many or too few, a wrong
 * body or an unknown type does not compile.
 *
 * @example
 * defineChannel({
 *   name: "echo", path: "/ws/echo/", summary: "Says what you say", auth: ["anonymous"],
 *   incoming: { say: z.object({ text: z.string() }) },
 *   outgoing: { said: z.object({ text: z.string() }) },
 *   handle: { say: (connection, { text }) => connection.send("said", { text }) },
 * });
 */
export function defineChannel<const P extends string, I extends IncomingMap, O extends OutgoingMap>(
  spec: ChannelSpec<P, I, O>,
): TypedChannel<P, I, O> {
  const channel = {
    ...spec,
    incoming: mapValues(spec.incoming as Record<string, z.ZodObject | Incoming>, asIncoming),
    outgoing: mapValues(spec.outgoing, asOutgoing),
  };
  // The one place where types are erased: every handler is called with a body that its own schema produced.
  return channel as unknown as TypedChannel<P, I, O>;
}

/** Without a prototype: a message of type `constructor` must find nothing. */
function mapValues<A, B>(map: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  const result: Record<string, B> = Object.create(null);
  for (const [key, value] of Object.entries(map)) result[key] = change(value);
  return result;
}
