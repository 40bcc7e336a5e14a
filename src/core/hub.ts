import type { z } from "zod";
import { encode } from "../protocol/codec.ts";
import { Fault } from "../protocol/faults.ts";
import type { Broker, Publication } from "./broker.ts";
import {
  asOutgoing,
  type DurableTypes,
  type OutgoingMap,
  type SchemaOf,
  type VolatileTypes,
} from "./channel.ts";
import type { Events } from "./events.ts";
import { type Frame, toFrame } from "./outbox.ts";
import type { EventDraft } from "./store.ts";

/** The slot of what is relayed: one for each topic and type. */
export const relaySlot = (topic: string, type: string): string => `${topic} ${type}`;

/** Whoever wants a topic's frames: a connection, or a part of the server. */
export interface Follower {
  deliver(frame: Frame): void;
}

/** Typed sending for one set of outgoing messages. */
export interface Publisher<O extends OutgoingMap> {
  /** Tells a topic's followers now, on all nodes; who is away misses it. */
  publish<K extends VolatileTypes<O>>(
    topic: string,
    type: K,
    body: z.input<SchemaOf<O[K]>>,
    /** Identity that is not told. */
    except?: string,
  ): void;
  /** An event for `journal.commit`, which tells the followers once it is on disk. */
  draft<K extends DurableTypes<O>>(topic: string, type: K, body: z.input<SchemaOf<O[K]>>): EventDraft;
}

/** The topics of this node and who follows them: encodes once, delivers many. */
export class Hub {
  readonly #topics = new Map<string, Set<Follower>>();
  readonly #broker: Broker;
  readonly #events: Events;

  constructor(broker: Broker, events: Events) {
    this.#broker = broker;
    this.#events = events;
  }

  join(topic: string, follower: Follower): void {
    const followers = this.#topics.get(topic);
    if (followers !== undefined) {
      followers.add(follower);
      return;
    }
    this.#topics.set(topic, new Set([follower]));
    this.#broker.subscribe(topic);
  }

  leave(topic: string, follower: Follower): void {
    const followers = this.#topics.get(topic);
    if (!followers?.delete(follower) || followers.size > 0) return;
    this.#topics.delete(topic);
    this.#broker.unsubscribe(topic);
  }

  /** Whether anybody on this node follows a topic: what nobody hears need not be encoded. */
  hasFollowers(topic: string): boolean {
    return this.#topics.has(topic);
  }

  get topics(): number {
    return this.#topics.size;
  }

  /** To this node's followers. */
  deliver(publication: Publication): void {
    const followers = this.#topics.get(publication.topic);
    if (followers === undefined) return;
    const frame = toFrame(publication.frame, publication.slot, publication.seq, publication.except);
    for (const follower of followers) this.#tell(follower, frame);
    this.#events.emit("message.sent", { type: publication.type, connections: followers.size });
  }

  /** One follower's failure is no reason for the others to miss a frame, or for a change to look failed. */
  #tell(follower: Follower, frame: Frame): void {
    try {
      follower.deliver(frame);
    } catch (error) {
      this.#events.emit("failure", { where: "hub.deliver", incident: "-", error });
    }
  }

  /** Bytes as they came, such as a camera's picture: a follower that is slow gets the newest of its topic. */
  relay(topic: string, type: string, data: Uint8Array): void {
    const publication = { topic, type, frame: data, slot: relaySlot(topic, type) };
    this.deliver(publication);
    this.#broker.publish(publication);
  }

  publisher<O extends OutgoingMap>(outgoing: O): Publisher<O> {
    return {
      publish: (topic, type, body, except) => {
        if (this.#broker.isAlone && !this.hasFollowers(topic)) return;
        const frame = encodeChecked(outgoing, type, body);
        const slot = slotOf(outgoing, topic, type, body);
        const publication = {
          topic,
          type,
          frame,
          ...(slot === undefined ? {} : { slot }),
          ...(except === undefined ? {} : { except }),
        };
        this.deliver(publication);
        this.#broker.publish(publication);
      },
      draft: (topic, type, body) => ({ topic, type, frame: encodeChecked(outgoing, type, body) }),
    };
  }
}

/** Checks a body against its declaration: what leaves us is what the documents say. Throws `internal` otherwise. */
export function encodeChecked(outgoing: OutgoingMap, type: string, body: unknown): string {
  const declared = outgoing[type];
  if (declared === undefined) throw new Fault("internal", `nobody declared the outgoing message ${type}`);
  const checked = asOutgoing(declared).schema.safeParse(body);
  if (checked.success) return encode(type, checked.data);
  throw new Fault("internal", undefined, {
    cause: new Error(`outgoing ${type} does not fit its schema: ${checked.error.message}`),
  });
}

function slotOf(outgoing: OutgoingMap, topic: string, type: string, body: unknown): string | undefined {
  const { delivery, slot } = asOutgoing(outgoing[type]!);
  if (delivery !== "latest") return undefined;
  return `${topic} ${type} ${slot?.(body as never) ?? ""}`;
}
